"""The batch systems the portal can speak to, by name."""

from collections.abc import Callable, Mapping

from bpsportal.web.errors import Invalid, Problem
from execution.core.script import Place
from execution.drivers.base import Driver
from execution.drivers.local import LocalDriver

DRIVERS: Mapping[str, Callable[[Place], Driver]] = {"local": LocalDriver}
"""One line a batch system."""


def get(name: str, place: Place) -> Driver:
    """The driver of that name for a place; Invalid when there is none."""
    if name not in DRIVERS:
        raise Invalid([Problem("driver", f"no driver {name!r}; there are: {', '.join(sorted(DRIVERS))}")])
    return DRIVERS[name](place)
