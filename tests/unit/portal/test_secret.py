"""Where the secret key comes from, and that nobody gets one by accident."""

import stat
import threading

from bpsportal.secret import secret_key


def test_the_environment_wins(tmp_path):
    (tmp_path / "secret-key").write_text("own")
    assert secret_key("given", tmp_path, embedded=True) == "given"


def test_without_a_key_there_is_none_and_none_is_made(tmp_path):
    assert secret_key("", tmp_path / "var", embedded=False) == ""
    assert not (tmp_path / "var").exists()


def test_an_embedded_installation_makes_its_own_once_for_its_owner_alone(tmp_path):
    first = secret_key("", tmp_path / "var", embedded=True)
    path = tmp_path / "var" / "secret-key"
    assert len(first) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key("", tmp_path / "var", embedded=True) == first


def test_commands_beside_the_running_portal_read_its_key(tmp_path):
    made = secret_key("", tmp_path, embedded=True)
    assert secret_key("", tmp_path, embedded=False) == made


def test_two_processes_that_start_at_once_end_with_the_same_key(tmp_path):
    barrier, keys = threading.Barrier(8), []

    def start() -> None:
        barrier.wait()
        keys.append(secret_key("", tmp_path, embedded=True))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
