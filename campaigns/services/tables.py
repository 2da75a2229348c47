"""A new version of a data ID table."""

import json
import zlib
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from campaigns.core.universe import Table
from campaigns.models import DataIdTable
from campaigns.services.pipelines import digest_of
from provenance import ledger
from provenance.core.events import EventKind


def add(table: Table, *, actor: str, reason: str = "") -> tuple[DataIdTable, bool]:
    """Store a table that was checked before; the same content again is no new version."""
    rows: list[list[Any]] = [list(row) for row in table.rows]
    digest = digest_of([list(table.columns), rows])
    with transaction.atomic():
        known = DataIdTable.objects.filter(name=table.name)
        newest = known.defer("rows").order_by("-version").first()
        if newest is not None and newest.digest == digest:
            return newest, False
        last = known.aggregate(last=Max("version"))["last"] or 0
        made = DataIdTable.objects.create(
            name=table.name, version=last + 1, columns=list(table.columns), count=len(rows), digest=digest,
            rows=zlib.compress(json.dumps(rows, separators=(",", ":")).encode()), author=actor, at=timezone.now(),
        )  # fmt: skip
        details = {"scope": "data ID table", "target": table.name, "version": made.version, "rows": len(rows)}
        ledger.record(EventKind.CONFIG_CHANGED, actor=actor, why=reason, details=details)
    return made, True
