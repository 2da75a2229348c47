"""The demo's own parts: people, the portal as a child, and the story told over REST."""

import json
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth import get_user_model

from bpsportal.demo import Trouble, night, people, server, story
from bpsportal.web.models import Membership, Token
from client.portal import Portal


def test_there_is_a_user_for_each_role(db: None, tmp_path: Path) -> None:
    people.prepare(tmp_path / "demo.json", "http://x")
    found = {row.user.get_username(): row.role for row in Membership.objects.all()}
    assert found == {
        "viewer": "viewer", "operator": "operator", "siteadmin": "site_administrator", "admin": "administrator",
    }  # fmt: skip


def test_only_the_owner_can_read_passwords_and_tokens(db: None, tmp_path: Path) -> None:
    people.prepare(tmp_path / "demo.json", "http://x")
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    kept = json.loads((tmp_path / "demo.json").read_text())
    assert kept["url"] == "http://x"
    assert kept["users"]["operator"].keys() == {"password", "token"}


def test_a_second_start_changes_no_password_and_no_token(db: None, tmp_path: Path) -> None:
    first = people.prepare(tmp_path / "demo.json", "http://x")
    assert people.prepare(tmp_path / "demo.json", "http://y") == first
    assert Token.objects.count() == 4


def test_what_no_longer_works_is_made_anew(db: None, tmp_path: Path) -> None:
    first = people.prepare(tmp_path / "demo.json", "http://x")
    Token.objects.filter(user__username="operator").delete()
    (user := get_user_model().objects.get(username="viewer")).set_password("changed by its owner")
    user.save()
    second = people.prepare(tmp_path / "demo.json", "http://x")
    assert second["operator"]["token"] != first["operator"]["token"]
    assert second["operator"]["password"] == first["operator"]["password"]
    assert second["viewer"]["password"] != first["viewer"]["password"]
    assert second["admin"] == first["admin"]


def test_a_broken_file_is_written_anew(db: None, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"users": [')
    assert people.prepare(tmp_path / "demo.json", "http://x").keys() == people.PEOPLE.keys()


def test_a_portal_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    manage = tmp_path / "manage.py"
    manage.write_text("import sys\nprint('Port 8000 of 127.0.0.1 is taken; choose another')\nsys.exit(1)\n")
    with pytest.raises(Trouble, match=r"Port 8000 of 127\.0\.0\.1 is taken"):
        server.start(manage, tmp_path, 8000)


def test_a_portal_on_another_port_is_pointed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "running", lambda data: "http://127.0.0.1:8000")
    with pytest.raises(Trouble, match="make demo PORT=8000"):
        server.start(tmp_path / "manage.py", tmp_path, 8001)
    assert server.start(tmp_path / "manage.py", tmp_path, None).url == "http://127.0.0.1:8000"


def test_missing_software_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="make demo"):
        night.python_of(tmp_path)


def test_half_a_night_is_never_taken_for_whole(tmp_path: Path) -> None:
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "datasets.json").write_text("[")
    with pytest.raises(Trouble, match="could not be simulated"):
        night.simulate(Path(sys.executable), tmp_path / "night")
    assert not (tmp_path / "night" / "truth.json").exists()


Answer = Callable[[str, str, bytes], Any]


def talking(answer: Answer) -> Portal:
    """A portal that answers so: method, path, body -> data."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, json=answer(request.method, request.url.path.removeprefix("/api/v1/"), request.read())
        )

    return Portal(httpx.Client(base_url="http://x", transport=httpx.MockTransport(handle)))


def begun(tmp_path: Path, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """The campaign that the demo goes on with when these exist, and what it posted."""
    (tmp_path / "campaign.yaml").write_text("# the example\ncampaign: example-night\npriority: 500\n")
    posted: list[str] = []

    def answer(method: str, path: str, body: bytes) -> Any:
        if method == "GET":
            return {"results": [{"name": name, "state": state} for name, state in known.items()], "next": None}
        posted.append(
            f"{path} {body.decode().partition('campaign: ')[2].splitlines()[0] if body[:1] == b'#' else ''}".strip()
        )
        return {}

    return story.begin(talking(answer), tmp_path), posted


CASES = [
    ({}, "example-night", ["campaigns/ example-night", "campaigns/example-night/submit/"]),
    ({"example-night": "running"}, "example-night", []),
    ({"example-night": "ready"}, "example-night", ["campaigns/example-night/submit/"]),
    (
        {"example-night": "succeeded"},
        "example-night-2",
        ["campaigns/ example-night-2", "campaigns/example-night-2/submit/"],
    ),
    (
        {"example-night": "failed", "example-night-9": "failed", "example-nightly": "running"},
        "example-night-10",
        ["campaigns/ example-night-10", "campaigns/example-night-10/submit/"],
    ),
    ({"example-night": "succeeded", "example-night-2": "paused"}, "example-night-2", []),
]


@pytest.mark.parametrize(("known", "name", "posted"), CASES)
def test_a_campaign_left_running_is_watched_on_and_an_ended_one_gets_a_successor(
    known: dict[str, str], name: str, posted: list[str], tmp_path: Path
) -> None:
    assert begun(tmp_path, known) == (name, posted)


def test_the_line_says_how_far_it_is() -> None:
    steps = [{"step": "isr", "total": 216, "open": 118}, {"step": "flat", "total": 18, "open": 0}]
    counts = {
        "instances": {"waiting": 600, "running": 15, "succeeded": 119, "failed": 1},
        "steps": steps,
        "at_least": True,
    }
    words = story.line({"name": "example-night", "state": "running"}, counts, 102.7)
    assert words == "example-night running  120 of at least 735 step instances, 1 failed  (isr 98/216)  1:42"


def test_a_campaign_that_was_sent_back_is_trouble() -> None:
    campaign = {"name": "n", "state": "ready", "problems": [{"message": "no site is left"}], "instances": {}}
    counts = {"instances": {}, "steps": [], "at_least": False}
    viewer = talking(lambda method, path, body: counts if path.endswith("counts/") else campaign)
    with pytest.raises(Trouble, match="no site is left"):
        story.watch(viewer, "n", lambda text: None, lambda: None)
