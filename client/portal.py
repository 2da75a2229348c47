"""The portal as the client sees it: requests with a token, answers as plain data, refusals as one exception.

Trouble
├── Refusal       the portal said no: message, problems, legal moves
└── Unreachable   there was no answer
"""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

API = "/api/v1/"
TRIES = 4
_FIRST_ERROR = 400
_BUSY = (429, 502, 503, 504)


class Trouble(Exception):
    """Something to tell the user."""


class Unreachable(Trouble):
    """No answer from the portal."""


class Refusal(Trouble):
    """The portal's own refusal; `problems` are mappings with path, layer, line and message."""

    def __init__(self, status: int, body: Any) -> None:
        content = body if isinstance(body, Mapping) else {}
        self.status = status
        self.problems: Sequence[Mapping[str, Any]] = content.get("problems") or []
        self.body = content
        super().__init__(str(content.get("message") or f"the portal answered {status}"))


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal and the token to speak to it with; `http` is closed by whoever made it."""

    http: httpx.Client
    pause_s: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> Any:
        """The resource at a path below /api/v1/."""
        return self._send("GET", path, params={k: v for k, v in query.items() if v not in (None, "")})

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """Ask for something to be done, once: a repetition after a lost answer bears the same Idempotency-Key."""
        return self._send("POST", path, json=dict(data or {}), headers={"Idempotency-Key": uuid.uuid4().hex})

    def post_text(self, path: str, text: bytes, **query: Any) -> Any:
        """The same with a document as it was written."""
        headers = {"Content-Type": "application/yaml", "Idempotency-Key": uuid.uuid4().hex}
        return self._send("POST", path, content=text, headers=headers, params=query)

    def text(self, path: str) -> Iterator[bytes]:
        """The bytes of a log or stream, piece by piece."""
        try:
            with self.http.stream("GET", API + path) as answer:
                if answer.status_code >= _FIRST_ERROR:
                    answer.read()
                    raise Refusal(answer.status_code, _content(answer))
                yield from answer.iter_bytes()
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.http.base_url} does not answer: {error}") from error

    def each(self, path: str, **query: Any) -> Iterator[Mapping[str, Any]]:
        """Every row of a list, page by page."""
        page = self.get(path, **query)
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            page = self._send("GET", page["next"])

    def _send(self, method: str, path: str, **request: Any) -> Any:
        """Send and read the answer; what may have been lost on the way is sent again, with growing pauses."""
        url = path if path.startswith("http") else API + path
        for left in range(TRIES - 1, -1, -1):
            try:
                answer = self.http.request(method, url, **request)
            except httpx.HTTPError as error:
                if not left:
                    raise Unreachable(
                        f"{self.http.base_url} does not answer: {error or type(error).__name__}"
                    ) from error
            else:
                if answer.status_code not in _BUSY or not left:
                    break
            time.sleep(self.pause_s * 2 ** (TRIES - 1 - left))
        if answer.status_code >= _FIRST_ERROR:
            raise Refusal(answer.status_code, _content(answer))
        return _content(answer)


def connect(url: str, token: str, *, timeout_s: float = 60, transport: httpx.BaseTransport | None = None) -> Portal:
    """A portal at a base address; tests pass a transport of their own."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return Portal(httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout_s, transport=transport))


def _content(answer: httpx.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return {"message": f"the portal answered {answer.status_code} {answer.reason_phrase}, which is not JSON"}
