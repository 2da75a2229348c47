"""What is running: sites, workflows, jobs, step instances, attempts (LDM-636 chapter 7)."""
