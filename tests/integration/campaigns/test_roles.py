"""Every address of campaigns, asked by each role: who gets in, by a table written by hand."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import get_resolver
from rest_framework.test import APIClient

from campaigns import planning, urls
from campaigns.api import router_entries
from campaigns.services.create import create
from campaigns.services.submit import submit

Api = Callable[..., APIClient]
Write = Callable[..., str]
V1 = "/api/v1/"
EVERYBODY = {"viewer", "operator", "siteadmin", "admin"}
OPERATE = {"operator", "admin"}
ROLES = ("viewer", "operator", "siteadmin", "admin", "stranger")

REST: list[tuple[str, str, set[str]]] = [
    ("GET", "campaigns/", EVERYBODY),
    ("GET", "campaigns/night-1/", EVERYBODY),
    ("GET", "campaigns/night-1/counts/", EVERYBODY),
    ("GET", "campaigns/night-1/config/", EVERYBODY),
    ("GET", "campaigns/night-1/events/", EVERYBODY),
    ("POST", "campaigns/", OPERATE),
    ("POST", "campaigns/validate/", OPERATE),
    ("POST", "campaigns/plan/", OPERATE),
    ("PUT", "campaigns/night-1/", OPERATE),
    ("PATCH", "campaigns/night-1/", OPERATE),
    *(("POST", f"campaigns/night-1/{verb}/", OPERATE) for verb in ("validate", "plan", "submit", "pause", "resume")),
    *(("POST", f"campaigns/night-1/{verb}/", OPERATE) for verb in ("terminate", "priority", "clone", "archive")),
    ("GET", "payloads/", EVERYBODY),
    ("GET", "payloads/night-1:calibrate/", EVERYBODY),
    *(
        ("POST", f"payloads/night-1:calibrate/{verb}/", OPERATE)
        for verb in ("pause", "resume", "terminate", "priority")
    ),
    ("GET", "pipelines/", EVERYBODY),
    ("GET", "pipelines/small:1/", EVERYBODY),
    ("POST", "pipelines/", OPERATE),
    ("GET", "config-layers/", EVERYBODY),
    ("POST", "config-layers/", OPERATE),
]
PAGES = {
    "list": ("GET", "/campaigns/", EVERYBODY),
    "new": ("GET", "/new-campaign/", OPERATE),
    "detail": ("GET", "/campaigns/night-1/", EVERYBODY),
    "revise": ("GET", "/campaigns/night-1/revise/", OPERATE),
    "configuration": ("GET", "/campaigns/night-1/configuration/", EVERYBODY),
    "document": ("GET", "/campaigns/night-1/document/", EVERYBODY),
    "act": ("POST", "/campaigns/night-1/do/pause/", OPERATE),
    "act-on-payload": ("POST", "/campaigns/night-1/payloads/calibrate/do/pause/", OPERATE),
    "pipelines": ("GET", "/pipelines/", EVERYBODY),
    "pipeline": ("GET", "/pipelines/small/", EVERYBODY),
    "pipeline-version": ("GET", "/pipelines/small/1/", EVERYBODY),
    "layers": ("GET", "/configuration/", EVERYBODY),
    "layer": ("GET", "/configuration/global/", EVERYBODY),
}
DENIED = (401, 403, 404)


@pytest.fixture
def running(night: None, operator: User, document: Write) -> None:
    create(document(), user=operator)
    submit("night-1", user=operator)
    assert planning.run("night-1", 1)


@pytest.mark.parametrize("role", ROLES)
def test_rest_lets_in_whom_the_table_names(role: str, running: None, api: Api, request: pytest.FixtureRequest) -> None:
    client = api(request.getfixturevalue(role))
    for method, path, allowed in REST:
        status = client.generic(method, V1 + path, "{}", content_type="application/json").status_code
        is_in = status not in (401, 403) and not (role == "stranger" and status == 404)
        assert is_in == (role in allowed), (method, path, role, status)


@pytest.mark.parametrize("role", ROLES)
def test_pages_let_in_whom_the_table_names(
    role: str, running: None, browser_of: Callable[..., APIClient], request: pytest.FixtureRequest
) -> None:
    browser = browser_of(request.getfixturevalue(role))
    for name, (method, path, allowed) in PAGES.items():
        status = browser.generic(method, path).status_code
        is_in = status != 403 and not (role == "stranger" and status == 404)
        assert is_in == (role in allowed), (name, role, status)


def test_nobody_gets_in_without_signing_in(running: None, api: Api, browser_of: Callable[..., APIClient]) -> None:
    assert {api().generic(method, V1 + path).status_code for method, path, _ in REST} == {401}
    assert {browser_of().generic(method, path).status_code for method, path, _ in PAGES.values()} == {302}


def test_the_tables_name_every_address() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(PAGES)
    prefixes = tuple(f"^{prefix}/" for prefix, _, _ in router_entries)
    routes = {
        str(pattern.pattern)
        for resolver in get_resolver().url_patterns
        if str(resolver.pattern) == "api/v1/"
        for pattern in resolver.url_patterns  # type: ignore[union-attr]
        if str(pattern.pattern).startswith(prefixes) and "format" not in str(pattern.pattern)
    }
    asked = {
        path.replace("night-1:calibrate", "ID").replace("night-1", "ID").replace("small:1", "ID") for _, path, _ in REST
    }
    known = {route.removeprefix("^").removesuffix("$") for route in routes}
    shown = {_generic(route) for route in known} - {"register/", "config-layers/ID/"}
    assert shown == asked


def _generic(route: str) -> str:
    """A route with its parameter written as ID."""
    import re

    return re.sub(r"\(\?P<\w+>\[\^/(\.)?\]\+\)", "ID", route)
