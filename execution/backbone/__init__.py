"""Where datasets are kept for good, behind one narrow interface."""

from execution.backbone.base import Backbone, Mismatch
from execution.backbone.directory import Directory

__all__ = ["Backbone", "Directory", "Mismatch", "configured"]


def configured() -> Backbone:
    """The backbone of this installation."""
    from django.conf import settings

    return Directory(settings.BACKBONE)
