"""An engine with a local site of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine import Engine


@pytest.fixture
def engine(db: None, tmp_path: Path, settings: Any) -> Iterator[Engine]:
    """A fresh site, its spool ended afterwards."""
    settings.DATA = tmp_path / "data"
    settings.BACKBONE, settings.LOGS = settings.DATA / "backbone", settings.DATA / "logs"
    settings.DATA.mkdir()
    made = Engine(tmp_path)
    yield made
    made.stop()
