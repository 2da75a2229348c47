"""Reading the streams of attempts: from the bundles in the data folder, or live where an attempt runs on this machine.

Nothing that came from a site is interpreted, and no file is opened but a plain one, reached without a symbolic link
below the log folder or the attempt's own.
"""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings

from bpsportal.web.errors import Missing
from execution.core.naming import log_path
from execution.models import Attempt
from provenance.core.facts import ExecutionKind
from provenance.models import Execution, LogFile

MOST_BYTES = 1 << 20
"""Of one answer; a larger stream comes in several."""
CHUNK_BYTES = 1 << 16
JOB_FILE_BYTES = 64 << 20

Span = tuple[int, int]
"""Offset and size within a file, bytes."""


class Stream(StrEnum):
    """What an attempt leaves: the two streams of its step instances, and the bundle of all in the order of running."""

    STDOUT = "stdout"
    STDERR = "stderr"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a stream lies: parts of a file, all of it when `spans` is None; `complete` if nothing more will follow."""

    root: Path
    path: str
    spans: tuple[Span, ...] | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a stream from `offset` on; `size` is that of the stream as far as it is written."""

    body: bytes
    offset: int
    size: int
    complete: bool

    @property
    def end(self) -> int:
        """The offset at which to go on reading."""
        return self.offset + len(self.body)

    @property
    def is_last(self) -> bool:
        """Whether all that there is now has been read."""
        return self.end >= self.size


def source_of(attempt: Attempt, stream: Stream, instance: int | None = None) -> Source:
    """Where the stream of an attempt is, of one step instance if that is named; raises Missing with the reason."""
    kept = _kept(attempt)
    if kept:
        return Source(settings.LOGS, kept, _spans(attempt, stream, instance), complete=True)
    if not attempt.is_open:
        raise Missing("log", f"{attempt.token} {stream}: the runner wrote none, or the campaign keeps none")
    if attempt.site.transport:
        raise Missing("log", f"{attempt.token} {stream}: it comes from {attempt.site.name} when the attempt has ended")
    return _live(attempt, stream, instance)


def read(source: Source, offset: int = 0, limit: int = MOST_BYTES) -> Piece:
    """At most `limit` bytes from `offset` of the stream on; a negative offset counts from its end. Raises Missing."""
    limit = max(0, min(limit, MOST_BYTES))
    with _opened(source.root, source.path) as file:
        spans = _whole(file) if source.spans is None else source.spans
        size = sum(length for _, length in spans)
        begin = max(0, size + offset) if offset < 0 else min(offset, size)
        return Piece(b"".join(_parts(file, spans, begin, limit)), begin, size, source.complete)


def read_all(source: Source) -> Iterator[bytes]:
    """The whole stream as far as it is written, a chunk at a time. Raises Missing at once when it cannot be opened."""
    with _opened(source.root, source.path):
        pass
    return _chunks(source)


def _chunks(source: Source) -> Iterator[bytes]:
    with _opened(source.root, source.path) as file:
        spans = _whole(file) if source.spans is None else source.spans
        yield from _parts(file, spans, 0, sum(length for _, length in spans))


def _kept(attempt: Attempt) -> str:
    """The bundle's path below the log folder; one that is there but not recorded is of an attempt that ran nothing."""
    recorded = LogFile.objects.filter(token=attempt.token).values_list("path", flat=True).first()
    if recorded is not None:
        return recorded
    workflow = attempt.job.workflow
    path = log_path(workflow.campaign, workflow.run, attempt.token)
    return path if (settings.LOGS / path).is_file() else ""


def _spans(attempt: Attempt, stream: Stream, instance: int | None) -> tuple[Span, ...] | None:
    if stream is Stream.LOG and instance is None:
        return None
    rows = Execution.objects.filter(token=attempt.token, kind=ExecutionKind.STEP).order_by("pk")
    if instance is not None:
        rows = rows.filter(instance=instance)
    found = list(rows.values_list("stdout_offset", "stdout_bytes", "stderr_offset", "stderr_bytes"))
    if not found:
        raise Missing(str(stream), f"{instance or attempt.token}: nothing of it ran; see the attempt's log")
    spans: list[Span] = []
    for out, out_bytes, err, err_bytes in found:
        spans += [(out, out_bytes)] if stream is not Stream.STDERR else []
        spans += [(err, err_bytes)] if stream is not Stream.STDOUT else []
    return tuple(spans)


def _live(attempt: Attempt, stream: Stream, instance: int | None) -> Source:
    root = Path(attempt.directory)
    if stream is Stream.LOG and instance is None:
        return Source(root, "log", None, complete=False)
    index = _running(root) if instance is None else _index(root, instance)
    name = Stream.STDERR if stream is Stream.STDERR else Stream.STDOUT
    return Source(root, f"run/{index}.{name}", None, complete=False)


def _running(root: Path) -> int:
    """Index of the step instance that runs now."""
    found = _json(root, "now.json").get("instance")
    if not isinstance(found, int):
        raise Missing("log", "no step instance of this attempt is running now; what has ended is in its log")
    return found


def _index(root: Path, instance: int) -> int:
    rows = _json(root, "job.json").get("instances")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and row.get("id") == instance:
            return index
    raise Missing("step instance", f"{instance} in this attempt")


def _json(root: Path, name: str) -> dict[str, object]:
    with _opened(root, name) as file:
        try:
            content = json.loads(file.read(JOB_FILE_BYTES))
        except ValueError:
            content = None
    return content if isinstance(content, dict) else {}


def _whole(file: BinaryIO) -> tuple[Span, ...]:
    return ((0, os.fstat(file.fileno()).st_size),)


def _parts(file: BinaryIO, spans: Sequence[Span], begin: int, limit: int) -> Iterator[bytes]:
    """`limit` bytes of the spans laid end to end, from `begin` on; spans that the file does not have are cut short."""
    for offset, length in spans:
        skipped = min(begin, length)
        begin -= skipped
        at, left = offset + skipped, min(length - skipped, limit)
        limit -= left
        while left > 0:
            chunk = os.pread(file.fileno(), min(left, CHUNK_BYTES), at)
            if not chunk:
                break
            yield chunk
            at, left = at + len(chunk), left - len(chunk)


@contextmanager
def _opened(root: Path, path: str) -> Iterator[BinaryIO]:
    """A plain file below `root`, following no symbolic link on the way; raises Missing for anything else."""
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        raise Missing("log", path)
    try:
        descriptor = _descend(root, parts)
    except OSError:
        raise Missing("log", f"{path}: it is not there (yet)") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Missing("log", f"{path}: it is no plain file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _descend(root: Path, parts: Sequence[str]) -> int:
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for part in parts[:-1]:
        try:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    try:
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
