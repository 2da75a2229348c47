"""Columns: integers kept side by side in four or eight bytes each, where there is one per step instance or job."""

from array import array
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Ints: TypeAlias = array[int]
else:
    # the type cannot be subscripted at run time before Python 3.12
    Ints = array
