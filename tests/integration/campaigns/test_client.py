"""`bps`: what it prints, what it ends with, and that the portal has every address it asks for."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner, Result
from django.contrib.auth.models import User
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from bpsportal.web.models import TokenScope
from bpsportal.web.tokens import create_token
from campaigns import planning
from campaigns.models import Campaign
from client import cli, portal, waiting


def answer(request: httpx.Request) -> httpx.Response:
    """The portal's answer, by way of Django's test client, which leaves the test's transaction alone."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    kind = request.headers.get("content-type", "application/octet-stream")
    found = Client(raise_request_exception=False).generic(
        request.method, request.url.raw_path.decode(), request.read(), content_type=kind, **headers
    )
    content = b"".join(found.streaming_content) if found.streaming else found.content
    return httpx.Response(found.status_code, headers=dict(found.headers), content=content)


Write = Callable[..., str]
Run = Callable[..., Result]


@pytest.fixture
def bps(night: None, operator: User, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `bps` as an operator against the portal of this process."""
    token = create_token(operator, scope=TokenScope.OPERATE, days=1)

    def connect(url: str, given: str) -> portal.Portal:
        return portal.connect(url, given, transport=httpx.MockTransport(answer))

    monkeypatch.setattr(cli, "connect", connect)
    monkeypatch.setattr(waiting, "LOOK_S", 0)

    def run(*words: str, **more: Any) -> Result:
        return CliRunner(env={"BPS_TOKEN": token, "COLUMNS": "200"}).invoke(cli.main, list(words), **more)

    return run


@pytest.fixture
def file(tmp_path: Path, document: Write) -> Path:
    """A valid campaign document."""
    path = tmp_path / "night-1.yaml"
    path.write_text(document())
    return path


@pytest.fixture
def running(bps: Run, file: Path) -> Campaign:
    assert bps("submit", str(file)).exit_code == 0
    assert planning.run("night-1", 1)
    return Campaign.objects.get()


def test_a_document_without_faults_is_said_to_be_so(bps: Run, file: Path) -> None:
    done = bps("validate", str(file))
    assert (done.exit_code, done.stdout) == (0, f"{file}: nothing is wrong\n")


def test_problems_read_like_a_compilers(bps: Run, file: Path) -> None:
    file.write_text(file.read_text().replace("demo-1.0", "demo-2.0"))
    done = bps("validate", str(file))
    assert done.exit_code == 1
    assert f"{file}:3: software: there is no software version demo-2.0" in done.stderr


def test_the_plan_is_a_table_with_sums(bps: Run, file: Path) -> None:
    done = bps("plan", str(file))
    assert "isr" in done.stdout and "16 step instances, 16 jobs, 6.0 core hours" in done.stdout


def test_a_document_comes_from_standard_input_too(bps: Run, file: Path) -> None:
    assert bps("submit", "-", input=file.read_bytes()).exit_code == 0
    assert Campaign.objects.get().state == "planning"


def test_the_status_tells_the_state(bps: Run, running: Campaign) -> None:
    found = {}
    for state in ("draft", "ready", "planning", "running", "paused", "cancelling", "succeeded", "failed", "archived"):
        Campaign.objects.update(state=state)
        found[state] = bps("status", "night-1").exit_code
    assert found == {
        "draft": 6, "ready": 6, "planning": 3, "running": 3, "paused": 4, "cancelling": 5, "succeeded": 0, "failed": 1,
        "archived": 7,
    }  # fmt: skip


def test_waiting_ends_with_the_campaign(bps: Run, running: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    states: Iterator[str] = iter(["running", "running", "failed"])
    monkeypatch.setattr(waiting.time, "sleep", lambda _: Campaign.objects.update(state=next(states)))
    done = bps("status", "night-1", "--wait")
    assert done.exit_code == 1


def test_json_is_the_portals_own_answer(bps: Run, running: Campaign) -> None:
    found = json.loads(bps("counts", "night-1", "--json").stdout)
    assert found["jobs"] == {"waiting": 16}


def test_counts_are_a_table(bps: Run, running: Campaign) -> None:
    lines = bps("counts", "night-1").stdout.splitlines()
    assert re.fullmatch(r"calibrate +isr +12 +12 *", lines[1])
    assert re.fullmatch(r"– +all +16 +16 *", lines[-1])


def test_the_verbs_act(bps: Run, running: Campaign) -> None:
    said = [
        bps("pause", "night-1", "--why", "storm").stdout,
        bps("resume", "night-1").stdout,
        bps("priority", "night-1", "900").stdout,
        bps("cancel", "night-1", "--why", "wrong filter").stdout,
    ]
    assert said == ["night-1: paused\n", "night-1: running\n", "night-1: running\n", "night-1: cancelling\n"]


def test_an_illegal_verb_fails_with_the_legal_ones(bps: Run, running: Campaign) -> None:
    done = bps("resume", "night-1")
    assert done.exit_code == 1
    assert "possible now: pause, terminate, prioritise, clone" in done.stderr


def test_cancelling_needs_a_reason(bps: Run, running: Campaign) -> None:
    assert bps("cancel", "night-1").exit_code == 2


def test_reports_are_there(bps: Run, running: Campaign, file: Path) -> None:
    file.write_text(file.read_text().replace("night-1", "night-2"))
    assert bps("submit", str(file)).exit_code == 0
    assert "night-1" in bps("report").stdout
    assert "isr" in bps("report", "night-1").stdout
    assert bps("coverage", "night-1").exit_code == 0
    assert bps("coverage", "--exposure", "1").exit_code == 0
    assert "isr" in bps("compare", "night-1", "night-2").stdout
    assert bps("coverage").exit_code == 2


def test_logs_of_what_never_ran_say_so(bps: Run, running: Campaign) -> None:
    done = bps("logs", "night-1", "--state", "waiting", "--limit", "1")
    assert "never ran" in done.stdout


def test_documents_are_registered(bps: Run, tmp_path: Path) -> None:
    path = tmp_path / "layer.yaml"
    path.write_text(yaml.safe_dump({"layer": {"scope": "global", "reason": "x"}, "config": {"requestMemory": 1024}}))
    assert "global" in bps("register", str(path)).stdout


def test_without_a_token_it_says_how_to_get_one(bps: Run) -> None:
    done = CliRunner(env={"BPS_TOKEN": ""}).invoke(cli.main, ["report"])
    assert done.exit_code == 2
    assert "create_token" in done.stderr


def test_an_unknown_campaign_is_said_to_be_missing(bps: Run) -> None:
    done = bps("status", "nothing")
    assert (done.exit_code, "There is no campaign" in done.stderr or "No Campaign" in done.stderr) == (1, True)


def test_a_portal_that_is_not_there_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    quick = portal.Portal(httpx.Client(base_url="http://x", transport=httpx.MockTransport(refuse)), pause_s=0)
    monkeypatch.setattr(cli, "connect", lambda url, token: quick)
    done = CliRunner(env={"BPS_TOKEN": "t"}).invoke(cli.main, ["report"])
    assert (done.exit_code, "does not answer" in done.stderr) == (1, True)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadTimeout("lost")
        return httpx.Response(200, json={"ok": True})

    quick = portal.Portal(httpx.Client(base_url="http://x", transport=httpx.MockTransport(answer)), pause_s=0)
    assert quick.post("campaigns/a/pause/") == {"ok": True}
    assert len(keys) == 2 and keys[0] == keys[1]


def test_every_address_of_the_client_is_in_the_schema() -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    known = {re.sub(r"\{[^}]+\}", "*", path.removeprefix("/api/v1/")) for path in paths}
    source = Path(cli.__file__).read_text() + Path(waiting.__file__).read_text()
    asked = re.findall(r"""portal\.(?:get|post|post_text|each)\(\s*f?"([^"]+)\"""", source) + re.findall(
        r'path = f"([^"?]+)', source
    )
    verbs = set(re.findall(r'_act\(session, name, "(\w+)"', source))
    wanted = {re.sub(r"\{[^}]+\}", "*", path) for path in asked}
    wanted = (wanted - {"campaigns/*/*/", "attempts/*/*/"}) | {f"campaigns/*/{verb}/" for verb in verbs}
    assert wanted - known == set()
    assert len(wanted) >= 14
