"""What every test may ask for: people of each role, clients that speak as them, a data folder, a rig or the reason
for its absence.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from bpsportal.web.models import Membership, TokenScope
from bpsportal.web.roles import Role
from bpsportal.web.tokens import create_token
from tests.rigs import RIGS_FILE, closing_list, reason_of
from tests.settings import FOLDER

PASSWORD = "correct-horse-battery"
_absences: dict[str, str] = {}
"""Rig -> why it could not run."""


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Throttles count from zero in every test."""
    cache.clear()
    yield


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a user: `person("ann", Role.OPERATOR, program="main-survey")`; without a role a stranger."""

    def make(name: str, role: Role | None = None, *, program: str = "", campaign: str = "") -> User:
        user = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
        if role is not None:
            Membership.objects.create(user=user, role=role, program=program, campaign=campaign)
        return user

    return make


@pytest.fixture
def viewer(person: Callable[..., User]) -> User:
    """Sees everything, changes nothing."""
    return person("viewer", Role.VIEWER)


@pytest.fixture
def operator(person: Callable[..., User]) -> User:
    """Runs campaigns."""
    return person("operator", Role.OPERATOR)


@pytest.fixture
def siteadmin(person: Callable[..., User]) -> User:
    """Looks after sites."""
    return person("siteadmin", Role.SITE_ADMINISTRATOR)


@pytest.fixture
def admin(person: Callable[..., User]) -> User:
    """May do everything."""
    return person("admin", Role.ADMINISTRATOR)


@pytest.fixture
def stranger(person: Callable[..., User]) -> User:
    """Can sign in and has no role."""
    return person("stranger")


@pytest.fixture
def api(db: None) -> Callable[..., APIClient]:
    """Return a REST client that speaks with a token of the user: `api(operator, scope="read")`; without a user
    anonymous.
    """

    def make(user: User | None = None, *, scope: str = TokenScope.OPERATE) -> APIClient:
        client = APIClient(raise_request_exception=False)
        if user is not None:
            token = create_token(user, scope=TokenScope(scope), days=1)
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return make


@pytest.fixture
def browser_of(db: None) -> Callable[..., Client]:
    """Return a client of the HTML pages that is signed in as the user; without a user not signed in."""

    def make(user: User | None = None) -> Client:
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def data_folder(tmp_path: Path, settings: Any) -> Path:
    """Give the test a data folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    settings.DATA = folder
    return folder


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that was skipped for want of a rig (with xdist this runs in the controller)."""
    if report.skipped and isinstance(report.longrepr, tuple) and (found := reason_of(str(report.longrepr[2]))):
        _absences[found[0]] = found[1]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand the list to `tests.run`; with CI=true a rig that cannot run is a failure."""
    if not _absences or hasattr(session.config, "workerinput"):
        return
    if path := os.environ.get(RIGS_FILE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(item) + "\n" for item in _absences.items())
    if os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the data folder of this process away; a worker of xdist ends without its exit handlers."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which rigs could not run, and why."""
    for line in closing_list(_absences):
        terminalreporter.write_line(line)
