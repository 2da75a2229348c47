"""What is running: sites, workflows, jobs, step instances, attempts."""

from django.apps import AppConfig


class ExecutionConfig(AppConfig):
    """LDM-636 chapter 7."""

    name = "execution"
    verbose_name = "Execution"
