"""Emptiness: whether a payload's selection leaves anything of the data that there are."""

from collections.abc import Iterable
from itertools import islice

from campaigns.core.catalog import Catalog
from campaigns.core.projections import Projector
from campaigns.core.specs import PayloadSpec
from campaigns.core.universe import DataQuery, DatasetRow, build_universe

_SAMPLE = 5_000
"""Datasets looked at first: most selections are satisfied by some of them."""


def is_empty(payload: PayloadSpec, catalog: Catalog) -> bool:
    """Whether no step of the payload finds any data ID; False if the catalog holds no datasets to look at."""
    if catalog.datasets is None:
        return False
    return _is_empty(payload, catalog, islice(catalog.datasets, _SAMPLE)) and _is_empty(
        payload, catalog, catalog.datasets
    )


def _is_empty(payload: PayloadSpec, catalog: Catalog, datasets: Iterable[DatasetRow]) -> bool:
    pipeline = payload.pipeline
    needed = frozenset(name for step in pipeline.steps for name in step.dimensions)
    query = DataQuery(payload.where, payload.exclude, from_tables=any(not step.inputs for step in pipeline.steps))
    types = {name: item.dimensions for name, item in pipeline.types.items()}
    tables = [catalog.tables[name] for name in payload.tables]
    projector = Projector(build_universe(types, datasets, tables, query, needed).relations)
    return not any(
        projector.project(step.dimensions).ids for step in pipeline.steps if step.dimensions or not step.inputs
    )
