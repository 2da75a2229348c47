"""What the demo does as a client of its own portal: registers, submits, watches, and checks what the reports say."""

import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bpsportal.demo import Trouble, night
from client.portal import Portal, Refusal

LOOK_S = 1.0
ENDED = ("succeeded", "failed")
BEFORE = ("draft", "ready")
VERIFY_S = 300


@dataclass(frozen=True, slots=True)
class Result:
    """How a campaign ended, and every disagreement of its reports with what went in."""

    campaign: str
    state: str
    counts: Mapping[str, Any]
    wall_s: float
    disagreements: tuple[str, ...] = ()


def register(site_administrator: Portal, operator: Portal, example: Path, folder: Path) -> None:
    """Put in what the example needs; what is there already stays as it is."""
    for name in ("site.yaml", "software.yaml"):
        site_administrator.post_text("register/", (example / name).read_bytes())
    operator.post_text("register/", (example / "pipeline.yaml").read_bytes())
    operator.post_text("register/", _yaml(night.overlaps(folder)))
    operator.post_text("register/", _yaml(night.datasets(folder)))


def begin(operator: Portal, example: Path) -> str:
    """The name of the example campaign that goes on now: one left by an earlier demo, or a new one, submitted."""
    text = (example / "campaign.yaml").read_text(encoding="utf-8")
    base = str(yaml.safe_load(text)["campaign"])
    known = {row["name"]: row["state"] for row in operator.each("campaigns/", name=f"{base}*", limit=1000)}
    ours = [name for name in known if re.fullmatch(rf"{re.escape(base)}(-[0-9]+)?", name)]
    for name in sorted(ours, key=_number):
        if known[name] in BEFORE:
            operator.post(f"campaigns/{name}/submit/")
            return name
        if known[name] not in (*ENDED, "archived"):
            return name
    name = base if base not in known else f"{base}-{max(map(_number, ours)) + 1}"
    renamed = re.sub(rf"(?m)^campaign: {re.escape(base)}$", f"campaign: {name}", text)
    operator.post_text("campaigns/", renamed.encode())
    operator.post(f"campaigns/{name}/submit/")
    return name


def watch(viewer: Portal, name: str, show: Callable[[str], None], check: Callable[[], None]) -> Result:
    """Follow the campaign to its end, a line of words each second."""
    began = time.monotonic()
    while True:
        check()
        campaign, counts = viewer.get(f"campaigns/{name}/"), viewer.get(f"campaigns/{name}/counts/")
        elapsed = time.monotonic() - began
        show(line(campaign, counts, elapsed))
        if campaign["state"] in ENDED:
            return Result(name, campaign["state"], counts, elapsed)
        if campaign["state"] in BEFORE:
            problems = "; ".join(problem["message"] for problem in campaign["problems"]) or "nobody submitted it"
            raise Trouble(f"campaign {name} is {campaign['state']}: {problems}")
        time.sleep(LOOK_S)


def line(campaign: Mapping[str, Any], counts: Mapping[str, Any], elapsed_s: float) -> str:
    """`example-night running  120 of at least 735 step instances, 1 failed  (isr 98/216, …)  0:42`."""
    instances = Counter(counts["instances"])
    total, open_ones = sum(instances.values()), instances["waiting"] + instances["running"]
    busy = [
        f"{step['step']} {step['total'] - step['open']}/{step['total']}"
        for step in counts["steps"]
        if 0 < step["open"] < step["total"]
    ]
    words = f"{total - open_ones} of {'at least ' if counts['at_least'] else ''}{total} step instances"
    failed = "".join(f", {instances[state]} {state}" for state in ("failed", "pruned") if instances[state])
    now = f"  ({', '.join(busy[:3])})" if busy else ""
    clock = f"{int(elapsed_s) // 60}:{int(elapsed_s) % 60:02d}"
    return f"{campaign['name']} {campaign['state']}  {words}{failed}{now}  {clock}"


def disagreements(viewer: Portal, name: str, folder: Path) -> list[str]:
    """What the summary and the coverage of the campaign say that the night does not."""
    found: list[str] = []
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    raws = [item["dataset"]["dataId"] for item in night.datasets(folder) if item["dataset"]["type"] == "raw"]
    broken = len(truth["broken"])
    table = night.overlaps(folder)
    at = [table["columns"].index(column) for column in ("tract", "patch", "band")]
    tiles = {tuple(row[i] for i in at) for row in table["rows"]}
    summary = viewer.get("reports/summary/", campaign=name)
    steps = {step["step"]: step for step in summary["steps"]}
    made = {kind: amounts["count"] for kind, amounts in summary["datasets"].items()}
    good, exposures = len(raws) - broken, len(truth["exposures"])
    wanted = {
        "isr": (len(raws), good),
        "measure": (len(raws), good),
        "bright": (len(raws), good),
        "visitSummary": (exposures, exposures),
        "coadd": (len(tiles), len(tiles)),
        "cutout": (made.get("brightSource", 0), made.get("brightSource", 0)),
    }
    for step, (planned, succeeded) in wanted.items():
        said = steps.get(step, {"planned": 0, "succeeded": 0})
        if (said["planned"], said["succeeded"]) != (planned, succeeded):
            found.append(
                f"step {step}: {said['succeeded']} of {said['planned']} succeeded in the summary,"
                f" {succeeded} of {planned} should have"
            )
    if not made.get("brightSource"):
        found.append("no bright source was found in the whole night")
    return [*found, *_coverage(viewer, name, {(item["exposure"], item["detector"]) for item in raws}, truth["broken"])]


def _coverage(viewer: Portal, name: str, raws: set[tuple[int, int]], broken: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every raw image stands in the coverage with its outcome: failed if it was broken, else processed."""
    bad = {(item["dataId"]["exposure"], item["dataId"]["detector"]) for item in broken}
    outcomes = {(line["exposure"], line["detector"]): line["outcome"] for line in _images(viewer, name)}
    found = []
    for image in sorted(raws):
        outcome, wanted = outcomes.get(image, "missing"), "failed" if image in bad else "processed"
        if outcome != wanted:
            found.append(f"image {image}: {outcome} in the coverage, {wanted} it should be")
    return found[:10]


def _images(viewer: Portal, name: str) -> Iterable[Mapping[str, Any]]:
    after = ""
    while True:
        page = viewer.get("reports/coverage/", campaign=name, limit=1000, after=after)
        yield from page["images"]
        after = page.get("after") or ""
        if not after:
            return


def verify(python: Path, truth: Path, catalogues: Path) -> str:
    """Compare the measured stars with the simulated ones; what is wrong, "" if nothing is."""
    command = [str(python), "-m", "calibration.verify", str(truth), str(catalogues)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=VERIFY_S, check=False)
    return (
        "" if done.returncode == 0 else f"catalogues and truth differ: {(done.stdout or done.stderr).strip()[-1000:]}"
    )


def explain(error: Refusal) -> str:
    """A refusal with its problems, for the terminal."""
    problems = [f"  {p.get('path', '')}: {p.get('message', '')}" for p in error.problems]
    return "\n".join([str(error), *problems])


def _number(name: str) -> int:
    """1 for the base name, else what stands behind it."""
    last = name.rpartition("-")[2]
    return int(last) if last.isdigit() else 1


def _yaml(data: Any) -> bytes:
    return json.dumps(data).encode()
