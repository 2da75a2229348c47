"""What a site says of its machines is kept; a check says whether it answers and changes nothing else."""

from typing import Any

import pytest

from bpsportal.web.errors import Missing
from execution import nodes
from execution.core.errors import AccessDenied, SiteError
from execution.core.sighting import NodeSighting
from execution.models import Node, Site
from provenance.models import Event
from tests.factories import NOON, make_node, make_site

pytestmark = pytest.mark.django_db

IDLE = NodeSighting(name="n1", word="idle", usable=True, cpus=64, memory_mb=262_144, load=0.5, running=3)


class Answering:
    """A site that answers at once, or with a trouble."""

    def __init__(self, answer: list[NodeSighting] | SiteError) -> None:
        self.answer = answer
        self.driver = self
        self.closed = False

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def nodes(self) -> str:
        return "nodes"

    def call(self, command: str, timeout: float) -> list[NodeSighting]:
        assert (command, timeout) == ("nodes", nodes.CHECK_TIMEOUT_S)
        if isinstance(self.answer, SiteError):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(what: list[NodeSighting] | SiteError) -> Answering:
        client = Answering(what)
        monkeypatch.setattr(nodes, "SiteClient", lambda site: client)
        return client

    return give


def test_a_check_keeps_what_the_site_says_of_its_machines(answer: Any) -> None:
    make_site()
    client = answer([IDLE])
    found = nodes.check("local", actor="sam")
    assert (found.ok, found.nodes) == (True, 1)
    node = Node.objects.get()
    assert (node.name, node.state, node.cpus, node.cpus_used, node.load) == ("n1", "idle", 64, 3, 0.5)
    assert client.closed


def test_a_check_that_fails_says_why_and_changes_no_state(answer: Any) -> None:
    make_site()
    answer(AccessDenied("key refused by login1"))
    found = nodes.check("local", actor="sam")
    assert (found.ok, found.message, found.nodes) == (False, "AccessDenied: key refused by login1", 0)
    site = Site.objects.get()
    assert (site.paused, site.trouble) == (False, "")


def test_a_check_is_told(answer: Any) -> None:
    make_site()
    answer([])
    nodes.check("local", actor="sam")
    event = Event.objects.get()
    assert (event.kind, event.actor, event.site, event.details["ok"]) == ("site.checked", "sam", "local", True)


def test_nobody_checks_a_site_that_is_not_there() -> None:
    with pytest.raises(Missing):
        nodes.check("nowhere", actor="sam")


def test_a_drained_machine_stays_drained_when_it_is_seen_again() -> None:
    site = make_site()
    make_node(site, "n1", drained=True, drained_why="disk", state="down")
    make_node(site, "n2", state="idle")
    nodes.refresh(site, [IDLE], NOON)
    n1, n2 = Node.objects.order_by("name")
    assert (n1.state, n1.drained, n1.drained_why, n1.seen_at) == ("idle", True, "disk", NOON)
    assert (n2.state, n2.seen_at) == ("idle", None)
