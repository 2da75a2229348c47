"""The documents say what the code does: diagrams are the tables, requirements name what is there, links lead on."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from campaigns.core.states import CAMPAIGN
from execution.core.states import INSTANCE, JOB, JobState

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
CTRL_BPS = {"UNREADY", "READY", "PENDING", "RUNNING", "HELD", "SUCCEEDED", "FAILED", "DELETED", "PRUNED"}


@cache
def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The part of a document under a heading, as far as the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text_of(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no heading “{heading}”"
    return found[1]


def edges(diagram: str) -> set[tuple[str, str]]:
    """The arrows of a state diagram, first and last dots left out."""
    found = re.findall(r"^\s*(\S+) --> (\S+)$", diagram, re.MULTILINE)
    return {(source, target) for source, target in found if "[*]" not in (source, target)}


def ends(diagram: str) -> set[str]:
    return set(re.findall(r"^\s*(\S+) --> \[\*\]$", diagram, re.MULTILINE))


def moves(table: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    return {(str(source), str(target)) for source, targets in table.items() for target in targets}


@pytest.mark.parametrize(
    ("heading", "table"), [("Campaign", CAMPAIGN), ("Job", JOB.moves), ("Step instance", INSTANCE.moves)]
)
def test_a_state_diagram_is_its_table(heading: str, table: Mapping[str, Iterable[str]]) -> None:
    diagram = section("architecture.md", heading)
    assert edges(diagram) == moves(table)
    assert ends(diagram) == {str(state) for state, targets in table.items() if not targets}


def rows(markdown: str) -> list[list[str]]:
    """The body rows of the first table of a text."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_job_state_has_its_word_in_ctrl_bps() -> None:
    table = {row[0]: row[1] for row in rows(section("architecture.md", "The words of ctrl_bps"))}
    assert set(table) == {state.value for state in JobState}
    assert set(table.values()) == CTRL_BPS


def requirements() -> list[list[str]]:
    return rows(section("requirements.md", "The 56 requirements"))


def test_there_are_56_requirements_each_once() -> None:
    numbers = [row[0] for row in requirements()]
    assert sorted(numbers) == [f"{n:04d}" for n in range(1, 57)]


@pytest.mark.parametrize("row", requirements(), ids=lambda row: row[0])
def test_what_a_requirement_names_is_there(row: list[str]) -> None:
    number, title, lives, shown = row
    assert title
    paths = re.findall(r"`([^`]+)`", lives)
    assert paths, f"{number} lives nowhere" if shown != "open" else ""
    for path in paths:
        assert (ROOT / path).exists(), f"{number}: {path} is not there"
    named = re.findall(r"`([^`]+)`", shown)
    assert named or shown.startswith("open"), f"{number} is shown by no test and is not called open"
    for test in named:
        assert_test_is_there(number, test)


def assert_test_is_there(number: str, test: str) -> None:
    """`path/to/test_file.py::test_name`, or a whole file."""
    path, _, name = test.partition("::")
    file = ROOT / path
    assert file.is_file(), f"{number}: {path} is not there"
    if name:
        assert re.search(rf"^\s*(async )?def {re.escape(name)}\(", file.read_text(encoding="utf-8"), re.MULTILINE), (
            f"{number}: {path} has no {name}"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """What a Markdown reader makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_document_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:bpsportal|campaigns|execution|provenance|docs|examples|tests)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_the_index_names_every_document() -> None:
    for page in PAGES:
        assert page.name == "index.md" or f"({page.name})" in text_of("index.md"), page.name


def known_failures() -> list[list[str]]:
    return [row for part in text_of("known-failures.md").split("\n## ")[1:] for row in rows(part)]


def test_every_known_failure_has_cause_and_remedy() -> None:
    assert len(known_failures()) >= 20
    for row in known_failures():
        assert len(row) == 3, row
        assert all(row), row


@cache
def sources() -> str:
    apps = ("bpsportal", "campaigns", "execution", "provenance")
    return "\n".join(file.read_text(encoding="utf-8") for app in apps for file in sorted((ROOT / app).rglob("*.py")))


@pytest.mark.parametrize("line", [row[0] for row in known_failures()])
def test_a_known_failure_is_a_line_that_the_portal_writes(line: str) -> None:
    for fragment in line.strip("`").split("…"):
        assert fragment.strip(" :") in sources(), fragment
