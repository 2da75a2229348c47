"""Pages of what happened: datasets, executions, events, and the three reports."""
