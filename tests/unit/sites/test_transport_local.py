"""The transport to this machine: commands in a clean environment, files whole or not at all."""

import os
import sys

import pytest

from bpsportal.web.errors import Invalid
from execution import transports
from execution.core.errors import Rejected, Unreachable
from execution.transports.local import LocalTransport
from tests.local_site import alive, wait_for


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def transport(root):
    return transports.connect({}, root)


def names(folder):
    """All files below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_command_answers_with_exit_code_and_both_streams(transport):
    output = transport.run(("sh", "-c", "cat; echo bad >&2; exit 3"), stdin=b"\x00in")
    assert (output.exit_code, output.stdout, output.stderr) == (3, b"\x00in", b"bad\n")


def test_arguments_are_not_read_by_a_shell(transport):
    assert transport.run(("echo", "$HOME; `id` *", "a b")).stdout == b"$HOME; `id` * a b\n"


def test_large_streams_in_both_directions_do_not_block(transport):
    data = b"x" * 3_000_000
    output = transport.run(("sh", "-c", "cat; head -c 1000000 /dev/zero >&2"), stdin=data)
    assert output.stdout == data
    assert len(output.stderr) == 1_000_000


def test_a_command_sees_nothing_of_the_portals_secrets(transport, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL", "canary")
    found = transport.run(("env",)).stdout
    assert b"canary" not in found
    assert {line.split(b"=")[0] for line in found.splitlines()} <= {b"PATH", b"HOME", b"LANG", b"USER", b"TMPDIR"}


def test_a_command_that_hangs_is_ended_with_its_children_and_the_site_counts_as_unreachable(transport, root):
    script = f"sleep 600 & echo $! $$ > {root}/pids; wait"
    with pytest.raises(Unreachable, match=r"did not answer within 0\.3 s"):
        transport.run(("sh", "-c", script), timeout=0.3)
    pids = [int(pid) for pid in (root / "pids").read_text().split()]
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_a_program_that_is_missing_is_refused_not_unreachable(transport):
    with pytest.raises(Rejected, match="cannot run 'no-such-python'"):
        transport.run(("no-such-python", "-V"))


@pytest.mark.parametrize("argv", [("/",), ("/etc/hostname",), ("echo", "a\0b")])
def test_what_cannot_be_run_is_refused(transport, argv):
    with pytest.raises(Rejected):
        transport.run(argv)


def test_a_signal_is_a_negative_exit_code(transport):
    assert transport.run(("sh", "-c", "kill -9 $$")).exit_code == -9


def test_files_are_written_with_their_folders(transport, root):
    transport.write({root / "a/b/one": b"1", root / "a/c/two": b"", root / "three": b"3" * 2_000_000})
    assert names(root) == ["a/b/one", "a/c/two", "three"]
    assert (root / "a/b/one").read_bytes() == b"1"
    assert (root / "three").stat().st_size == 2_000_000


def test_a_file_that_is_there_is_replaced_at_once(transport, root):
    transport.write({root / "one": b"old"})
    with (root / "one").open("rb") as reader:
        transport.write({root / "one": b"new"})
        assert reader.read() == b"old"
    assert (root / "one").read_bytes() == b"new"


def test_when_one_file_cannot_be_written_none_appears(transport, root):
    (root / "file").write_text("in the way")
    with pytest.raises(Rejected):
        transport.write({root / "a/one": b"1", root / "file/two": b"2"})
    assert names(root) == ["file"]


def test_when_the_last_rename_fails_the_earlier_ones_are_undone(transport, root):
    (root / "folder").mkdir()
    with pytest.raises((Rejected, Unreachable)):
        transport.write({root / "one": b"1", root / "folder": b"2"})
    assert names(root) == []


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "link/outside", "a/../../outside"])
def test_nothing_is_written_outside_the_work_directory(transport, root, path):
    os.symlink(root.parent, root / "link")
    with pytest.raises(Rejected, match="lies outside"):
        transport.write({root / path: b"x"})
    assert not (root.parent / "outside").exists()


def test_files_are_read_up_to_a_limit_from_either_end(transport, root):
    (root / "log").write_bytes(b"0123456789")
    path = root / "log"
    assert transport.read([path], limit=4) == {path: b"0123"}
    assert transport.read([path], limit=4, offset=8) == {path: b"89"}
    assert transport.read([path], limit=4, offset=-3) == {path: b"789"}
    assert transport.read([path], limit=4, offset=-100) == {path: b"0123"}
    assert transport.read([path], limit=4, offset=100) == {path: b""}


def test_what_cannot_be_read_is_none_and_stops_nobody_else(transport, root):
    (root / "good").write_bytes(b"good")
    (root.parent / "secret").write_bytes(b"secret")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    os.symlink(root.parent / "secret", root / "link")
    os.symlink(root.parent, root / "up")
    bad = [root / "absent", root / "folder", root / "pipe", root / "link", root / "up/secret", root.parent / "secret"]
    found = transport.read([*bad, root / "x\0y", root / "good"], limit=10)
    assert found == {**dict.fromkeys([*bad, root / "x\0y"]), root / "good": b"good"}


def test_it_brings_the_interpreter_it_runs_in(transport):
    assert transport.python == sys.executable


@pytest.mark.parametrize("document", [{"pigeon": {}}, {"local": {}, "ssh": {}}])
def test_a_transport_that_does_not_exist_is_a_problem_of_the_document(root, document):
    with pytest.raises(Invalid) as refusal:
        transports.connect(document, root)
    assert refusal.value.problems[0].message.startswith("no transport")


def test_closing_is_always_fine(transport):
    transport.close()
    transport.close()
    assert isinstance(transport, LocalTransport)
