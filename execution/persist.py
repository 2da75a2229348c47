"""Persist: the outputs of succeeded step instances go to the backbone, verified; the log bundle goes to the data
folder.

Done before the states are written and safe to repeat: a collector that dies in between finds everything published.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from execution import specs
from execution.backbone import Backbone, Mismatch
from execution.core.naming import backbone_path, log_path
from execution.core.verdict import Result
from execution.core.workflow import Blueprint
from execution.models import Attempt
from execution.settle import Ending
from provenance.core.data_id import text_of
from provenance.core.facts import ExecutionFact, LogFact, Outcome, OutputFact

VALUE = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_.+-]{0,79}")


def publish(ending: Ending, backbone: Backbone) -> Ending:
    """The ending with the outputs of its succeeded instances moved into the backbone, or those instances failed."""
    blueprint = specs.blueprint(ending.attempt.job.workflow.blueprint_id)
    return _each(
        ending, lambda fact: tuple(_publish(ending.attempt, blueprint, output, backbone) for output in fact.outputs)
    )


def verify(ending: Ending, backbone: Backbone) -> Ending:
    """The ending after a look at what the backbone really holds: size always, checksum where the payload asks
    for it.
    """
    blueprint = specs.blueprint(ending.attempt.job.workflow.blueprint_id)

    def check(fact: ExecutionFact) -> tuple[OutputFact, ...]:
        for output in fact.outputs:
            held = backbone.holds(
                output.path, size_bytes=output.size_bytes, sha256=output.sha256, check=blueprint.verify
            )
            if not held:
                raise Mismatch(f"{output.type} is not in the backbone as it was made")
        return tuple(fact.outputs)

    return replace(_each(ending, check), verified_at=timezone.now())


def _each(ending: Ending, act: Callable[[ExecutionFact], tuple[OutputFact, ...]]) -> Ending:
    """Act on the outputs of every succeeded instance; one whose outputs are not what the note said has failed
    after all.
    """
    results, facts = dict(ending.results), []
    for fact in ending.facts:
        if fact.outcome is not Outcome.SUCCEEDED:
            facts.append(replace(fact, outputs=()))
            continue
        try:
            facts.append(replace(fact, outputs=act(fact)))
        except (Mismatch, OSError) as trouble:
            cause = "output" if isinstance(trouble, Mismatch) else "transfer"
            results[fact.instance] = Result("failed", cause)
            message = f"output not published: {trouble}"[:500]
            facts.append(replace(fact, outcome=Outcome.FAILED, cause=cause, message=message, outputs=()))
    return replace(ending, results=results, facts=facts)


def keep_log(attempt: Attempt) -> LogFact | None:
    """Move the bundle of the attempt's streams into the data folder; None when the runner wrote none."""
    workflow = attempt.job.workflow
    path = log_path(workflow.campaign, workflow.run, attempt.token)
    source, target = Path(attempt.directory, "log"), settings.LOGS / path
    if source.is_file() and not source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
    return LogFact(path, target.stat().st_size) if target.is_file() else None


def _publish(attempt: Attempt, blueprint: Blueprint, output: OutputFact, backbone: Backbone) -> OutputFact:
    source = Path(attempt.directory, output.path)
    root = Path(attempt.directory).resolve()
    if not source.resolve().is_relative_to(root):
        raise Mismatch(f"{output.path!r} lies outside the attempt's folder")
    values = _checked(output.data_id)
    place = (blueprint.campaign, blueprint.run, blueprint.payload)
    path = backbone_path(place, output.type, text_of(values), specs.suffix_of(blueprint, output.type))
    backbone.publish(source, path, size_bytes=output.size_bytes, sha256=output.sha256, check=False)
    return replace(output, path=path, data_id=values)


def _checked(data_id: Mapping[str, Any]) -> dict[str, Any]:
    """The data ID with values that may stand in a path; those of a discovered dimension come from file names
    at the site.
    """
    values = {}
    for name, value in data_id.items():
        text = str(value)
        if not VALUE.fullmatch(text):
            raise Mismatch(f"{text!r} is no value for {name}")
        values[name] = int(text) if text.isdecimal() and (text == "0" or text[0] != "0") else value
    return values
