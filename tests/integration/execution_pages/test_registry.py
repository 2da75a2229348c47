"""Sites and software versions put in by document, paused, drained; every act in the ledger."""

from typing import Any

import pytest

from bpsportal.web.errors import Invalid, Missing, NotAllowed
from execution import registry
from execution.core.states import JobState
from execution.models import Site
from provenance.models import Event
from tests.factories import job_of, make_node, make_site, make_software, make_workflow, set_job

pytestmark = pytest.mark.django_db

LOCAL: dict[str, Any] = {"site": "local", "driver": "local", "workdir": "{data}/sites/local", "limits": {"running": 2}}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
DEMO: dict[str, Any] = {"software": "demo-1.0", "kind": "venv", "sites": {"local": {"setup": ["source /a"]}}}


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that has a driver for Slurm, whatever this one has."""
    monkeypatch.setattr(registry, "DRIVERS", {"local": None, "slurm": None})


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def paths(caught: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.path for problem in caught.value.problems]


def test_a_new_site_is_created_and_told() -> None:
    site = registry.put_site(LOCAL, actor="sam", why="first")
    assert (site.name, site.driver, site.limits) == ("local", "local", {"running": 2})
    event = Event.objects.get()
    assert (event.kind, event.actor, event.site, event.why) == ("site.created", "sam", "local", "first")


def test_the_same_document_again_changes_and_tells_nothing() -> None:
    registry.put_site(LOCAL, actor="sam")
    registry.put_site(LOCAL, actor="sam")
    assert kinds() == ["site.created"]


def test_a_change_is_told_with_former_and_new_value() -> None:
    registry.put_site(LOCAL, actor="sam")
    registry.put_site({**LOCAL, "limits": {"running": 8}}, actor="ann", why="more cores")
    event = Event.objects.get(kind="site.changed")
    assert event.details == {"changed": {"limits": [{"running": 2}, {"running": 8}]}}
    assert Site.objects.get().limits == {"running": 8}


def test_what_the_document_leaves_out_falls_back() -> None:
    registry.put_site({**LOCAL, "shared": False}, actor="sam")
    assert registry.put_site(LOCAL, actor="sam").shared is True


def test_a_bad_document_leaves_nothing_behind() -> None:
    with pytest.raises(Invalid) as caught:
        registry.put_site({**LOCAL, "driver": "slrm", "workdir": "x"}, actor="sam")
    assert sorted(paths(caught)) == ["driver", "workdir"]
    assert not Site.objects.exists()
    assert kinds() == []


def test_a_site_that_nobody_could_ask_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DRIVERS", {"local": None})
    monkeypatch.setattr(registry, "TRANSPORTS", {"local": None})
    ssh = {"hosts": ["login1"], "user": "prod", "key": "far-key", "hostKeys": [HOST_KEY]}
    far = {"site": "far", "driver": "pbs", "workdir": "/scratch", "transport": {"ssh": ssh}}
    with pytest.raises(Invalid) as caught:
        registry.put_site(far, actor="sam")
    assert sorted(paths(caught)) == ["driver", "transport.ssh"]
    assert not Site.objects.exists()


def test_where_jobs_are_a_site_keeps_its_driver_and_folder(slurm: None) -> None:
    site = make_site()
    set_job(job_of(make_workflow(images=[(7, 3)])), JobState.RUNNING, site=site)
    with pytest.raises(Invalid) as caught:
        registry.put_site({**LOCAL, "driver": "slurm", "workdir": "/elsewhere", "limits": {}}, actor="sam")
    assert sorted(paths(caught)) == ["driver", "workdir"]
    assert "1 jobs are at the site" in caught.value.problems[0].message
    assert Site.objects.get().limits == {"running": 2, "queued": 200}


def test_without_jobs_a_site_may_change_its_driver(slurm: None) -> None:
    make_site()
    site = registry.put_site({**LOCAL, "driver": "slurm", "workdir": "/scratch/prod"}, actor="sam")
    assert site.driver == "slurm"


def test_a_paused_site_says_who_and_why() -> None:
    make_site()
    site = registry.pause_site("local", actor="sam", why="cooling")
    assert (site.paused, site.paused_by, site.paused_why) == (True, "sam", "cooling")
    assert site.paused_at is not None
    assert kinds() == ["site.paused"]


def test_what_is_paused_is_not_paused_again() -> None:
    make_site(paused=True)
    with pytest.raises(NotAllowed) as caught:
        registry.pause_site("local", actor="sam", why="again")
    assert (caught.value.state, caught.value.legal) == ("paused", ("resume",))
    assert kinds() == []


def test_a_resumed_site_is_asked_at_once() -> None:
    site = make_site(
        paused=True, paused_by="portal", retry_at="2026-11-22T13:00:00Z", trouble="AccessDenied: key refused"
    )
    resumed = registry.resume_site(site.name, actor="sam")
    assert (resumed.paused, resumed.paused_by, resumed.retry_at) == (False, "", None)
    assert kinds() == ["site.resumed"]


def test_an_open_site_is_not_resumed() -> None:
    make_site()
    with pytest.raises(NotAllowed):
        registry.resume_site("local", actor="sam")


def test_nobody_pauses_a_site_that_is_not_there() -> None:
    with pytest.raises(Missing):
        registry.pause_site("nowhere", actor="sam", why="x")


def test_a_node_is_drained_and_resumed() -> None:
    make_node(make_site(), "n1")
    assert registry.drain_node("local", "n1", actor="sam", why="disk").drained
    with pytest.raises(NotAllowed):
        registry.drain_node("local", "n1", actor="sam", why="disk")
    assert not registry.resume_node("local", "n1", actor="sam").drained
    assert kinds() == ["node.drained", "node.resumed"]
    assert Event.objects.first().details == {"node": "n1"}  # type: ignore[union-attr]


def test_new_software_is_created_and_told() -> None:
    make_site()
    row = registry.put_software(DEMO, actor="sam")
    assert (row.name, row.kind, len(row.digest)) == ("demo-1.0", "venv", 64)
    assert kinds() == ["software.created"]


def test_software_at_a_site_that_is_not_there_is_refused_with_the_name_meant() -> None:
    make_site()
    with pytest.raises(Invalid) as caught:
        registry.put_software({**DEMO, "sites": {"locl": {}}}, actor="sam")
    assert paths(caught) == ["sites.locl"]
    assert "did you mean “local”" in caught.value.problems[0].message


def test_software_for_development_may_change() -> None:
    make_site()
    first = registry.put_software(DEMO, actor="sam")
    second = registry.put_software({**DEMO, "sites": {"local": {"setup": ["source /b"]}}}, actor="sam")
    assert first.digest != second.digest
    assert kinds() == ["software.created", "software.changed"]


def test_a_production_version_keeps_its_content() -> None:
    make_site()
    registry.put_software({**DEMO, "production": True, "reference": "w_2026_10"}, actor="sam")
    changed = {**DEMO, "production": True, "kind": "eups", "sites": {"local": {"setup": ["source /b"]}}}
    with pytest.raises(Invalid) as caught:
        registry.put_software(changed, actor="sam")
    assert sorted(paths(caught)) == ["kind", "reference", "sites.local"]


def test_a_production_version_becomes_available_at_one_more_site() -> None:
    make_site()
    make_site("far")
    make_software(production=True, reference="w_2026_10")
    setup = {"setup": ["source /opt/demo/bin/activate"]}
    document = {**DEMO, "reference": "w_2026_10", "production": True, "sites": {"local": setup, "far": {"setup": []}}}
    assert sorted(registry.put_software(document, actor="sam").sites) == ["far", "local"]
