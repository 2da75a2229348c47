"""The stdout or stderr of a running program: a file that cannot grow for ever, later a part of the attempt's log."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_TAIL_BYTES = 8 << 10


class Stream:
    """Opened for appending by the program and us; `limit` bytes of it reach the log, half from each end.

    While the program runs, what was written is head + (cut) + last + live file; head and last stay empty until a trim.
    """

    def __init__(self, path: str, limit: int) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        self._head_bytes = max(limit, 2) // 2
        self._limit = max(limit, 2)
        self._trimmed = False
        self._head = b""
        self._last = b""
        self._cut_bytes = 0

    def trim(self) -> None:
        """Keep the disk from filling: a live file of twice the limit is emptied but for its beginning and its end."""
        size = self._size()
        if size <= 2 * self._limit:
            return
        begin = 0
        if not self._trimmed:
            self._head = os.pread(self.descriptor, self._head_bytes, 0)
            begin = len(self._head)
            self._trimmed = True
        keep = max(begin, size - _TAIL_BYTES)
        self._cut_bytes += len(self._last) + keep - begin
        self._last = os.pread(self.descriptor, size - keep, keep)
        os.ftruncate(self.descriptor, 0)

    def last_line(self) -> str:
        """The last non-empty line, made printable."""
        size = self._size()
        tail = self._last + os.pread(self.descriptor, _TAIL_BYTES, max(size - _TAIL_BYTES, 0))
        for line in reversed(tail[-_TAIL_BYTES:].decode("utf-8", "replace").splitlines()):
            text = printable(line)
            if text:
                return text
        return ""

    def bundle(self, log: "BinaryIO") -> "list[int]":
        """Append to `log`, remove the live file, and return [offset, size] there."""
        offset = log.tell()
        size = self._size()
        if self._trimmed or size > self._limit:
            self._copy_ends(log, size)
        elif size:
            self._copy(log, 0, size)
        self.discard()
        return [offset, log.tell() - offset]

    def discard(self) -> None:
        """Close and remove the live file."""
        os.close(self.descriptor)
        os.unlink(self.path)

    def _copy_ends(self, log: "BinaryIO", size: int) -> None:
        head = self._head or os.pread(self.descriptor, self._head_bytes, 0)
        begin = 0 if self._trimmed else len(head)
        tail_bytes = self._limit - self._head_bytes
        start = max(begin, size - tail_bytes)
        room = tail_bytes - (size - start)
        last = self._last[-room:] if room else b""
        log.write(head)
        cut = self._cut_bytes + len(self._last) - len(last) + start - begin
        log.write(f"\n[about {cut} bytes were left out here]\n".encode())
        log.write(last)
        self._copy(log, start, size)

    def _copy(self, log: "BinaryIO", start: int, end: int) -> None:
        while start < end:
            chunk = os.pread(self.descriptor, min(_CHUNK_BYTES, end - start), start)
            if not chunk:
                return
            log.write(chunk)
            start += len(chunk)

    def _size(self) -> int:
        return os.fstat(self.descriptor).st_size


def printable(text: str) -> str:
    """One line for people and databases: no control characters, no surrogates, at most 500 characters."""
    return "".join(each if each.isprintable() else " " for each in text[:2000]).strip()[:500]
