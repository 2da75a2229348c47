"""Handing out exit notes and clearing them away."""

import json
import os
import subprocess

import pytest

from execution.core import outbox
from execution.core.command import Output
from execution.core.errors import Rejected, SchedulerDown, Unreadable
from execution.core.note import parse_note
from execution.core.script import Place


@pytest.fixture
def place(site):
    return Place(workdir=str(site.root), runner=str(site.archive), python=site.python)


def call(site, command):
    """Run a command as a transport does."""
    done = subprocess.run(command.argv, input=command.stdin, capture_output=True, check=False)
    return command.parse(Output(done.returncode, done.stdout, done.stderr))


def put(site, token, body, age_s=0):
    """A note in the outbox, so old."""
    (site.root / "outbox").mkdir(exist_ok=True)
    path = site.root / "outbox" / f"{token}.json"
    path.write_bytes(body)
    os.utime(path, (1_700_000_000 - age_s, 1_700_000_000 - age_s))
    return path


def test_notes_come_oldest_first_and_stay_until_acknowledged(site, place):
    young, old = site.token(), site.token()
    put(site, young, b'{"young": 1}')
    put(site, old, b'{"old":\n 1}', age_s=60)
    expected = [(old, b'{"old":\n 1}'), (young, b'{"young": 1}')]
    assert list(call(site, outbox.notes(place, 10)).items()) == expected
    assert list(call(site, outbox.notes(place, 1)).items()) == expected[:1]
    assert call(site, outbox.acknowledge(place, [old])) == 1
    assert list(call(site, outbox.notes(place, 10)).items()) == expected[1:]


def test_the_note_of_a_real_attempt_can_be_read(site, place):
    token = site.shell("echo bad >&2; exit 3")
    site.run(token)
    note = parse_note(call(site, outbox.notes(place, 10))[token])
    assert (note.token, note.exit, note.instances[0].message) == (token, 1, "bad")


def test_a_site_without_an_outbox_has_no_notes(site, place):
    assert call(site, outbox.notes(place, 10)) == {}


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"\xff\xfe\n\n", b'{"more": true}\n{"token"', b"[" * 100_000])
def test_a_broken_note_is_handed_on_as_it_is_and_stops_nobody_else(site, place, body):
    broken, good = site.token(), site.token()
    put(site, broken, body, age_s=60)
    put(site, good, b"{}")
    assert call(site, outbox.notes(place, 10)) == {broken: body, good: b"{}"}


def test_what_is_no_plain_file_is_told_as_empty_and_can_be_acknowledged(site, place):
    link, folder, pipe, good = (site.token() for _ in range(4))
    put(site, good, b"{}")
    (site.root / "precious").write_text("secret")
    os.symlink(site.root / "precious", site.root / "outbox" / f"{link}.json")
    (site.root / "outbox" / f"{folder}.json").mkdir()
    os.mkfifo(site.root / "outbox" / f"{pipe}.json")
    assert call(site, outbox.notes(place, 10)) == {good: b"{}", link: b"", folder: b"", pipe: b""}
    assert call(site, outbox.acknowledge(place, [link, folder, pipe])) == 3
    assert call(site, outbox.notes(place, 10)) == {good: b"{}"}
    assert (site.root / "precious").read_text() == "secret"


def test_names_that_are_no_tokens_are_passed_over(site, place):
    (site.root / "outbox").mkdir()
    for name in (".t0000000000000000001.json.77", "README", "x.json", f"{site.token()}.json.tmp"):
        (site.root / "outbox" / name).write_text("{}")
    assert call(site, outbox.notes(place, 10)) == {}


def test_acknowledging_removes_the_attempt_but_never_its_claim(site, place):
    token = site.shell("mkdir -p ../out/deep; echo x > ../out/deep/x; ln -s $HOME ../out/home")
    site.run(token)
    (site.root / "precious").write_text("kept")
    assert call(site, outbox.acknowledge(place, [token])) == 1
    assert not site.directory(token).exists()
    assert (site.root / "claims" / token).is_dir()
    assert (site.root / "precious").read_text() == "kept"


def test_an_attempt_that_cannot_be_removed_stops_nobody_else(site, place):
    missing, blocked, good = (site.token() for _ in range(3))
    for token in (missing, blocked, good):
        put(site, token, b"{}")
    site.directory(blocked).parent.mkdir(parents=True)
    site.directory(blocked).write_text("a file where a folder should be")
    site.directory(good).mkdir()
    assert call(site, outbox.acknowledge(place, [missing, blocked, good] * 3)) == 3
    assert call(site, outbox.notes(place, 10)) == {}
    assert not site.directory(good).exists()


def test_without_the_wish_to_clean_the_attempt_stays(site):
    token = site.attempt({})
    site.run(token)
    assert site.ask("ack", stdin=[token]) == 1
    assert (site.directory(token) / "job.json").exists()


def test_acknowledging_again_or_something_else_is_fine(site, place):
    (site.root / "attempts").mkdir()
    (site.root / "precious").write_text("kept")
    assert call(site, outbox.acknowledge(place, [site.token(), "../../precious", "", "..", "x" * 5000])) == 0
    assert (site.root / "precious").read_text() == "kept"


def test_an_attempt_directory_that_is_a_link_is_not_followed(site, place):
    token = site.token()
    site.directory(token).parent.mkdir(parents=True)
    (site.root / "elsewhere").mkdir()
    (site.root / "elsewhere" / "precious").write_text("kept")
    os.symlink(site.root / "elsewhere", site.directory(token))
    call(site, outbox.acknowledge(place, [token]))
    assert (site.root / "elsewhere" / "precious").read_text() == "kept"


@pytest.mark.parametrize(
    "stdout",
    [b"", b"nonsense", b'{"token": "t", "size": 5, "problem": ""}\nab\n',
     b'{"token": "t", "size": 2, "problem": ""}\nabc\n',
     b'{"token": 1, "size": 0}\n\n{"more": false}\n', b"[]\n", b'{"token": "t", "size": -1}\n'],
)  # fmt: skip
def test_a_stream_that_breaks_off_is_unreadable(place, stdout):
    with pytest.raises(Unreadable):
        outbox.notes(place, 10).parse(Output(0, stdout, b""))


@pytest.mark.parametrize(
    ("exit_code", "error"), [(75, SchedulerDown), (-9, SchedulerDown), (64, Rejected), (2, Rejected)]
)
def test_exit_codes_say_what_to_do(place, exit_code, error):
    with pytest.raises(error, match="disk is gone"):
        outbox.acknowledge(place, []).parse(Output(exit_code, b"", b"noise\ndisk is gone\n\n"))


def test_the_stream_is_lines_of_json_between_the_notes(site):
    token = site.token()
    put(site, token, b"{}")
    assert site.call("notes").stdout == (
        b'{"token": "%s", "size": 2, "problem": ""}\n{}\n{"more": false}\n' % token.encode()
    )
    put(site, site.token(), b"{}")
    assert json.loads(site.call("notes", "--limit", "1").stdout.splitlines()[-1]) == {"more": True}
