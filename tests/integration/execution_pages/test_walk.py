"""Every address of what runs, asked by each role: who gets in, by a table written by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from rest_framework.routers import DefaultRouter
from rest_framework.test import APIClient

from execution import urls
from execution.api import router_entries
from execution.models import Workflow
from tests.integration.execution_pages.conftest import World

pytestmark = pytest.mark.django_db

ROLES = ("viewer", "operator", "siteadmin", "admin", "stranger")
EVERYBODY = {"viewer", "operator", "siteadmin", "admin"}
OPERATE = {"operator", "admin"}
SITE = {"siteadmin", "admin"}

PAGES: dict[str, tuple[str, set[str]]] = {
    "workflows": ("GET", EVERYBODY),
    "workflow": ("GET", EVERYBODY),
    "workflow-pause": ("POST", OPERATE),
    "workflow-resume": ("POST", OPERATE),
    "workflow-terminate": ("POST", OPERATE),
    "workflow-prioritise": ("POST", OPERATE),
    "jobs": ("GET", EVERYBODY),
    "job": ("GET", EVERYBODY),
    "instances": ("GET", EVERYBODY),
    "find-instance": ("GET", EVERYBODY),
    "instance": ("GET", EVERYBODY),
    "log": ("GET", EVERYBODY),
    "raw": ("GET", EVERYBODY),
    "sites": ("GET", EVERYBODY),
    "site": ("GET", EVERYBODY),
    "site-pause": ("POST", SITE),
    "site-resume": ("POST", SITE),
    "site-check": ("POST", SITE),
    "node-drain": ("POST", SITE),
    "node-resume": ("POST", SITE),
    "software": ("GET", EVERYBODY),
}

REST: dict[tuple[str, str], set[str]] = {
    ("GET", "workflows/"): EVERYBODY,
    ("GET", "workflows/{workflow}/"): EVERYBODY,
    ("POST", "workflows/{workflow}/pause/"): OPERATE,
    ("POST", "workflows/{workflow}/resume/"): OPERATE,
    ("POST", "workflows/{workflow}/terminate/"): OPERATE,
    ("POST", "workflows/{workflow}/priority/"): OPERATE,
    ("GET", "jobs/"): EVERYBODY,
    ("GET", "jobs/{job}/"): EVERYBODY,
    ("GET", "jobs/{job}/why/"): EVERYBODY,
    ("GET", "step-instances/"): EVERYBODY,
    ("GET", "step-instances/{instance}/"): EVERYBODY,
    ("GET", "attempts/"): EVERYBODY,
    ("GET", "attempts/{attempt}/"): EVERYBODY,
    ("GET", "attempts/{attempt}/stdout/"): EVERYBODY,
    ("GET", "attempts/{attempt}/stderr/"): EVERYBODY,
    ("GET", "attempts/{attempt}/log/"): EVERYBODY,
    ("GET", "sites/"): EVERYBODY,
    ("POST", "sites/"): SITE,
    ("GET", "sites/local/"): EVERYBODY,
    ("PUT", "sites/local/"): SITE,
    ("GET", "sites/local/nodes/"): EVERYBODY,
    ("POST", "sites/local/pause/"): SITE,
    ("POST", "sites/local/resume/"): SITE,
    ("POST", "sites/local/check/"): SITE,
    ("POST", "sites/local/nodes/node1/drain/"): SITE,
    ("POST", "sites/local/nodes/node1/resume/"): SITE,
    ("GET", "software-versions/"): EVERYBODY,
    ("POST", "software-versions/"): SITE,
    ("GET", "software-versions/demo-1.0/"): EVERYBODY,
    ("PUT", "software-versions/demo-1.0/"): SITE,
}


@pytest.fixture(autouse=True)
def _no_site_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of a site is a matter of its own test."""
    monkeypatch.setattr("execution.nodes._ask", lambda site: ([], "not asked"))


def address(name: str, world: World) -> str:
    pks = {
        "workflow": world.workflow.pk, "job": world.job.pk, "instance": world.instance.pk, "log": world.attempt.pk,
        "raw": world.attempt.pk,
    }  # fmt: skip
    kwargs: dict[str, Any] = {}
    pattern = next(pattern for pattern in urls.urlpatterns if pattern.name == name)
    for part in pattern.pattern.converters:
        kwargs[part] = {"name": "local", "node": "node1", "pk": pks.get(name.split("-")[0], 0)}[part]
    return reverse(f"execution:{name}", kwargs=kwargs)


def test_every_page_is_in_the_table() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(PAGES)


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_to_whom_the_table_says(
    role: str, world: World, request: pytest.FixtureRequest, browser_of: Callable[..., Client]
) -> None:
    user: User = request.getfixturevalue(role)
    let_in = set()
    for name, (method, _) in PAGES.items():
        Workflow.objects.update(wish="run")
        answer = browser_of(user).generic(method, address(name, world))
        assert answer.status_code in {200, 302, 400, 403, 409}, (name, answer.status_code)
        if answer.status_code != 403:
            let_in.add(name)
    assert let_in == {name for name, (_, roles) in PAGES.items() if role in roles}


def test_without_signing_in_every_page_leads_to_the_sign_in(world: World, browser_of: Callable[..., Client]) -> None:
    for name, (method, _) in PAGES.items():
        answer = browser_of().generic(method, address(name, world))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/accounts/login/"), name


def test_every_rest_operation_is_in_the_table() -> None:
    actions = {(prefix, action) for prefix, viewset, _ in router_entries for action in viewset.verbs}
    assert len(REST) == len(actions)
    router = DefaultRouter()
    for prefix, viewset, basename in router_entries:
        router.register(prefix, viewset, basename)
        for route in router.get_routes(viewset):
            for action in route.mapping.values():
                if hasattr(viewset, action):
                    assert action in viewset.verbs, (prefix, action)


@pytest.mark.parametrize("role", ROLES)
def test_rest_answers_whom_the_table_says(
    role: str, world: World, request: pytest.FixtureRequest, api: Callable[..., APIClient]
) -> None:
    client = api(request.getfixturevalue(role))
    let_in = set()
    for method, path in REST:
        Workflow.objects.update(wish="run")
        answer = client.generic(method, f"/api/v1/{filled(path, world)}", content_type="application/json", data="{}")
        assert answer.status_code in {200, 201, 400, 403, 409}, (path, answer.status_code)
        if answer.status_code != 403:
            let_in.add((method, path))
    assert let_in == {operation for operation, roles in REST.items() if role in roles}


def test_without_a_token_rest_answers_nothing(world: World, api: Callable[..., APIClient]) -> None:
    for method, path in REST:
        answer = api().generic(method, f"/api/v1/{filled(path, world)}")
        assert answer.status_code in {401, 403}, path


def test_a_token_for_reading_reads_and_does_nothing_else(
    world: World, admin: User, api: Callable[..., APIClient]
) -> None:
    client = api(admin, scope="read")
    for method, path in REST:
        answer = client.generic(method, f"/api/v1/{filled(path, world)}", content_type="application/json", data="{}")
        assert (answer.status_code == 403) == (method != "GET"), path


def filled(path: str, world: World) -> str:
    return path.format(
        workflow=world.workflow.pk, job=world.job.pk, instance=world.instance.pk, attempt=world.attempt.pk
    )
