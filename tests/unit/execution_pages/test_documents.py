"""Site and software documents: what is read, and every problem with its path."""

import base64
from typing import Any

import pytest

from execution.core.documents import SiteDocument, SoftwareDocument, read_site, read_software

BLOB = base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(32)).decode()
SITE: dict[str, Any] = {
    "site": "slurm-usdf",
    "driver": "slurm",
    "transport": {
        "ssh": {
            "hosts": ["login1", "login2"],
            "user": "prod",
            "key": "usdf-key",
            "hostKeys": [f"ssh-ed25519 {BLOB} me"],
        }
    },
    "workdir": "/scratch/prod/",
    "shared": False,
    "staging": {"path": "/scratch/prod/staging", "capacity": "10 TiB"},
    "limits": {"queued": 5000, "running": 2000, "commandsPerMinute": 60, "channels": 4},
    "offers": {"architecture": "x86_64", "memory": "512 GiB", "cpus": 64, "features": ["avx2"]},
    "directives": ["#SBATCH --constraint=skylake"],
}
SOFTWARE: dict[str, Any] = {
    "software": "demo-1.0",
    "kind": "venv",
    "sites": {"local": {"setup": ["source {data}/demo-venv/bin/activate"]}},
}


def site(**changes: Any) -> SiteDocument:
    read = read_site({**SITE, **changes})
    assert isinstance(read, SiteDocument), read
    return read


def paths(problems: object) -> list[str]:
    assert isinstance(problems, tuple), problems
    return [problem.path for problem in problems]


def test_a_whole_site_document_becomes_the_columns_of_a_site() -> None:
    columns = site().columns()
    assert columns["driver"] == "slurm"
    assert columns["workdir"] == "/scratch/prod"
    assert columns["shared"] is False
    assert columns["transport"]["ssh"]["port"] == 22
    assert columns["transport"]["ssh"]["hostKeys"] == [f"ssh-ed25519 {BLOB}"]
    assert columns["offers"] == {"architecture": "x86_64", "memory": 524_288, "cpus": 64, "features": ["avx2"]}
    assert columns["staging"] == {
        "path": "/scratch/prod/staging",
        "capacity": 10_995_116_277_760,
        "high": 0.9,
        "low": 0.7,
    }
    assert columns["limits"] == {"queued": 5000, "running": 2000, "commandsPerMinute": 60, "channels": 4}


def test_what_is_stored_reads_again_as_the_same_site() -> None:
    columns = site().columns()
    again = read_site({"site": "slurm-usdf", **columns})
    assert isinstance(again, SiteDocument)
    assert again.columns() == columns


def test_the_portals_own_machine_needs_no_transport() -> None:
    columns = site(driver="local", transport={}, workdir="{data}/sites/local", directives=[]).columns()
    assert columns["transport"] == {}
    assert columns["workdir"] == "{data}/sites/local"


def test_every_problem_of_a_site_comes_at_once_with_its_path() -> None:
    problems = read_site(
        {
            "site": "a b",
            "driver": "slrm",
            "transport": {"ssh": {"hosts": ["-oProxyCommand=x"], "user": "prod", "key": "../id", "hostKey": []}},
            "workdir": "relative",
            "shared": "false",
            "limits": {"queued": 0, "runing": 5},
            "offers": {"memory": "much"},
            "colour": "blue",
        }
    )
    assert sorted(paths(problems)) == [
        "colour",
        "driver",
        "limits.queued",
        "limits.runing",
        "offers.memory",
        "shared",
        "site",
        "transport.ssh.hostKey",
        "transport.ssh.hostKeys",
        "transport.ssh.hosts[0]",
        "transport.ssh.key",
        "workdir",
    ]


@pytest.mark.parametrize(
    ("fields", "path", "near"),
    [
        ({"limits": {"runing": 5}}, "limits.runing", "running"),
        ({"transport": {"shh": {}}}, "transport.shh", "ssh"),
        ({"wrokdir": "/a"}, "wrokdir", "workdir"),
        ({"driver": "slrm"}, "driver", "slurm"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_the_word_meant(fields: dict[str, Any], path: str, near: str) -> None:
    problems = read_site({**SITE, **fields})
    assert isinstance(problems, tuple)
    found = next(problem for problem in problems if problem.path == path)
    assert f"did you mean “{near}”" in found.message


@pytest.mark.parametrize(
    "workdir",
    [
        "",
        "/",
        "{data}",
        "{data}x/y",
        "/a/../b",
        "/a b",
        "/a;rm",
        "/a\n",
        "/a\x00b",
        "a/b",
        "~/x",
        "/$HOME",
        "/a'b",
        "/" + "a" * 500,
    ],
)
def test_a_folder_that_could_climb_out_or_reach_a_shell_is_refused(workdir: str) -> None:
    assert paths(read_site({**SITE, "workdir": workdir})) == ["workdir"]


@pytest.mark.parametrize(
    "name", ["", "-x", "a b", "../x", "a/b", "a..b", "x" * 81, "a\x00", "a\n", "ä", "a'b", 5, None, ["x"]]
)
def test_a_name_outside_the_alphabet_is_refused(name: Any) -> None:
    assert paths(read_site({**SITE, "site": name})) == ["site"]
    assert paths(read_software({**SOFTWARE, "software": name})) == ["software"]


def test_a_host_key_has_to_be_what_its_type_says() -> None:
    ssh = SITE["transport"]["ssh"] | {"hostKeys": [f"ssh-rsa {BLOB}", "ssh-ed25519 AAAA…", "nonsense"]}
    found = paths(read_site({**SITE, "transport": {"ssh": ssh}}))
    assert found == [f"transport.ssh.hostKeys[{i}]" for i in range(3)]


def test_host_keys_are_always_pinned() -> None:
    ssh = SITE["transport"]["ssh"] | {"hostKeys": []}
    assert paths(read_site({**SITE, "transport": {"ssh": ssh}})) == ["transport.ssh.hostKeys"]


def test_a_private_key_in_the_document_is_refused_and_not_repeated() -> None:
    secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET"
    problems = read_site({**SITE, "transport": {"ssh": SITE["transport"]["ssh"] | {"key": secret}}})
    assert paths(problems) == ["transport.ssh.key"]
    assert "SECRET" not in str(problems)


@pytest.mark.parametrize(
    ("driver", "line"),
    [("slurm", "#PBS -q x"), ("pbs", "rm -rf /"), ("gridengine", "#SBATCH x"), ("htcondor", "executable = /bin/sh"),
     ("htcondor", "queue 5"), ("local", "#anything")],
)  # fmt: skip
def test_a_directive_has_to_be_one_of_its_batch_system(driver: str, line: str) -> None:
    assert paths(read_site({**SITE, "driver": driver, "directives": [line]})) == ["directives"]


def test_a_line_of_the_administrator_is_one_line() -> None:
    assert paths(read_site({**SITE, "directives": ["#SBATCH -C a\nrm x"]})) == ["directives[0]"]


def test_the_data_folder_is_none_of_a_remote_site() -> None:
    assert paths(read_site({**SITE, "workdir": "{data}/x"})) == ["workdir"]


def test_low_water_lies_below_high_water() -> None:
    staging = {"path": "/s/t", "capacity": 1, "high": 0.5, "low": 0.6}
    assert paths(read_site({**SITE, "staging": staging})) == ["staging"]


def test_a_software_document_becomes_columns_with_a_digest() -> None:
    read = read_software(SOFTWARE)
    assert isinstance(read, SoftwareDocument)
    columns = read.columns()
    assert columns["sites"] == {"local": {"setup": ["source {data}/demo-venv/bin/activate"]}}
    assert columns["production"] is False
    assert len(columns["digest"]) == 64


def digest(**changes: Any) -> str:
    read = read_software({**SOFTWARE, **changes})
    assert isinstance(read, SoftwareDocument), read
    return read.digest()


def test_another_set_up_is_another_software_where_nothing_else_names_it() -> None:
    assert digest() != digest(sites={"local": {"setup": ["source /other"]}})


def test_one_more_site_does_not_change_software_that_has_a_reference() -> None:
    more = {"local": {"setup": []}, "far": {"setup": ["module load x"]}}
    assert digest(reference="w_2026_10") == digest(reference="w_2026_10", sites=more)
    assert digest(reference="w_2026_10") != digest(reference="w_2026_11")


def test_a_container_needs_an_image_somewhere() -> None:
    assert paths(read_software({**SOFTWARE, "kind": "container"})) == ["sites"]
    image = {"local": {"image": "registry.example.org/stack:7"}}
    assert isinstance(read_software({**SOFTWARE, "kind": "container", "sites": image}), SoftwareDocument)


def test_every_problem_of_software_comes_at_once() -> None:
    problems = read_software(
        {"software": "x", "kind": "vens", "sites": {"lo cal": {"stup": []}}, "production": 1, "x": 2}
    )
    assert sorted(paths(problems)) == ["kind", "production", "sites.lo cal", "sites.lo cal.stup", "x"]


def test_software_without_a_site_is_no_software() -> None:
    assert paths(read_software({**SOFTWARE, "sites": {}})) == ["sites"]
