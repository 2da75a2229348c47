"""The exit note: what a runner says of its own job, read strictly, since it comes from a machine that is not ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from execution.core.errors import Unreadable
from execution.core.sighting import Cause

FORMAT = 1
TEXT = 1_000
"""Longest text kept of anything a note says."""


@dataclass(frozen=True, slots=True)
class Made:
    """One output file; `path` relative to the attempt's folder."""

    type: str
    data_id: Mapping[str, Any]
    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class InstanceNote:
    """One step instance of the attempt; `inputs` are indices into those of the job file, `stdout` is (offset, size)."""

    id: int
    outcome: str
    exit_code: int | None
    signal: int | None
    cause: str
    message: str
    started_at: datetime | None
    ended_at: datetime | None
    wall_s: float
    cpu_s: float
    memory_mb: float
    read_bytes: int
    write_bytes: int
    inputs: tuple[int, ...]
    outputs: tuple[Made, ...]
    missing: int
    unexpected: tuple[str, ...]
    stdout: tuple[int, int]
    stderr: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Note:
    """`exit`: 0 when every instance succeeded, 1 when some did not, 2 for trouble of the job as a whole (`cause`)."""

    token: str
    host: str
    started_at: datetime | None
    ended_at: datetime | None
    exit: int
    cause: str
    message: str
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    instances: tuple[InstanceNote, ...] = ()


def parse_note(raw: bytes) -> Note:
    """Read a note; raises Unreadable with what is wrong with it."""
    try:
        found = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as trouble:
        raise Unreadable(f"exit note is no JSON: {str(trouble)[:200]}") from None
    try:
        return _note(found)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as trouble:
        raise Unreadable(f"exit note is not valid: {type(trouble).__name__} {str(trouble)[:200]}") from None


def _note(found: Any) -> Note:
    if found["format"] != FORMAT:
        raise ValueError(f"format {found['format']!r} is not known")
    return Note(
        token=_text(found["token"], 40),
        host=_text(found["host"], 200),
        started_at=_time(found["started_at"]),
        ended_at=_time(found["ended_at"]),
        exit=_whole(found["exit"]),
        cause=_cause(found.get("cause")),
        message=_text(found.get("message") or ""),
        version=_text(found.get("version") or ""),
        environment={_text(k, 200): _text(v) for k, v in found.get("environment", {}).items()},
        instances=tuple(_instance(row) for row in found["instances"]),
    )


def _instance(row: Any) -> InstanceNote:
    if row["outcome"] not in {"succeeded", "failed", "skipped"}:
        raise ValueError(f"outcome {row['outcome']!r} is not known")
    return InstanceNote(
        id=_whole(row["id"]),
        outcome=row["outcome"],
        exit_code=None if row.get("exit") is None else _whole(row["exit"]),
        signal=None if row.get("signal") is None else _whole(row["signal"]),
        cause=_cause(row.get("cause")),
        message=_text(row.get("message") or ""),
        started_at=_time(row.get("started_at")),
        ended_at=_time(row.get("ended_at")),
        wall_s=_amount(row.get("wall_s")),
        cpu_s=_amount(row.get("cpu_s")),
        memory_mb=_amount(row.get("memory_mb")),
        read_bytes=int(_amount(row.get("read_bytes"))),
        write_bytes=int(_amount(row.get("write_bytes"))),
        inputs=tuple(_whole(i) for i in row.get("inputs", ())),
        outputs=tuple(_made(made) for made in row.get("outputs", ())),
        missing=len(row.get("missing", ())),
        unexpected=tuple(_text(path) for path in row.get("unexpected", ())[:100]),
        stdout=_span(row.get("stdout")),
        stderr=_span(row.get("stderr")),
    )


def _made(row: Any) -> Made:
    sha256 = row["sha256"]
    if not isinstance(sha256, str) or len(sha256) != 64:  # noqa: PLR2004 hexadecimal digits of SHA-256
        raise ValueError("sha256 is not a checksum")
    data_id = {_text(k, 80): v if isinstance(v, int) else _text(v, 200) for k, v in row["dataId"].items()}
    return Made(_text(row["type"], 80), data_id, _path(row["path"]), _whole(row["size"]), sha256)


def _path(value: Any) -> str:
    text = _text(value)
    if text.startswith("/") or ".." in text.split("/") or text != value:
        raise ValueError(f"path {text!r} leaves the attempt's folder")
    return text


def _text(value: Any, most: int = TEXT) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]


def _whole(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= 1 << 62:
        raise TypeError(f"{str(value)[:40]!r} is no whole number")
    return value


def _amount(value: Any) -> float:
    number = float(value or 0)
    if not 0 <= number < 1e18:  # noqa: PLR2004 refuses NaN and infinity too
        raise ValueError(f"{number} is no amount")
    return number


def _time(value: Any) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(_amount(value), tz=UTC)


def _cause(value: Any) -> str:
    return Cause(value).value if value else ""


def _span(value: Any) -> tuple[int, int]:
    if value is None:
        return (0, 0)
    offset, size = value
    return (_whole(offset), _whole(size))
