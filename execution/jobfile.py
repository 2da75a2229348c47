"""The job file of an attempt: which step instances to run, with which inputs, outputs, settings and set-up."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from execution import specs
from execution.core.merging import merge
from execution.core.naming import attempt_directory, backbone_path, many_directory, output_path
from execution.core.states import InstanceState
from execution.core.workflow import Blueprint, Input, OutputSpec, Request, StepSpec, text_of
from execution.models import Job, Site, SoftwareVersion, StepInstance
from provenance import queries

RECORDED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "HOSTNAME",
    "USER",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "EUPS_DIR",
    "EUPS_PATH",
    "LOADEDMODULES",
    "SLURM_JOB_ID",
    "SLURM_JOB_PARTITION",
    "APPTAINER_CONTAINER",
)
"""Names of environment variables that are kept; anything else may hold a secret and is not (LDM-636 0052)."""


class Unbuildable(Exception):
    """The job cannot be described for this site; the message says why."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """What goes to the site for one attempt, and what the batch system is asked for."""

    token: str
    directory: str
    body: bytes
    request: Request


class Builder:
    """Builds the job files of one pass at one site; looks up datasets, software and finished instances once for all."""

    def __init__(self, site: Site, workdir: str, jobs: Iterable[Job]) -> None:
        self.site, self.workdir = site, workdir
        self.jobs = {job.pk: job for job in jobs}
        self.pending = self._pending()
        known = {i.dataset for rows in self.pending.values() for row in rows for i in row.inputs if i.dataset}
        self.paths: Mapping[int, str] = queries.paths(sorted(known)) if known else {}
        self.software = {version.name: version for version in SoftwareVersion.objects.all()}

    def build(self, job: Job, token: str) -> JobFile:
        """The file of one attempt; raises Unbuildable."""
        blueprint = specs.blueprint(job.workflow.blueprint_id)
        rows = self.pending[job.pk]
        if not rows:
            raise Unbuildable("none of its step instances is left to run")
        labels = {blueprint.steps[row.step].label: blueprint.steps[row.step] for row in rows}
        request = self._request(job, blueprint, Counter(blueprint.steps[row.step].label for row in rows))
        body: dict[str, Any] = {
            "format": 1,
            "token": token,
            "job": str(job),
            "workdir": self.workdir,
            "environment": list(RECORDED),
            "memoryLimit": self.site.driver == "local",
            "variables": {"BPS_CAMPAIGN": blueprint.campaign, "BPS_PAYLOAD": blueprint.payload, "BPS_JOB": str(job)},
            "steps": {label: self._step(blueprint, step) for label, step in labels.items()},
            "instances": [self._instance(blueprint, row, rows) for row in rows],
        } | self._software({step.software for step in labels.values()})
        return JobFile(
            token,
            attempt_directory(self.workdir, token),
            json.dumps(body).encode(),
            request,
        )

    def _pending(self) -> dict[int, list[specs.StoredInstance]]:
        """Per job the instances that are not final; all of them on a first attempt without doubt, which asks
        nothing.
        """
        partly = [pk for pk, job in self.jobs.items() if job.attempts > 1 or job.doubt]
        unfinished = [InstanceState.WAITING.value, InstanceState.RUNNING.value]
        left = set(StepInstance.objects.filter(job_id__in=partly, state__in=unfinished).values_list("pk", flat=True))
        chosen: dict[int, list[specs.StoredInstance]] = {}
        for pk, job in self.jobs.items():
            rows = specs.instances(job.workflow_id, job.chunk, job.place)
            chosen[pk] = [row for row in rows if pk not in partly or row.id in left]
        return chosen

    def _request(self, job: Job, blueprint: Blueprint, counts: Counter[str]) -> Request:
        asked = blueprint.requests.get(self.site.name)
        if asked is None:
            raise Unbuildable(f"site {self.site.name} is not among those the campaign may use")
        merged = merge((label, asked[label], n) for label, n in counts.items())
        return replace(merged, memory_mb=max(merged.memory_mb, job.memory_mb or 0))

    def _step(self, blueprint: Blueprint, step: StepSpec) -> dict[str, Any]:
        request = blueprint.requests[self.site.name][step.label]
        return {
            "command": list(step.command),
            "config": dict(step.config),
            "inputs": [spec.type for spec in step.inputs],
            "walltime_s": request.walltime_s,
            "memory_mb": request.memory_mb,
        }

    def _software(self, names: set[str]) -> dict[str, Any]:
        names.discard("")
        if not names:
            return {"setup": [], "software": {"name": "", "kind": "", "probe": []}}
        if len(names) > 1:
            raise Unbuildable(f"its steps want different software: {', '.join(sorted(names))}")
        version = self.software.get(names.pop())
        if version is None or self.site.name not in version.sites:
            raise Unbuildable(f"its software is not available at {self.site.name}")
        setup = [line.replace("{data}", str(settings.DATA)) for line in version.sites[self.site.name].get("setup", [])]
        return {"setup": setup, "software": {"name": version.name, "kind": version.kind, "probe": version.probe}}

    def _instance(
        self, blueprint: Blueprint, row: specs.StoredInstance, rows: list[specs.StoredInstance]
    ) -> dict[str, Any]:
        step = blueprint.steps[row.step]
        before = {other.number: index for index, other in enumerate(rows)}
        planned = Counter(item.type for item in row.inputs)
        text = text_of(step.dimensions, row.data_id)
        return {
            "id": row.id,
            "step": step.label,
            "dataId": dict(zip(step.dimensions, row.data_id, strict=True)),
            "inputs": [self._input(blueprint, item, before) for item in row.inputs],
            "minimum": {spec.type: spec.minimum(planned[spec.type]) for spec in step.inputs},
            "outputs": [
                {
                    "type": spec.type,
                    "dataId": _named(spec.dimensions, step, row),
                    "path": output_path(spec.type, text, spec.suffix),
                    "required": spec.required,
                }
                for spec in step.outputs
                if not spec.many
            ],
            "many": [_many(spec, text) for spec in step.outputs if spec.many],
        }

    def _input(self, blueprint: Blueprint, item: Input, before: Mapping[int, int]) -> dict[str, Any]:
        """An input as the runner reads it; whether it is really there the runner sees."""
        dimensions = blueprint.types[item.type]
        text = text_of(dimensions, item.data_id)
        entry: dict[str, Any] = {
            "type": item.type,
            "dataId": dict(zip(dimensions, item.data_id, strict=True)),
            "after": None,
        }
        suffix = specs.suffix_of(blueprint, item.type)
        if item.producer in before:
            return entry | {"path": output_path(item.type, text, suffix), "after": before[item.producer]}
        made = backbone_path((blueprint.campaign, blueprint.run, blueprint.payload), item.type, text, suffix)
        return entry | {"path": backbone(self.paths.get(item.dataset, made))}


def backbone(path: str) -> str:
    """Absolute path of a dataset; registered files may lie outside the backbone and are absolute already."""
    return path if os.path.isabs(path) else str(settings.BACKBONE / path)


def _many(spec: OutputSpec, text: str) -> dict[str, Any]:
    return {
        "type": spec.type,
        "dimension": spec.many,
        "directory": many_directory(spec.type, text),
        "suffix": spec.suffix,
        "required": spec.required,
    }


def _named(dimensions: tuple[str, ...], step: StepSpec, row: specs.StoredInstance) -> dict[str, Any]:
    own = dict(zip(step.dimensions, row.data_id, strict=True))
    return {name: own[name] for name in dimensions if name in own}
