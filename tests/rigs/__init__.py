"""Rigs: real servers that tests start for themselves, or the stated reason why they cannot."""

import re
from collections.abc import Mapping
from typing import NoReturn

import pytest

RIGS_FILE = "BPS_TEST_RIGS"
"""Variable with the path of a file to which every run adds the rigs that it had to do without."""
_MARK = "rig not to be had"
_PATTERN = re.compile(rf"{_MARK} \[(?P<name>[^\]]+)\]: (?P<why>.*)", re.DOTALL)


def absent(name: str, why: str) -> NoReturn:
    """Skip the test and have the closing list say why; with CI=true the whole run then fails."""
    pytest.skip(f"{_MARK} [{name}]: {why}")


def reason_of(skip_text: str) -> tuple[str, str] | None:
    """Return (rig, why) when this text of a skipped test came from `absent`."""
    found = _PATTERN.search(skip_text)
    return (found["name"], found["why"].strip()) if found else None


def closing_list(absences: Mapping[str, str]) -> list[str]:
    """Return the lines that end a run, none when nothing was missing."""
    if not absences:
        return []
    return ["Rigs that could not run:", *(f"  {name}: {why}" for name, why in sorted(absences.items()))]
