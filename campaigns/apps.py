"""What is wanted: campaigns, payloads, pipelines, configuration."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """LDM-636 chapter 6."""

    name = "campaigns"
    verbose_name = "Campaigns"
