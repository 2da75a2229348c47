"""Checks of what a payload says about its data: selection, exclusions, earlier campaigns, data-ID tables."""

from collections.abc import Iterable
from typing import Any

from campaigns.core.catalog import Catalog
from campaigns.core.dependencies import makers
from campaigns.core.documents import DataPart
from campaigns.core.findings import Findings
from campaigns.core.pipeline import Pipeline
from campaigns.core.problem import Location, did_you_mean, listing
from campaigns.core.selection import Selection, SelectionError, parse
from campaigns.core.universe import Table


def check_data(
    part: DataPart | None, pipeline: Pipeline | None, catalog: Catalog, findings: Findings, location: Location
) -> dict[str, Any]:
    """The fields of a payload's spec that concern its data: where, exclude, inputs, tables."""
    data = part or DataPart()
    place = (*location, "data")
    where = _parsed(data.where, findings, (*place, "where"))
    exclude = tuple(item for item in data.exclude or () if item)
    inputs = _known(data.inputs or (), catalog.campaigns, "campaign", findings, (*place, "inputs"))
    chosen = _known(data.tables or (), catalog.tables, "data-ID table", findings, (*place, "tables"))
    tables = chosen
    if pipeline is not None:
        asked = (where.columns() if where else frozenset()).union(*exclude)
        if data.tables is None:
            tables = tables_for(pipeline, asked, catalog, findings, place)
        columns = columns_of(pipeline, [catalog.tables[name] for name in tables]) | catalog.columns
        if where is not None:
            for message in where.unknown(columns):
                findings.add((*place, "where"), message)
        for at, item in enumerate(data.exclude or ()):
            for name in item or ():
                if name not in columns:
                    hint = did_you_mean(name, columns) or f"; known are {listing(columns)}"
                    findings.add((*place, "exclude", at, name), f"there is no column {name}{hint}")
        _check_dimensions(pipeline, columns, findings, location)
    return {"where": where, "exclude": exclude, "inputs": inputs, "tables": tables}


def columns_of(pipeline: Pipeline, tables: Iterable[Table]) -> frozenset[str]:
    """The columns that rows of a payload's universe may have, metadata left aside."""
    made = makers(pipeline.steps)
    found = {name for item in pipeline.types.values() if item.name not in made for name in item.dimensions}
    found.update(name for item in pipeline.types.values() if _is_many(pipeline, item.name) for name in item.dimensions)
    return frozenset(found).union(*(table.columns for table in tables))


def tables_for(
    pipeline: Pipeline, asked: frozenset[str], catalog: Catalog, findings: Findings, place: Location
) -> tuple[str, ...]:
    """The data-ID tables that give what neither data IDs nor metadata do; two for the same need a choice."""
    needed = asked.union(*(step.dimensions for step in pipeline.steps))
    missing = needed - columns_of(pipeline, ()) - catalog.columns
    found: dict[str, list[str]] = {}
    for table in catalog.tables.values():
        for name in missing.intersection(table.columns):
            found.setdefault(name, []).append(table.name)
    for name, tables in sorted(found.items()):
        if len(tables) > 1:
            findings.add(place, f"tables {listing(tables)} all have {name}; say which: tables: [{min(tables)}]")
    return tuple(sorted({table for tables in found.values() for table in tables}))


def _check_dimensions(pipeline: Pipeline, columns: frozenset[str], findings: Findings, location: Location) -> None:
    """Dimensions of steps that no data can have."""
    for step in pipeline.steps:
        for name in step.dimensions:
            if name not in columns:
                findings.add(
                    (*location, "data"),
                    f"step {step.label} has the dimension {name}, which no input type, metadata or data-ID table gives",
                )


def _is_many(pipeline: Pipeline, name: str) -> bool:
    return any(name in step.many for step in pipeline.steps)


def _parsed(text: str | None, findings: Findings, place: Location) -> Selection | None:
    if text is None:
        return None
    try:
        return parse(text)
    except SelectionError as error:
        findings.add(place, str(error))
        return None


def _known(
    names: Iterable[str | None], known: Iterable[str], what: str, findings: Findings, place: Location
) -> tuple[str, ...]:
    """The names that exist; the others become problems."""
    words = frozenset(known)
    found: list[str] = []
    for at, name in enumerate(names):
        if name in words:
            found.append(str(name))
        elif name:
            hint = did_you_mean(name, words) or f"; known are {listing(words)}"
            findings.add((*place, at), f"there is no {what} {name}{hint}")
    return tuple(dict.fromkeys(found))
