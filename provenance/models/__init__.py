"""The rows of the ledger. They name their subjects by text, so they stay readable when operational rows are gone."""

from provenance.models.datasets import Dataset, DatasetType
from provenance.models.events import Event
from provenance.models.executions import CampaignInput, Execution, Use
from provenance.models.rollups import Coverage, RollUp
from provenance.models.subjects import CampaignRecord, Environment, LogFile, Recipe, Subject, SubjectKind

__all__ = [
    "CampaignInput",
    "CampaignRecord",
    "Coverage",
    "Dataset",
    "DatasetType",
    "Environment",
    "Event",
    "Execution",
    "LogFile",
    "Recipe",
    "RollUp",
    "Subject",
    "SubjectKind",
    "Use",
]
