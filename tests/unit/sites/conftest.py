"""A local site of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from execution.runner_archive import build
from tests.local_site import LocalSite


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner as it is shipped."""
    return build(tmp_path_factory.mktemp("runner"))


@pytest.fixture
def site(tmp_path: Path, archive: Path) -> Iterator[LocalSite]:
    """An empty work directory; whatever was started in it is ended with the test."""
    root = tmp_path / "site"
    root.mkdir()
    site = LocalSite(root, archive)
    yield site
    site.close()
