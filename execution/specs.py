"""Stored specifications: blueprints by hash, and jobs in compressed chunks that only dispatch and doubt ever open."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from execution.core.workflow import Blueprint, Input, Job
from execution.models import JobChunk, StoredBlueprint

CHUNK = 1_000
"""Jobs to a chunk: small enough that one job is found quickly, large enough to compress well."""

BLUEPRINT = TypeAdapter(Blueprint)


class StoredInstance(NamedTuple):
    """A step instance as dispatch reads it; `id` is its row, `number` its place in the plan."""

    id: int
    number: int
    step: int
    data_id: tuple[Any, ...]
    inputs: tuple[Input, ...]


def store_blueprint(blueprint: Blueprint) -> str:
    """Keep it once; returns its digest (SHA-256 of its JSON)."""
    text = json.dumps(BLUEPRINT.dump_python(blueprint, mode="json"), sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest()
    StoredBlueprint.objects.get_or_create(digest=digest, defaults={"body": zlib.compress(text)})
    return digest


@lru_cache(maxsize=32)
def blueprint(digest: str) -> Blueprint:
    """What was stored under this digest."""
    body = StoredBlueprint.objects.values_list("body", flat=True).get(digest=digest)
    return BLUEPRINT.validate_json(zlib.decompress(bytes(body)))


def encode(jobs: Sequence[Job], first_instance: int) -> tuple[bytes, str]:
    """A chunk of jobs whose instances have ids from `first_instance` on; returns the bytes and their digest."""
    rows, next_id = [], first_instance
    for job in jobs:
        rows.append([next_id, job.instances])
        next_id += len(job.instances)
    body = zlib.compress(json.dumps(rows, separators=(",", ":"), default=str).encode(), 1)
    return body, hashlib.sha256(body).hexdigest()


@lru_cache(maxsize=24)
def _chunk(workflow: int, number: int) -> list[Any]:
    body = JobChunk.objects.values_list("body", flat=True).get(workflow_id=workflow, number=number)
    return list(json.loads(zlib.decompress(bytes(body))))


def instances(workflow: int, chunk: int, place: int) -> tuple[StoredInstance, ...]:
    """The step instances of the job at `place` of a chunk, in the order in which they run."""
    first, rows = _chunk(workflow, chunk)[place]
    return tuple(
        StoredInstance(first + i, number, step, tuple(data_id), tuple(_input(row) for row in inputs))
        for i, (number, step, data_id, inputs) in enumerate(rows)
    )


@lru_cache(maxsize=32)
def recipes(digest: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Per step the digest and the body of what it is: definition, science settings, software; its resources do
    not matter.
    """
    found = []
    for body in BLUEPRINT.dump_python(blueprint(digest), mode="json")["steps"]:
        kept = {key: value for key, value in body.items() if key not in {"position", "on_failure"}}
        text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
        found.append((hashlib.sha256(text.encode()).hexdigest(), kept))
    return tuple(found)


def suffix_of(blueprint: Blueprint, kind: str) -> str:
    """File suffix of an output type, with its dot; "" for a type that the payload does not make."""
    return next((spec.suffix for step in blueprint.steps for spec in step.outputs if spec.type == kind), "")


def forget() -> None:
    """Empty the caches; row ids come again in tests."""
    _chunk.cache_clear()
    blueprint.cache_clear()
    recipes.cache_clear()


def _input(row: Iterable[Any]) -> Input:
    kind, data_id, dataset, producer = row
    return Input(kind, tuple(data_id), dataset, producer)
