"""What is wanted, as rows: campaigns with revisions and payloads, pipelines, configuration layers, pins, notices."""

from campaigns.models.campaign import Campaign, Payload, Revision
from campaigns.models.configuration import ConfigLayer, DataIdTable, Pin, Pipeline, PipelineVersion
from campaigns.models.notices import Notice, NoticeCursor

__all__ = [
    "Campaign",
    "ConfigLayer",
    "DataIdTable",
    "Notice",
    "NoticeCursor",
    "Payload",
    "Pin",
    "Pipeline",
    "PipelineVersion",
    "Revision",
]
