"""Every address there is, walked by everybody: nothing answers without a role, nothing changes with too small a one."""

import re
from contextlib import suppress

import pytest
import yaml
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

PUBLIC = {"/accounts/login/", "/healthz", "/readyz"}
WRITES = {"post", "put", "patch", "delete"}
NAMES = ("x", "1", "0" * 64)
JUDGED_BY_DOCUMENT = {("post", "/api/v1/register/")}
"""Each document of a request asks for the role of its own kind; a request without any is refused as empty (400)."""
Operation = tuple[str, str]
SAMPLES = {"int": "1", "str": "x", "slug": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}


@pytest.fixture
def operations(api, viewer) -> list[Operation]:
    """(method, address) of every REST operation, made-up names and numbers in the place of real ones."""
    schema = yaml.safe_load(api(viewer).get("/api/v1/schema/").content)
    return [(method, an_address(path)) for path, ways in schema["paths"].items() for method in ways]


def an_address(path: str) -> str:
    """Fill the parameters of a path with a value that its pattern takes: a name, a number or a hash."""
    for sample in NAMES:
        address = re.sub(r"{\w+}", sample, path)
        with suppress(Resolver404):
            resolve(address)
            return address
    raise AssertionError(f"no made-up value fits {path}")


def pages() -> list[str]:
    """Every address that is a page, parameters filled in."""

    def walk(patterns, prefix: str):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route

    routes = (route for route in walk(get_resolver().url_patterns, "/") if not route.startswith("/api/"))
    filled = (re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES.get(match[1] or "str", "x"), route) for route in routes)
    return sorted({address for address in filled if "^" not in address and "(?P" not in address})


def statuses(client, operations, *methods: str) -> dict[Operation, int]:
    """Send each operation an empty request."""
    return {
        (method, address): getattr(client, method)(address).status_code
        for method, address in operations
        if method in methods
    }


def test_without_a_token_every_operation_asks_for_one(api, operations):
    found = statuses(api(), operations, "get", *WRITES)
    assert {operation: status for operation, status in found.items() if status != 401} == {}


def test_without_a_role_no_operation_answers(api, stranger, operations):
    found = statuses(api(stranger), operations, "get", *WRITES)
    allowed = {("get", "/api/v1/schema/")}
    assert {op: status for op, status in found.items() if status not in {403, 404} and op not in allowed} == {}


def test_a_viewer_changes_nothing(api, viewer, operations):
    found = statuses(api(viewer), operations, *WRITES)
    assert {operation for operation, status in found.items() if status != 403} == JUDGED_BY_DOCUMENT


def test_an_administrators_token_to_read_changes_nothing(api, admin, operations):
    found = statuses(api(admin, scope="read"), operations, *WRITES)
    assert {operation for operation, status in found.items() if status != 403} == JUDGED_BY_DOCUMENT


@pytest.mark.parametrize("who", ["viewer", "operator", "siteadmin", "admin"])
def test_every_role_may_read_everything_and_no_read_is_a_fault(api, operations, who, request):
    found = statuses(api(request.getfixturevalue(who)), operations, "get")
    assert {operation: status for operation, status in found.items() if status not in {200, 400, 404}} == {}


def test_no_write_of_an_administrator_is_a_fault(api, admin, operations):
    found = statuses(api(admin), operations, *WRITES)
    assert {operation: status for operation, status in found.items() if status >= 500} == {}


def test_every_page_sends_strangers_to_sign_in(db):
    client, wrong = Client(), {}
    for address in pages():
        answer = client.get(address)
        if address not in PUBLIC and not (answer.status_code == 302 and "/login/" in answer["Location"]):
            wrong[address] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("who", ["stranger", "viewer", "admin"])
def test_no_page_is_a_fault(browser_of, who, request):
    client = browser_of(request.getfixturevalue(who))
    found = {address: client.get(address).status_code for address in pages() if address not in PUBLIC}
    assert {address: status for address, status in found.items() if status >= 500} == {}
