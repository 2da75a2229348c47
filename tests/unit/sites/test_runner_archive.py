"""The runner's one file, and the Python it is written in."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from execution import runner, runner_archive
from tests.local_site import LocalSite

SOURCES = sorted(Path(runner.__file__).parent.glob("*.py"))
ALLOWED = {
    "contextlib", "errno", "fcntl", "hashlib", "json", "os", "random", "select", "signal", "sqlite3", "stat", "sys",
    "threading", "time",
}  # fmt: skip
ONLY_FOR_TYPES = {"collections.abc", "types", "typing"}
INTERPRETERS = [sys.executable, *map(str, sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")))]


def imports(tree: ast.Module) -> set[str]:
    """Modules of the standard library that are imported at run time."""
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_module_is_python_3_6(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_module_imports_nothing_but_a_few_standard_modules(path):
    assert imports(ast.parse(path.read_text(encoding="utf-8"))) <= ALLOWED


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.split("/")[-3])
def test_every_python_at_hand_runs_an_attempt(site, python):
    if b"Python 2" in subprocess.run([python, "-V"], capture_output=True, check=True).stdout:
        pytest.fail("the pattern must not find Python 2")
    old = LocalSite(site.root, site.archive, python)
    token = old.shell("echo $GREETING", setup=["export GREETING=hello"])
    assert old.run(token) == 0
    assert old.stream(token, old.note(token)["instances"][0]["stdout"]) == b"hello\n"


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.split("/")[-3])
def test_every_python_at_hand_runs_a_spool(site, python):
    old = LocalSite(site.root, site.archive, python)
    ids = old.submit(old.shell("exit 0"), idle=0.1)
    assert old.wait_until(ids, "exited") == ["exited"]


def test_the_name_is_the_content(archive):
    assert re.fullmatch(r"runner-[0-9a-f]{12}\.pyz", archive.name)


def test_building_again_gives_the_same_bytes_in_another_process(archive, tmp_path):
    code = f"from pathlib import Path; from execution.runner_archive import build; build(Path({str(tmp_path)!r}))"
    root = Path(runner_archive.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()


def test_what_is_there_is_not_built_again(archive):
    before = archive.stat()
    assert runner_archive.build(archive.parent) == archive
    assert archive.stat().st_mtime_ns == before.st_mtime_ns
    assert archive.stat().st_ino == before.st_ino


def test_nothing_but_the_archive_is_left_in_the_folder(archive):
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_it_runs_without_its_compiled_parts(site, archive, tmp_path):
    """As under a Python that did not build it."""
    bare = tmp_path / "runner-000000000000.pyz"
    code = (
        "import sys, zipfile; source = zipfile.ZipFile(sys.argv[1]); target = zipfile.ZipFile(sys.argv[2], 'w');"
        "[target.writestr(name, source.read(name)) for name in source.namelist() if name.endswith('.py')];"
        "target.close()"
    )
    subprocess.run([sys.executable, "-c", code, str(archive), str(bare)], check=True)
    other = LocalSite(site.root, bare)
    token = other.shell("exit 0")
    assert other.run(token) == 0
    assert other.note(token)["runner"] == "000000000000"


def test_unknown_words_are_refused_with_the_usage(site):
    done = subprocess.run(site.words("walk"), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (64, b"")
    assert done.stderr.startswith(b"usage: ")
