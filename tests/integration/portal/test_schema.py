"""The OpenAPI schema and its page: complete, valid, readable without the internet."""

import re

import pytest
import yaml
from django.core.management import call_command


@pytest.fixture
def schema(api, viewer):
    return yaml.safe_load(api(viewer).get("/api/v1/schema/").content)


def operations(schema):
    return [(path, method, operation) for path, ways in schema["paths"].items() for method, operation in ways.items()]


def test_the_schema_validates_without_warnings(db, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_every_operation_documents_its_refusals(schema):
    for path, method, operation in operations(schema):
        expected = (
            {"401", "403", "429"} | ({"400", "409"} if method != "get" else set()) | ({"404"} if "{" in path else set())
        )
        assert expected <= set(operation["responses"]), (path, method)


def test_every_operation_takes_a_token(schema):
    assert all({"token": []} in operation["security"] for _, _, operation in operations(schema))


def test_the_documents_load_nothing_from_elsewhere(browser_of, viewer):
    page = browser_of(viewer).get("/api/v1/docs/").content.decode()
    assert "swagger-ui-bundle" in page
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", page)
