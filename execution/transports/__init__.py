"""The ways to reach a host, by name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bpsportal.web.errors import Invalid, Problem
from execution.transports.base import Transport
from execution.transports.local import LocalTransport

TRANSPORTS: Mapping[str, Callable[[Path, Mapping[str, Any]], Transport]] = {
    "local": lambda root, options: LocalTransport(root),
}
"""One line a way: from the site's work directory and what the site document says of the way."""


def connect(transport: Mapping[str, Any], root: Path) -> Transport:
    """The transport that a site document asks for, `{}` for this machine, else `{name: options}`; Invalid for others.

    `root` is the site's work directory: nothing outside it is written or read.
    """
    name, options = next(iter(transport.items()), ("local", {}))
    if len(transport) > 1 or name not in TRANSPORTS:
        known = ", ".join(sorted(TRANSPORTS))
        raise Invalid([Problem("transport", f"no transport {sorted(transport)}; there are: {known}")])
    return TRANSPORTS[name](root, options)
