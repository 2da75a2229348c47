"""The stdout or stderr of a running program: a file that cannot grow for ever, later a part of the attempt's log."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_LAST_BYTES = 64 << 10
"""What is kept of the end when a live stream is cut, so that the error message is not lost with it."""


class Stream:
    """Opened for appending by the program and us; `limit` bytes of it reach the log, half from each end."""

    def __init__(self, path: str, limit: int) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        self._limit = max(limit, 2)
        self._head = b""
        self._last = b""
        self._cut_bytes = 0

    def trim(self) -> None:
        """Keep the disk from filling: a stream of twice its limit keeps its beginning and its end, and starts afresh."""
        size = os.fstat(self.descriptor).st_size
        if size <= 2 * self._limit:
            return
        if not self._cut_bytes:
            self._head = os.pread(self.descriptor, self._limit // 2, 0)
            self._cut_bytes -= len(self._head)
        kept = min(_LAST_BYTES, self._limit - self._limit // 2)
        self._cut_bytes += len(self._last) + size
        self._last = os.pread(self.descriptor, kept, size - kept)
        self._cut_bytes -= len(self._last)
        os.ftruncate(self.descriptor, 0)

    def last_line(self) -> str:
        """The last non-empty line, control characters removed, at most 500 characters."""
        size = os.fstat(self.descriptor).st_size
        tail = self._last + os.pread(self.descriptor, 8192, max(size - 8192, 0)) if size < _LAST_BYTES else b""
        lines = (tail or os.pread(self.descriptor, 8192, size - 8192)).decode("utf-8", "replace").splitlines()
        for line in reversed(lines):
            text = printable(line)
            if text:
                return text
        return ""

    def bundle(self, log: "BinaryIO") -> "list[int]":
        """Append to `log`, remove the live file, and return [offset, size] there."""
        offset = log.tell()
        size = os.fstat(self.descriptor).st_size
        if size or self._cut_bytes:
            self._copy(log, size)
        os.close(self.descriptor)
        os.unlink(self.path)
        return [offset, log.tell() - offset]

    def _copy(self, log: "BinaryIO", size: int) -> None:
        half = self._limit - self._limit // 2
        if not self._cut_bytes and size <= self._limit:
            self._append(log, 0, size)
            return
        if not self._cut_bytes:
            self._append(log, 0, self._limit // 2)
            start = size - half
            cut = start - self._limit // 2
        else:
            log.write(self._head)
            start = max(size - half, 0)
            cut = self._cut_bytes + start
        log.write("\n[about {} bytes were left out here]\n".format(cut).encode())
        if start == 0:
            log.write(self._last[max(len(self._last) - (half - size), 0) :])
        self._append(log, start, size)

    def _append(self, log: "BinaryIO", start: int, end: int) -> None:
        while start < end:
            chunk = os.pread(self.descriptor, min(_CHUNK_BYTES, end - start), start)
            if not chunk:
                return
            log.write(chunk)
            start += len(chunk)


def printable(text: str) -> str:
    """One line for people and databases: no control characters, no surrogates, at most 500 characters."""
    return "".join(each if each.isprintable() else " " for each in text).strip()[:500]
