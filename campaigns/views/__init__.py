"""Pages of what is wanted: a page is parse, one domain call, render."""
