"""A campaign as a W3C PROV-JSON document, streamed: nothing is held in memory however large the campaign."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery

from provenance.core import prov
from provenance.core.prov import DatasetRow, ExecutionRow, Statement
from provenance.models import CampaignInput, Dataset, Environment, Event, Execution, Recipe, Use
from provenance.reports import campaign_number

CHUNK = 2000


def prov_document(campaign: str) -> Iterator[str]:
    """Return the pieces of the document; Missing for a campaign that the ledger has never heard of."""
    return prov.document(_Campaign(campaign).sections())


class _Campaign:
    """Reads the rows of one campaign, as far as they were there when the export began."""

    def __init__(self, name: str) -> None:
        self.name, self.number = name, campaign_number(name)
        top = Execution.objects.filter(campaign_id=self.number).aggregate(top=Max("pk"))["top"] or 0
        self.executions = Execution.objects.filter(campaign_id=self.number, pk__lte=top)
        self.made = Dataset.objects.filter(campaign_id=self.number, execution__lte=top)
        self.persons = sorted(
            set(Event.objects.filter(campaign=name).exclude(actor="portal").values_list("actor", flat=True).distinct())
        )

    def sections(self) -> Iterator[tuple[str, Iterator[Statement]]]:
        """Yield the sections of the document in turn."""
        yield "entity", self._entities()
        yield "activity", map(prov.execution_activity, self._activities())
        yield "agent", self._agents()
        yield "used", self._used()
        yield "wasGeneratedBy", self._generated()
        yield "wasAssociatedWith", (line for row in self._activities() for line in prov.associated(row))
        yield "actedOnBehalfOf", map(prov.delegated, self.persons)
        yield "wasInformedBy", self._informed()

    def _entities(self) -> Iterator[Statement]:
        inputs = CampaignInput.objects.filter(campaign_id=self.number).values("dataset_id")
        outside = Dataset.objects.filter(pk__in=inputs).exclude(campaign_id=self.number, campaign_id__isnull=False)
        columns = ("pk", "type__name", "data_id", "path", "size_bytes", "sha256", "execution")
        for rows in (outside, self.made):
            for values in _all(rows, *columns):
                yield prov.dataset_entity(DatasetRow(*values))
        recipes = Recipe.objects.filter(pk__in=self._distinct("recipe_id"))
        for digest, body in _all(recipes, "digest", "body"):
            yield prov.recipe_entity(digest, body)
        environments = Environment.objects.filter(pk__in=self._distinct("environment_id"))
        for digest, variables in _all(environments, "digest", "variables"):
            yield prov.environment_entity(digest, variables)

    def _agents(self) -> Iterator[Statement]:
        yield prov.portal_agent()
        yield from map(prov.person_agent, self.persons)
        for name, version in self.executions.order_by().values_list("software__name", "version__name").distinct():
            if name:
                yield prov.software_agent(name, version)

    def _activities(self) -> Iterator[ExecutionRow]:
        columns = (
            "pk", "kind", "step__name", "data_id__name", "attempt", "outcome", "site__name", "host__name",
            "software__name", "version__name", "recipe__digest", "environment__digest", "started_at", "ended_at",
        )  # fmt: skip
        for values in _all(self.executions, *columns):
            row = ExecutionRow(*values)
            yield row._replace(recipe=row.recipe or "", environment=row.environment or "")

    def _used(self) -> Iterator[Statement]:
        uses = Use.objects.filter(execution__in=self.executions).order_by("execution_id", "dataset_id")
        for execution, dataset in uses.values_list("execution_id", "dataset_id").iterator(chunk_size=CHUNK):
            yield prov.used(execution, dataset)
        with_environment = self.executions.exclude(environment=None)
        for execution, digest in _all(with_environment, "pk", "environment__digest"):
            yield prov.environment_used(execution, digest)

    def _generated(self) -> Iterator[Statement]:
        for dataset, execution in _all(self.made, "pk", "execution"):
            yield prov.generated(dataset, execution)

    def _informed(self) -> Iterator[Statement]:
        before = Execution.objects.filter(
            instance=OuterRef("instance"), kind=OuterRef("kind"), attempt__lt=OuterRef("attempt")
        ).order_by("-attempt")
        retries = self.executions.filter(attempt__gt=1, instance__gt=0).annotate(
            previous=Subquery(before.values("pk")[:1])
        )
        for later, earlier in _all(retries.filter(previous__isnull=False), "pk", "previous"):
            yield prov.informed(later, earlier)

    def _distinct(self, column: str) -> QuerySet[Any]:
        return self.executions.order_by().values(column).distinct()


def _all(rows: QuerySet[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    return rows.order_by("pk").values_list(*columns).iterator(chunk_size=CHUNK)
