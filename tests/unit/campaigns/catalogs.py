"""A small catalog with one pipeline, and the documents that the tests of the schema begin from."""

from dataclasses import replace
from typing import Any

from campaigns.core.catalog import CampaignEntry, Catalog, SiteEntry, SoftwareEntry
from campaigns.core.document import load
from campaigns.core.schema import Checked, check
from campaigns.core.universe import DatasetRow, Table

PIPELINE = """\
pipeline: example-calibration
version: 1
datasetTypes:
  raw: {dimensions: [exposure, detector], format: fits}
  biasRaw: {dimensions: [exposure, detector], format: fits}
  masterBias: {dimensions: [detector], format: fits}
  postISRCCD: {dimensions: [exposure, detector], format: fits, metadata: [EXPTIME, FILTER], check: fits-header}
  isrPlot: {dimensions: [exposure, detector], format: png}
  sources: {dimensions: [exposure, detector], format: json}
  brightSource: {dimensions: [exposure, detector, source], format: json}
  cutout: {dimensions: [exposure, detector, source], format: png}
  visitSummary: {dimensions: [exposure], format: json}
  coadd: {dimensions: [tile, band], format: fits}
steps:
  bias:
    dimensions: [detector]
    inputs: {biasRaw: {atLeast: 2}}
    outputs: {masterBias: required}
    command: [python, -m, calibration.bias, "{inputs}", "{outputs}", "{config}"]
  isr:
    dimensions: [exposure, detector]
    inputs: {raw: required, masterBias: required}
    outputs: {postISRCCD: required, isrPlot: optional}
    command: [python, -m, calibration.isr, "{inputs}", "{outputs}", "{config}"]
    requestMemory: 1024
    config: {threshold: 5, plot: true}
  measure:
    dimensions: [exposure, detector]
    inputs: {postISRCCD: required}
    outputs: {sources: required, brightSource: optional}
    command: [python, -m, calibration.measure, "{inputs}", "{outputs}", "{config}"]
    discover: brightSource
  cut:
    dimensions: [exposure, detector, source]
    inputs: {brightSource: required, postISRCCD: required}
    outputs: {cutout: required}
    command: [python, -m, calibration.cut, "{inputs}", "{outputs}", "{config}"]
  visitSummary:
    dimensions: [exposure]
    inputs: {sources: {atLeast: 1}}
    outputs: {visitSummary: required}
    command: [python, -m, calibration.summary, "{inputs}", "{outputs}", "{config}"]
  coadd:
    dimensions: [tile, band]
    inputs: {postISRCCD: required, visitSummary: optional}
    outputs: {coadd: required}
    command: [python, -m, calibration.coadd, "{inputs}", "{outputs}", "{config}"]
"""

CAMPAIGN = """\
campaign: night-2026-11-22
program: main-survey
description: nightly calibration
priority: 700
deadline: 2026-11-23T18:00:00Z
parent: null
software: demo-1.0
sites: {only: [], avoid: [], avoidNodes: []}
config: {requestMemory: 2048}
notify: [{event: campaign.failed, to: [ops@example.org]}]
payloads:
  - name: calibrate
    pipelines: [{pipeline: example-calibration, version: 1, steps: "bias..visitSummary", skip: [coadd]}]
    data: {where: "exposure in (1..24) and detector < 9 or kind = 'bias'", exclude: [{exposure: 7, detector: 3}]}
    order: breadth-first
    cluster: {perExposure: {steps: [isr, measure], dimensions: [exposure], maxSize: 9}}
    config: {}
    steps: {isr: {requestMemory: 4096, onFailure: continue, config: {threshold: 6}}}
    persist: {default: keep, types: {postISRCCD: transient}}
    unexpected: save
    verify: true
"""

TILES = Table("sky-tiles", ("exposure", "detector", "tile"), [(e, d, e % 3) for e in range(1, 31) for d in range(9)])


def datasets() -> list[DatasetRow]:
    """Thirty exposures of nine detectors, and three biases."""
    raw = [("raw", (e, d), {"band": "gr"[e % 2], "kind": "science"}) for e in range(1, 31) for d in range(9)]
    bias = [("biasRaw", (e, d), {"kind": "bias"}) for e in range(100, 103) for d in range(9)]
    return [DatasetRow(name, data_id, at, metadata) for at, (name, data_id, metadata) in enumerate(raw + bias, start=1)]


def empty_catalog() -> Catalog:
    """Two sites and two software versions, nothing else."""
    sites = {"local": SiteEntry("local", 16_384, 4), "slurm": SiteEntry("slurm", 524_288, 64, walltime_s=86_400)}
    software = {
        "demo-1.0": SoftwareEntry("demo-1.0", frozenset({"local", "slurm"})),
        "demo-2.0": SoftwareEntry("demo-2.0", frozenset({"slurm"})),
    }
    return Catalog(sites=sites, software=software, events=frozenset({"campaign.failed", "campaign.succeeded"}))


def checked(text: str, catalog: Catalog, **options: Any) -> Checked:
    """A document checked; its reading must not be what fails."""
    loaded = load(text)
    assert loaded.problems == ()
    return check(loaded.documents[0], catalog, **options)


def full_catalog() -> Catalog:
    """The example pipeline, its data, a sky table, one earlier campaign."""
    catalog = empty_catalog()
    pipeline: Any = checked(PIPELINE, catalog).spec
    return replace(
        catalog,
        pipelines={"example-calibration": {1: pipeline}},
        types={name: pipeline.types[name] for name in ("raw", "biasRaw")},
        columns=frozenset({"band", "kind"}),
        tables={"sky-tiles": TILES},
        campaigns={"earlier": CampaignEntry("earlier", load(CAMPAIGN).documents[0].data, 800)},
        datasets=datasets(),
    )


def problems(text: str, catalog: Catalog | None = None, **options: Any) -> list[tuple[str, str]]:
    """(path, message) of every problem."""
    return [(item.path, item.message) for item in checked(text, catalog or full_catalog(), **options).problems]


def campaign_with(old: str, new: str) -> str:
    """The example campaign with one part of its text replaced."""
    assert old in CAMPAIGN
    return CAMPAIGN.replace(old, new)
