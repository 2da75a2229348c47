"""A new version of a configuration layer; the former ones stay, and submitted campaigns keep what they pinned."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from campaigns.core.config import Layer
from campaigns.models import ConfigLayer
from provenance import ledger
from provenance.core.events import EventKind


def add(layer: Layer, *, actor: str, reason: str, text: str = "") -> tuple[ConfigLayer, bool]:
    """Append the next version of a layer that was checked before; tells whether it differs from the newest one.

    The same values again are no new version.
    """
    scope, target, values = layer.scope.value, layer.target, dict(layer.values)
    with transaction.atomic():
        rows = ConfigLayer.objects.filter(scope=scope, target=target)
        newest = rows.select_for_update(of=("self",)).order_by("-version").first()
        if newest is not None and newest.values == values:
            return newest, False
        last = rows.aggregate(last=Max("version"))["last"] or 0
        row = ConfigLayer.objects.create(
            scope=scope, target=target, version=last + 1, values=values, text=text, author=actor,
            at=timezone.now(), reason=reason[:500],
        )  # fmt: skip
        details = {"scope": scope, "target": target, "version": row.version}
        ledger.record(EventKind.CONFIG_CHANGED, actor=actor, why=reason, details=details)
    return row, True
