"""stdout and stderr of step instances, and the bundle they end in."""

import io

from execution.runner.streams import Stream, printable
from tests.local_site import instance, step, wait_for


def bundled(stream):
    """What reaches the log."""
    log = io.BytesIO()
    offset, size = stream.bundle(log)
    assert (offset, size) == (0, len(log.getvalue()))
    return log.getvalue()


def append(stream, data):
    """As the program does it."""
    with open(stream.path, "ab") as target:
        target.write(data)


def test_each_instance_finds_its_streams_in_the_bundle(site):
    token = site.attempt({"isr": step("sh", "-c", "echo out; echo err >&2"), "quiet": step("true")},
                         [instance(1), instance(2, "quiet"), instance(3)])  # fmt: skip
    assert site.run(token) == 0
    results = site.note(token)["instances"]
    assert [site.stream(token, each["stdout"]) for each in results] == [b"out\n", b"", b"out\n"]
    assert [site.stream(token, each["stderr"]) for each in results] == [b"err\n", b"", b"err\n"]
    assert (site.directory(token) / "log").read_bytes() == b"out\nerr\nout\nerr\n"
    assert list((site.directory(token) / "run").iterdir()) == []


def test_a_stream_can_be_read_while_it_grows(site):
    token = site.shell("echo begun; sleep 600")
    runner = site.start(token)
    path = site.directory(token) / "run" / "0.stdout"
    wait_for(lambda: path.exists() and path.read_bytes() == b"begun\n")
    runner.terminate()
    runner.wait(timeout=30)


def test_a_stream_over_its_limit_is_cut_in_the_middle_and_says_so(site):
    token = site.shell("echo first; head -c 5000 /dev/zero | tr '\\0' x; echo; echo last", logLimit=100)
    text = site.stream(token, site.result(token)["stdout"])
    assert text.startswith(b"first\nxxx")
    assert text.endswith(b"xxx\nlast\n")
    assert b"\n[about 4912 bytes were left out here]\n" in text
    assert len(text) == 100 + len("\n[about 4912 bytes were left out here]\n")


def test_a_stream_within_its_limit_is_whole(tmp_path):
    stream = Stream(str(tmp_path / "s"), 10)
    append(stream, b"0123456789")
    stream.trim()
    assert bundled(stream) == b"0123456789"


def test_a_flood_is_emptied_while_the_program_runs(tmp_path):
    stream = Stream(str(tmp_path / "s"), 8)
    append(stream, b"ABCD" + b"x" * 20_000 + b"one.")
    stream.trim()
    assert (tmp_path / "s").stat().st_size == 0
    append(stream, b"y" * 20_000 + b"two.")
    stream.trim()
    append(stream, b"3")
    assert bundled(stream) == b"ABCD\n[about 40005 bytes were left out here]\nwo.3"


def test_the_last_line_survives_a_flood(tmp_path):
    stream = Stream(str(tmp_path / "s"), 8)
    append(stream, b"x" * 100 + b"\nno such star\n\n")
    stream.trim()
    assert stream.last_line() == "no such star"


def test_the_last_line_is_fit_for_people_and_databases(tmp_path):
    stream = Stream(str(tmp_path / "s"), 1000)
    append(stream, b"first\n\x1b[31mbad\x00 \xff\xfe pixel\x1b[0m\n   \n")
    assert stream.last_line() == "[31mbad  \ufffd\ufffd pixel [0m"


def test_a_line_is_at_most_500_characters():
    assert printable("é" * 600) == "é" * 500
