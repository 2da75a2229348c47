"""A state machine as a table: what may follow what, read by updates, buttons, answers, constraints and
documents alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Machine(Generic[S]):
    """`moves` maps every state to the states that may follow it."""

    name: str
    moves: Mapping[S, frozenset[S]]

    def allows(self, source: S, target: S) -> bool:
        """Whether `source` may become `target`."""
        return target in self.moves[source]

    def sources(self, target: S) -> frozenset[S]:
        """The states that may become `target`: the WHERE of its update."""
        return frozenset(state for state, targets in self.moves.items() if target in targets)

    def is_final(self, state: S) -> bool:
        """Whether nothing follows `state`."""
        return not self.moves[state]
