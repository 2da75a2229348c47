"""What can be done to campaigns, one verb a module; pages, REST and the clock all come through here."""
