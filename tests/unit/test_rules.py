"""The project's own rules: sizes, words that are not used, opening sentences; who breaks one is named here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("bpsportal", "campaigns", "execution", "provenance", "client")
MODULE_LINES, FUNCTION_LINES, ARGUMENTS = 300, 50, 6
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "handler", "handlers"}
ALLOWED_TASK_FILES = {"tasks.py"}
STYLE_SHEET_BYTES, SCRIPT_BYTES = 25_000, 6_000


def modules(*folders: str) -> list[Path]:
    """Every module of these folders, migrations and virtual environments apart."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not {"migrations", ".venv", "build"} & set(path.parts))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, inner ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_is_longer_than_300_lines():
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*CODE, "examples")}
    assert {path: size for path, size in sizes.items() if size > MODULE_LINES} == {}


def test_no_function_is_longer_than_50_lines():
    sizes = {
        f"{name(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in modules(*CODE, "examples", "tests")
        for node in functions(path)
    }
    assert {where: size for where, size in sizes.items() if size > FUNCTION_LINES} == {}


def test_no_function_takes_more_than_6_arguments():
    """`self` and `cls` are not counted, nor keyword-only options that have a default."""
    found = {}
    for path in modules(*CODE):
        for node in functions(path):
            positional = [
                arg.arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in {"self", "cls"}
            ]
            required = [
                arg for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if not default
            ]
            if len(positional) + len(required) > ARGUMENTS:
                found[f"{name(path)}:{node.name}"] = len(positional) + len(required)
    assert found == {}


def test_no_module_has_a_name_that_says_nothing():
    found = [name(path) for path in modules(*CODE, "examples", "tests") if path.stem in FORBIDDEN_NAMES]
    assert found == []


def test_every_module_opens_with_one_sentence():
    missing, endless = [], []
    for path in modules(*CODE, "examples", "tests", "bench"):
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            continue
        opening = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].strip()
        if not opening:
            missing.append(name(path))
        elif not opening.endswith((".", "?", "!", ":")) and "\n" not in opening:
            endless.append(name(path))
    assert (missing, endless) == ([], [])


def test_task_is_said_of_celery_tasks_alone():
    """As a word of our own in identifiers, a task would blur job, step instance and attempt."""
    found = []
    for path in modules("campaigns/core", "execution/core", "provenance/core"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = [
                getattr(node, field)
                for field in ("id", "attr", "arg", "name")
                if isinstance(getattr(node, field, None), str)
            ]
            found += [f"{name(path)}: {word}" for word in words if re.search(r"(^|_)tasks?(_|$)", word)]
    assert found == []


@pytest.mark.parametrize("app", ["campaigns", "execution", "provenance"])
def test_a_core_reads_no_clock(app):
    pattern = re.compile(r"datetime\.now\(|time\.time\(|timezone\.now\(|date\.today\(|monotonic\(")
    found = [name(path) for path in modules(f"{app}/core") if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_nothing_is_left_to_be_done():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [name(path) for path in modules(*CODE, "examples") if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_templates_have_no_inline_script_or_style():
    """The content security policy would refuse them."""
    pattern = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)
    pages = [
        path
        for path in (ROOT / "templates").rglob("*.html")
        if "mail" not in path.parts and not path.name.startswith("mail")
    ]
    assert [name(path) for path in pages if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_pages_load_nothing_from_elsewhere():
    pattern = re.compile(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", re.IGNORECASE)
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js")]
    assert [name(path) for path in files if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_style_sheet_and_the_scripts_stay_small():
    sizes = {
        path.name: path.stat().st_size for path in (ROOT / "static").rglob("*.*") if path.suffix in {".css", ".js"}
    }
    assert sum(size for path, size in sizes.items() if path.endswith(".css")) <= STYLE_SHEET_BYTES
    assert {path: size for path, size in sizes.items() if path.endswith(".js") and size > SCRIPT_BYTES} == {}


def test_every_requirement_is_pinned():
    for file in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        wishes = [line for line in lines if line and not line.startswith(("#", "-r "))]
        assert [
            line for line in wishes if not re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[A-Za-z0-9.]+", line)
        ] == []
