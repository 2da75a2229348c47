"""Findings: problems as they are found in one document, each with path, layer and line."""

from collections.abc import Iterable

from campaigns.core.complaints import Fault
from campaigns.core.document import Document
from campaigns.core.problem import Location, Problem, path_text

MAX_PROBLEMS = 1000
"""What nobody would read to the end is not told in full."""


class Findings:
    """Collects problems of a `document`. The layer follows from the place, unless the kind of document fixes it."""

    def __init__(self, document: Document, layer: str | None = None) -> None:
        self.document = document
        self._layer = layer
        self._problems: dict[tuple[str, str], Problem] = {}
        self._untold = 0

    def add(self, location: Location, message: str) -> None:
        """Notes a problem; the same one at the same place only once."""
        path = path_text(location)
        if (path, message) in self._problems:
            return
        if len(self._problems) >= MAX_PROBLEMS:
            self._untold += 1
            return
        layer = layer_at(location) if self._layer is None else self._layer
        self._problems[path, message] = Problem(path, message, layer, self.document.line(location))

    def add_all(self, faults: Iterable[Fault], location: Location = ()) -> bool:
        """Notes faults whose places are relative to a location; True if there were any."""
        found = False
        for inner, message in faults:
            self.add((*location, *inner), message)
            found = True
        return found

    def inside(self, location: Location) -> bool:
        """Whether a problem is known at this place or below it."""
        path = path_text(location)
        return any(known == path or known.startswith((f"{path}.", f"{path}[")) for known, _ in self._problems)

    def problems(self) -> tuple[Problem, ...]:
        """All of them, in the order of the document's lines."""
        found = sorted(self._problems.values(), key=lambda problem: (problem.line or 0, problem.path))
        if self._untold:
            found.append(Problem("", f"there are {self._untold} more problems; mend these first"))
        return tuple(found)


def layer_at(location: Location) -> str:
    """The configuration layer that a place of a campaign document belongs to."""
    if "steps" in location[2:3] or location[:2] == ("config", "steps") or location[2:4] == ("config", "steps"):
        return "step"
    return "payload" if location[:1] == ("payloads",) and len(location) > 1 else "campaign"
