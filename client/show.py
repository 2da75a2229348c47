"""What the client prints: tables for people, one JSON document for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

STATES = ("waiting", "running", "succeeded", "failed", "pruned", "cancelled")
COLOURS = {
    "succeeded": "green", "running": "blue", "failed": "red", "paused": "yellow", "cancelling": "yellow",
    "planning": "magenta", "ready": "magenta", "pruned": "bright_black", "cancelled": "bright_black",
}  # fmt: skip


def as_json(console: Console, data: Any) -> None:
    """One document, as it came, never wrapped or coloured."""
    console.file.write(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def table(console: Console, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under a head; numbers stand to the right."""
    made, lines = Table(box=None, pad_edge=False), [list(row) for row in rows]
    for at, word in enumerate(head):
        is_number = bool(lines) and all(isinstance(line[at], int | float) or line[at] in ("", "–") for line in lines)
        made.add_column(word, justify="right" if is_number else "left", overflow="fold")
    for line in lines:
        made.add_row(*(_cell(value) for value in line))
    console.print(made)


def campaigns(console: Console, rows: Iterable[Mapping[str, Any]]) -> None:
    """A line for each campaign."""
    head = ("campaign", "state", "program", "priority", "owner", "step instances")
    lines = [
        (row["name"], row["state"], row["program"], row["priority"], row["owner"], _words(row["with_subcampaigns"]))
        for row in rows
    ]
    table(console, head, lines) if lines else console.print("no campaigns")


def counts(console: Console, found: Mapping[str, Any]) -> None:
    """Steps by those states that occur."""
    states = [state for state in STATES if state in found["instances"]]
    lines = [
        (
            step["payload"],
            step["step"],
            *_numbers(step["instances"], states),
            step["total"] if step["planned"] is not None else "–",
        )
        for step in found["steps"]
    ]
    lines.append(("", "all", *_numbers(found["instances"], states), sum(found["instances"].values())))
    table(console, ("payload", "step", *states, "all"), lines)
    if found["at_least"]:
        console.print("at least: more will follow once it is known what was found")


def summary(console: Console, found: Mapping[str, Any]) -> None:
    """The summary report: counts, median and maximum of time and memory."""
    head = ("payload", "step", "planned", "succeeded", "failed", "pruned", "retries", "median s", "p95 s", "max MB")
    lines = [
        (
            step["payload"], step["step"], step["planned"], step["succeeded"], step["failed"], step["pruned"],
            step["retries"], _number(step["wall_s"], "median"), _number(step["wall_s"], "p95"),
            _number(step["memory_mb"], "maximum"),
        )
        for step in found["steps"]
    ]  # fmt: skip
    table(console, head, lines)
    for step in found["steps"]:
        for deviation in step["deviations"]:
            console.print(f"{step['step']}: {deviation['text']}")


def comparison(console: Console, found: Mapping[str, Any]) -> None:
    """Two campaigns side by side."""
    for part in ("configuration", "software"):
        differences = [(item["path"], item["left"], item["right"]) for item in found[part]]
        console.print(f"{part}: {'the same' if not differences else ''}")
        if differences:
            table(console, ("what", found["left"], found["right"]), differences)
    pairs = [
        (pair["payload"], pair["step"], *(_side(pair[side]) for side in ("left", "right")), pair["wall_ratio"] or "–")
        for pair in found["steps"]
    ]
    table(console, ("payload", "step", found["left"], found["right"], "time ratio"), pairs)
    outputs = [
        (item["type"], item["same"], item["different"], item["only_left"], item["only_right"])
        for item in found["outputs"]
    ]
    table(console, ("outputs", "same", "different", f"only {found['left']}", f"only {found['right']}"), outputs)


def coverage(console: Console, outcomes: Mapping[str, int], images: Iterable[Mapping[str, Any]]) -> None:
    """Images and what came of them."""
    console.print(", ".join(f"{n} {outcome}" for outcome, n in outcomes.items() if n) or "no images")
    lines = [
        (
            image["campaign"],
            image["exposure"],
            "–" if image["detector"] is None else image["detector"],
            image["outcome"],
        )
        for image in images
    ]
    if lines:
        table(console, ("campaign", "exposure", "detector", "outcome"), lines)


def preview(console: Console, found: Mapping[str, Any]) -> None:
    """What would run."""
    lines = [
        (payload["payload"], step["step"], step["cluster"], *_planned(step))
        for payload in found["payloads"]
        for step in payload["steps"]
    ]
    table(console, ("payload", "step", "cluster", "instances", "jobs", "core hours"), lines)
    least = "at least " if found["at_least"] else ""
    console.print(
        f"{least}{found['instances']} step instances, {found['jobs']} jobs, {found['core_hours']:.1f} core hours"
    )


def problems(console: Console, found: Iterable[Mapping[str, Any]], source: str = "") -> None:
    """`file.yaml:14: payloads[0].steps.isr: what is wrong`, one a line, as compilers do."""
    for problem in found:
        line = problem.get("line")
        place = f"{source or 'document'}:{line}: " if line else ""
        path = f"{problem['path']}: " if problem.get("path") else ""
        console.print(Text(f"{place}{path}{problem.get('message', '')}"), soft_wrap=True)


def raw(console: Console, piece: bytes) -> None:
    """Bytes that a job wrote; on a terminal without what would steer it."""
    text = piece.decode("utf-8", errors="replace")
    if console.is_terminal:
        text = "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)
    console.file.write(text)


def _cell(value: object) -> Text:
    text = "–" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
    return Text(text, style=COLOURS.get(text, ""))


def _numbers(found: Mapping[str, int], states: Sequence[str]) -> list[int]:
    return [found.get(state, 0) for state in states]


def _words(found: Mapping[str, int]) -> str:
    return ", ".join(f"{found[state]} {state}" for state in STATES if found.get(state))


def _number(spread: Mapping[str, Any] | None, key: str) -> float | str:
    value = (spread or {}).get(key)
    return "–" if value is None else round(float(value), 1)


def _side(figures: Mapping[str, Any] | None) -> str:
    return "–" if figures is None else f"{figures['succeeded']}/{figures['planned']}"


def _planned(step: Mapping[str, Any]) -> tuple[object, object, object]:
    return ("–", "–", "–") if step["open"] else (step["instances"], step["jobs"], step["core_hours"])
