"""A new version of a pipeline; a version never changes."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.core.pipeline import Pipeline as Definition
from campaigns.models import Pipeline, PipelineVersion
from provenance import ledger
from provenance.core.events import EventKind
from provenance.core.facts import TypeFact


def digest_of(data: Any) -> str:
    """The SHA-256 of a document's content, whatever its spelling."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def stored(name: str, version: int) -> PipelineVersion | None:
    """The version of a pipeline, if there is one."""
    return PipelineVersion.objects.filter(pipeline__name=name, version=version).select_related("pipeline").first()


def add(definition: Definition, data: Any, text: str, *, actor: str, reason: str = "") -> PipelineVersion:
    """Store a pipeline that was checked before, and make its dataset types known."""
    now = timezone.now()
    with transaction.atomic():
        pipeline, _ = Pipeline.objects.get_or_create(name=definition.name, defaults={"created_at": now})
        row = PipelineVersion.objects.create(
            pipeline=pipeline, version=definition.version, text=text, document=data, digest=digest_of(data),
            author=actor, at=now, reason=reason[:500],
        )  # fmt: skip
        types = definition.types.values()
        ledger.register_types([TypeFact(t.name, t.dimensions, t.format, t.metadata, t.check) for t in types])
        details = {"pipeline": definition.name, "version": definition.version, "digest": row.digest}
        ledger.record(EventKind.PIPELINE_CREATED, actor=actor, why=reason, details=details)
    return row
