"""What commands see of the world: set-up lines, variables, the probe, and nothing of the portal's secrets."""

import json

import pytest

from tests.local_site import instance, step


def seen(site, token):
    """The environment of the first instance, whose command is `env -0`."""
    site.run(token)
    data = site.stream(token, site.note(token)["instances"][0]["stdout"])
    return dict(entry.split("=", 1) for entry in data.decode().split("\0") if entry)


def test_a_command_sees_a_minimal_environment_and_the_variables(site):
    site.environment = {**site.environment, "DATABASE_URL": "canary", "SECRET_KEY": "canary", "PYTHONPATH": "/x"}
    token = site.attempt({"isr": step("env", "-0")}, variables={"BPS_CAMPAIGN": "night 1"})
    assert seen(site, token) == {
        **{n: site.environment[n] for n in ("PATH", "HOME", "LANG")},
        "BPS_CAMPAIGN": "night 1",
    }


def test_a_secret_reaches_neither_set_up_nor_probe_nor_note(site):
    site.environment = {**site.environment, "SECRET_KEY": "canary"}
    token = site.attempt(
        {"isr": step("env")}, setup=["export SEEN=$SECRET_KEY", "env >&2"], environment=["SECRET_KEY", "SEEN"],
        software={"probe": ["sh", "-c", "env"]},
    )  # fmt: skip
    assert site.run(token) == 0
    assert "canary" not in json.dumps(site.note(token))
    assert b"canary" not in (site.directory(token) / "log").read_bytes()


def test_the_set_up_runs_once_for_all_instances(site):
    lines = ["echo once >> $HOME/setups", "export CATALOGUE='gaia dr3\nline two'", "export PATH=/opt/x:$PATH"]
    token = site.attempt({"isr": step("env", "-0")}, [instance(1), instance(2)], setup=lines)
    found = seen(site, token)
    assert found["CATALOGUE"] == "gaia dr3\nline two"
    assert found["PATH"] == f"/opt/x:{site.environment['PATH']}"
    assert not {"SHLVL", "_", "PWD", "bps_status"} & found.keys()
    assert (site.root / "setups").read_text() == "once\n"


def test_a_venv_like_activation_decides_which_program_runs(site):
    tools = site.root / "tools"
    tools.mkdir()
    (tools / "reduce").write_text("#!/bin/sh\necho reduced\n")
    (tools / "reduce").chmod(0o755)
    (site.root / "activate").write_text(f"PATH={tools}:$PATH\nexport PATH\n")
    token = site.attempt({"isr": step("reduce")}, setup=[f"source {site.root}/activate"])
    assert site.run(token) == 0
    assert site.stream(token, site.note(token)["instances"][0]["stdout"]) == b"reduced\n"


@pytest.mark.parametrize(
    "lines", [["source /nowhere/activate"], ["false"], ["source /nowhere/activate", "true"], ["exit 3"]]
)
def test_any_set_up_line_that_fails_fails_the_job(site, lines):
    token = site.attempt({"isr": step("touch", str(site.root / "ran"))}, setup=["true", *lines])
    assert site.run(token) == 2
    note = site.note(token)
    assert (note["exit"], note["cause"], note["instances"]) == (2, "setup", [])
    assert not (site.root / "ran").exists()


def test_the_message_of_a_failed_set_up_is_its_last_word(site):
    token = site.attempt({"isr": step("true")}, setup=["echo no such stack >&2; exit 4"])
    site.run(token)
    assert site.note(token)["message"] == "the set-up lines failed (exit 4): no such stack"
    assert b"no such stack" in (site.directory(token) / "log").read_bytes()


def test_what_the_set_up_prints_is_not_taken_for_environment(site):
    token = site.attempt({"isr": step("env", "-0")}, setup=["printf 'EVIL=1\\0'", "echo noise >&2"])
    assert "EVIL" not in seen(site, token)


def test_only_allowed_names_are_recorded(site):
    token = site.attempt({"isr": step("true")}, setup=["export A=1 B=2"], environment=["A", "ABSENT"])
    site.run(token)
    assert site.note(token)["environment"] == {"A": "1"}


def test_the_probe_tells_the_version_found(site):
    token = site.attempt(
        {"isr": step("true")}, setup=["export V=3.1"], software={"probe": ["sh", "-c", "echo demo $V"]}
    )
    site.run(token)
    assert site.note(token)["version"] == "demo 3.1"


@pytest.mark.parametrize("probe", [["no-such-program"], ["sh", "-c", "echo broken >&2; exit 1"]])
def test_a_probe_that_fails_is_trouble_with_the_software(site, probe):
    token = site.attempt({"isr": step("true")}, software={"probe": probe})
    assert site.run(token) == 2
    assert site.note(token)["cause"] == "software"


def test_a_command_works_in_a_scratch_folder_that_is_emptied(site):
    script = "pwd; ls -A; mkdir -p a/b; touch a/b/c; ln -s $HOME keep"
    token = site.attempt({"isr": step("sh", "-c", script)}, [instance(1), instance(2)])
    (site.root / "precious").write_text("kept")
    assert site.run(token) == 0
    scratch = site.directory(token) / "scratch"
    assert [site.stream(token, each["stdout"]).decode() for each in site.note(token)["instances"]] == [
        f"{scratch}\n"
    ] * 2
    assert list(scratch.iterdir()) == []
    assert (site.root / "precious").read_text() == "kept"
