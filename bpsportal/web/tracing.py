"""The request's id, carried through log lines and on into Celery messages, and the two shapes of a log line."""

import json
import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request or task at work in this thread, "" when there is none."""
    return _current.get()


def begin(request_id: str) -> None:
    """Make the id the current one."""
    _current.set(request_id)


class RequestId:
    """Middleware: takes a proxy's id or makes one, and returns it in the answer.

    The id stays until the thread's next request, since Django logs some answers after the last middleware has returned.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get(HEADER, "")
        request_id = sent if _ACCEPTED.fullmatch(sent) else uuid.uuid4().hex[:12]
        begin(request_id)
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


class KeyValueFormatter(logging.Formatter):
    """`2026-11-23T12:00:00Z level=info logger=… request=… message`, control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; a traceback follows on lines of its own, each indented."""
        line = (
            f"{_when(record)} level={record.levelname.lower()} logger={record.name} "
            f"request={current() or '-'} {_one_line(record.getMessage())}"
        )
        if record.exc_info:
            line += "\n  " + self.formatException(record.exc_info).replace("\n", "\n  ")
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON with the keys at, level, logger, request, message and perhaps traceback."""
        entry = {
            "at": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": current(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(text: str) -> str:
    """Escape what would forge a line or steer a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
