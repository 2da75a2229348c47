"""The summary of a campaign and the comparison of two, read from the sums kept beside the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from bpsportal.web.errors import Invalid, Missing, Problem
from provenance import intern
from provenance.core import comparison as side_by_side
from provenance.core import report
from provenance.core.deviations import Norm
from provenance.core.rollup import Tally
from provenance.models import CampaignInput, CampaignRecord, Dataset, DatasetType, Event, Recipe, RollUp

NORM_CAMPAIGNS = 20
"""So many earlier campaigns make the norm of a step."""
NORM_ROWS = 400
COLUMNS = ("pk", "campaign_id", "run", "payload__name", "kind", "step__name", "planned", "pruned", "body")


def summary(campaign: str) -> report.Summary:
    """Return the summary of a campaign (LDM-636 0054); Missing for one that the ledger has never heard of."""
    number = campaign_number(campaign)
    rows = _rows([number])
    kinds = Event.objects.filter(campaign=campaign, kind__in=list(report.STATE_AFTER)).order_by("pk")
    return report.summarise(
        campaign,
        [tally for _, _, tally in rows],
        norms=_norms(number, rows),
        events=kinds.values_list("kind", flat=True),
    )


def comparison(left: str, right: str) -> side_by_side.Comparison:
    """Return two campaigns side by side (LDM-636 0050); Missing for an unknown one, Invalid for twice the same."""
    if left == right:
        raise Invalid([Problem("right", f"“{right}” is compared with itself; name another campaign")])
    numbers = campaign_number(left), campaign_number(right)
    rows = _rows(numbers)
    documents = dict(CampaignRecord.objects.filter(campaign_id__in=numbers).values_list("campaign_id", "document"))
    bodies = _recipe_bodies(tally.tally for _, _, tally in rows)
    a, b = (
        _side(name, documents.get(number, {}), [tally for _, of, tally in rows if of == number], bodies)
        for name, number in zip((left, right), numbers, strict=True)
    )
    inputs = [side_by_side.InputCount(*row) for row in _select(_INPUTS, numbers)]
    outputs = [side_by_side.OutputCount(*row) for row in _outputs(numbers, rows)]
    return side_by_side.compare(a, b, inputs=inputs, outputs=outputs)


def campaign_number(name: str) -> int:
    """Return the id of a campaign's name, 0 for one that has only events; Missing for one that has not even those."""
    number = intern.campaign_ids([name]).get(name)
    if number is None and not Event.objects.filter(campaign=name).exists():
        raise Missing("campaign", name)
    return number or 0


def _rows(campaigns: Sequence[int]) -> list[tuple[int, int, report.StepTally]]:
    """Return (id, campaign, tally) of all their roll-ups."""
    found = RollUp.objects.filter(campaign_id__in=campaigns).order_by("pk").values_list(*COLUMNS)
    return [
        (pk, of, report.StepTally(report.StepKey(run, payload, kind, step), planned, pruned, Tally.from_json(body)))
        for pk, of, run, payload, kind, step, planned, pruned, body in found
    ]


def _norms(campaign: int, rows: Sequence[tuple[int, int, report.StepTally]]) -> dict[tuple[str, str], list[Norm]]:
    """Return the medians of the same steps in the campaigns before this one, those of its latest runs first."""
    if not rows:
        return {}
    steps = RollUp.objects.filter(campaign_id=campaign).values("step_id")
    before = RollUp.objects.filter(step_id__in=steps, pk__lt=min(pk for pk, _, _ in rows)).exclude(campaign_id=campaign)
    found: dict[tuple[str, str], dict[str, Tally]] = {}
    columns = ("kind", "step__name", "campaign__name", "body")
    for kind, step, name, body in before.order_by("-pk").values_list(*columns)[:NORM_ROWS]:
        campaigns = found.setdefault((kind, step), {})
        if name in campaigns or len(campaigns) < NORM_CAMPAIGNS:
            campaigns.setdefault(name, Tally()).merge(Tally.from_json(body))
    return {
        key: [Norm(name, tally.wall.quantile(0.5), tally.memory.quantile(0.5)) for name, tally in campaigns.items()]
        for key, campaigns in found.items()
    }


def _recipe_bodies(tallies: Iterable[Tally]) -> dict[str, Mapping[str, Any]]:
    digests = {digest for tally in tallies for digest in tally.recipes}
    return dict(Recipe.objects.filter(digest__in=digests).values_list("digest", "body"))


def _side(
    name: str, document: Mapping[str, Any], rows: Sequence[report.StepTally], bodies: Mapping[str, Mapping[str, Any]]
) -> side_by_side.Side:
    recipes: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        of_step = recipes.setdefault((row.key.payload, row.key.step), {})
        of_step |= {digest: bodies.get(digest, {}) for digest in row.tally.recipes}
    return side_by_side.Side(name, document, rows, recipes)


_TABLES = {
    "dataset": Dataset._meta.db_table,
    "input": CampaignInput._meta.db_table,
}

_INPUTS = """
SELECT type_id,
       SUM(CASE WHEN l = 1 AND r = 1 THEN 1 ELSE 0 END),
       SUM(CASE WHEN l = 1 AND r = 0 THEN 1 ELSE 0 END),
       SUM(CASE WHEN l = 0 AND r = 1 THEN 1 ELSE 0 END)
FROM (
    SELECT dataset.type_id,
           MAX(CASE WHEN input.campaign_id = %(left)s THEN 1 ELSE 0 END) AS l,
           MAX(CASE WHEN input.campaign_id = %(right)s THEN 1 ELSE 0 END) AS r
    FROM {input} AS input JOIN {dataset} AS dataset ON dataset.id = input.dataset_id
    WHERE input.campaign_id IN (%(left)s, %(right)s)
      AND (dataset.campaign_id IS NULL OR dataset.campaign_id <> input.campaign_id)
    GROUP BY dataset.id, dataset.type_id
) AS read_by
GROUP BY type_id
""".format(**_TABLES)  # noqa: S608 - the names of tables
"""Datasets from outside that were read, by type: by both, by the left only, by the right only."""

_MADE = "SELECT type_id, data_id, campaign_id, sha256 FROM {dataset} WHERE campaign_id IN (%(left)s, %(right)s)"
_MADE_LAST = """
SELECT type_id, data_id, campaign_id, sha256 FROM (
    SELECT type_id, data_id, campaign_id, sha256,
           ROW_NUMBER() OVER (PARTITION BY campaign_id, type_id, data_id ORDER BY run DESC, id DESC) AS place
    FROM {dataset} WHERE campaign_id IN (%(left)s, %(right)s)
) AS numbered WHERE place = 1
"""
_OUTPUTS = """
SELECT type_id,
       SUM(CASE WHEN l = r AND l <> '' THEN 1 ELSE 0 END),
       SUM(CASE WHEN l <> r OR (l = r AND l = '') THEN 1 ELSE 0 END),
       SUM(CASE WHEN r IS NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN l IS NULL THEN 1 ELSE 0 END)
FROM (
    SELECT type_id, data_id,
           MAX(CASE WHEN campaign_id = %(left)s THEN sha256 END) AS l,
           MAX(CASE WHEN campaign_id = %(right)s THEN sha256 END) AS r
    FROM ({made}) AS made
    GROUP BY type_id, data_id
) AS pairs
GROUP BY type_id
"""
"""Datasets that were made, by type: same content, different content, by the left only, by the right only. Without a
checksum nothing is known to be the same."""


def _outputs(campaigns: tuple[int, int], rows: Sequence[tuple[int, int, report.StepTally]]) -> list[tuple[Any, ...]]:
    """Compare the outputs; where a campaign had several runs or payloads, the last dataset of a data ID counts."""
    parts = {(of, tally.key.run, tally.key.payload) for _, of, tally in rows}
    several = len(parts) > len({of for of, _, _ in parts})
    made = (_MADE_LAST if several else _MADE).format(**_TABLES)
    return _select(_OUTPUTS.format(made=made), campaigns)


def _select(sql: str, campaigns: tuple[int, int]) -> list[tuple[Any, ...]]:
    """Return what the query says of the two campaigns, type ids replaced by names."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"left": campaigns[0], "right": campaigns[1]})
        found = cursor.fetchall()
    names = dict(DatasetType.objects.filter(pk__in=[row[0] for row in found]).values_list("pk", "name"))
    return [(names[row[0]], *row[1:]) for row in found]
