"""What happened: datasets, executions, environments, logs, events; every report is computed from them (LDM-636 8)."""
