"""The documents of a small world, and what its campaigns come to by hand."""

from typing import Any

import yaml

PLACES = """
site: local
driver: local
workdir: "{data}/site-local"
limits: {running: 2, queued: 200}
offers: {memory: 8192, cpus: 4}
---
software: demo-1.0
kind: venv
sites: {local: {setup: ["true"]}}
"""

PIPELINE = """
pipeline: small
version: 1
datasetTypes:
  raw: {dimensions: [exposure, detector], format: fits}
  post: {dimensions: [exposure, detector], format: fits}
  summary: {dimensions: [exposure], format: json}
  bright: {dimensions: [exposure, detector, source], format: json}
  cutout: {dimensions: [exposure, detector, source], format: fits}
steps:
  isr:
    dimensions: [exposure, detector]
    inputs: {raw: required}
    outputs: {post: required}
    command: [python, isr.py, "{inputs}", "{outputs}", "{config}"]
    requestMemory: 1024
    requestWalltime: 600
    config: {threshold: 5}
  gather:
    dimensions: [exposure]
    inputs: {post: {atLeast: 1}}
    outputs: {summary: required}
    command: [python, gather.py, "{inputs}", "{outputs}", "{config}"]
  find:
    dimensions: [exposure, detector]
    inputs: {post: required}
    outputs: {bright: optional}
    discover: bright
    command: [python, find.py, "{inputs}", "{outputs}", "{config}"]
  cut:
    dimensions: [exposure, detector, source]
    inputs: {bright: required, post: required}
    outputs: {cutout: required}
    command: [python, cut.py, "{inputs}", "{outputs}", "{config}"]
"""


def night(exposures: int, detectors: int) -> str:
    """Dataset documents of a night's raw data, as one JSON-like list."""
    return yaml.safe_dump(
        [
            {"dataset": {"type": "raw", "dataId": {"exposure": e, "detector": d}, "path": f"/raw/{e}_{d}.fits"}}
            for e in range(1, exposures + 1)
            for d in range(detectors)
        ]
    )


def campaign(name: str, **changes: Any) -> str:
    """isr and gather over all of the night: 12 + 4 step instances in 16 jobs."""
    payload = {"name": "calibrate", "pipelines": [{"pipeline": "small", "version": 1, "steps": "isr..gather"}]}
    whole = {"campaign": name, "program": "main-survey", "software": "demo-1.0", "payloads": [payload], **changes}
    return yaml.safe_dump({key: value for key, value in whole.items() if value is not None}, sort_keys=False)
