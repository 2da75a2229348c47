"""REST resources of what is wanted: campaigns, payloads, pipelines, configuration layers, registration."""

from typing import Any

from campaigns.api.campaigns import CampaignViewSet
from campaigns.api.configuration import ConfigLayerViewSet, PipelineViewSet, RegisterViewSet
from campaigns.api.payloads import PayloadViewSet

router_entries: list[tuple[str, Any, str]] = [
    ("campaigns", CampaignViewSet, "campaign"),
    ("payloads", PayloadViewSet, "payload"),
    ("pipelines", PipelineViewSet, "pipeline"),
    ("config-layers", ConfigLayerViewSet, "config-layer"),
    ("register", RegisterViewSet, "register"),
]
