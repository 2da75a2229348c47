"""`bps`: the portal's command line client, a thin layer over its REST interface."""
