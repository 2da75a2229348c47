"""Application settings of the ledger."""

from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    """The ledger and its reports."""

    name = "provenance"
    verbose_name = "Provenance"
