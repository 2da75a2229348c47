"""`bps`: campaigns from the command line; the verbs that ctrl_bps users know, over the portal's REST interface."""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console

from client import show
from client.portal import Portal, Refusal, Trouble, connect
from client.waiting import STATUS, wait

FAILED = 1
WIDE = 200
COVERAGE_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """The portal to speak to, and how answers are wanted."""

    portal: Portal
    out: Console
    err: Console
    json: bool


def verb(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the session, the option --json, and one way to fail: a sentence on stderr and status 1."""

    @click.option("--json", "as_json", is_flag=True, help="Print the portal's answer as JSON.")
    @click.pass_context
    @functools.wraps(command)
    def run(context: click.Context, as_json: bool, **given: Any) -> None:
        url, token = context.obj
        err = Console(stderr=True)
        if not token:
            raise click.UsageError("No token: set BPS_TOKEN or BPS_TOKEN_FILE (manage.py create_token makes one).")
        portal = connect(url, token)
        try:
            with portal.http:
                context.exit(command(Session(portal, _out(), err, as_json), **given) or 0)
        except Refusal as refusal:
            if as_json:
                show.as_json(Console(), dict(refusal.body))
            err.print(f"bps: {refusal}", markup=False, soft_wrap=True)
            source = given.get("file")
            show.problems(err, refusal.problems, getattr(source, "name", ""))
            context.exit(FAILED)
        except Trouble as trouble:
            err.print(f"bps: {trouble}", markup=False, soft_wrap=True)
            context.exit(FAILED)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--url", envvar="BPS_URL", default="http://127.0.0.1:8000", show_default=True, help="The portal's address."
)
@click.option("--token", envvar="BPS_TOKEN", default="", help="API token; better in the environment (BPS_TOKEN).")
@click.option(
    "--token-file", envvar="BPS_TOKEN_FILE", type=click.Path(path_type=Path), help="File that holds the token."
)
@click.pass_context
def main(context: click.Context, url: str, token: str, token_file: Path | None) -> None:
    """Submit, watch and steer campaigns of the batch production service."""
    if not token and token_file is not None:
        try:
            token = token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise click.UsageError(f"the token file cannot be read: {error}") from None
    context.obj = (url, token)


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option("--reason", default="", help="Kept with the campaign.")
@click.option("--wait", "is_waiting", is_flag=True, help="Wait for its end; the exit status tells how it ended.")
@verb
def submit(session: Session, file: BinaryIO, reason: str, is_waiting: bool) -> int:
    """Create the campaign of FILE (- for stdin) and submit it."""
    made = session.portal.post_text("campaigns/", file.read(), reason=reason)
    done = session.portal.post(f"campaigns/{made['name']}/submit/", {"why": reason})
    session.err.print(f"campaign {made['name']} is submitted", markup=False)
    return _report(session, done["campaign"], is_waiting=is_waiting)


@main.command()
@click.argument("file", type=click.File("rb"))
@verb
def validate(session: Session, file: BinaryIO) -> None:
    """Say everything that is wrong with FILE, without any effect."""
    found = session.portal.post_text("campaigns/validate/", file.read())
    if session.json:
        return show.as_json(session.out, found)
    show.problems(session.err, found["warnings"], file.name)
    session.out.print(f"{file.name}: nothing is wrong", markup=False)
    return None


@main.command()
@click.argument("file", type=click.File("rb"))
@verb
def plan(session: Session, file: BinaryIO) -> None:
    """Count what FILE would run, without any effect."""
    found = session.portal.post_text("campaigns/plan/", file.read())
    show.as_json(session.out, found) if session.json else show.preview(session.out, found)


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option("--reason", default="", help="Kept with what is registered.")
@verb
def register(session: Session, file: BinaryIO, reason: str) -> None:
    """Register the documents of FILE: sites, software, pipelines, layers, tables, datasets."""
    found = session.portal.post_text("register/", file.read(), reason=reason)
    if session.json:
        return show.as_json(session.out, found)
    rows = [(item["kind"], item["name"], item["version"], item["outcome"]) for item in found]
    show.table(session.out, ("kind", "name", "version", "outcome"), rows)
    return None


@main.command()
@click.argument("name")
@click.option("--wait", "is_waiting", is_flag=True, help="Wait for its end.")
@verb
def status(session: Session, name: str, is_waiting: bool) -> int:
    """Where campaign NAME stands; the exit status tells it: 0 succeeded, 1 failed, 3 planning or running, 4 paused,
    5 cancelling, 6 draft or ready, 7 archived."""
    return _report(session, session.portal.get(f"campaigns/{name}/"), is_waiting=is_waiting, tells_state=True)


@main.command()
@click.argument("name", required=False)
@click.option("--state", multiple=True, help="Without NAME: only campaigns in this state.")
@verb
def report(session: Session, name: str | None, state: tuple[str, ...]) -> None:
    """The summary of campaign NAME; without one, a line for each campaign."""
    if name:
        found = session.portal.get("reports/summary/", campaign=name)
        return show.as_json(session.out, found) if session.json else show.summary(session.out, found)
    rows = list(session.portal.each("campaigns/", state=list(state), limit=COVERAGE_PAGE))
    return show.as_json(session.out, rows) if session.json else show.campaigns(session.out, rows)


@main.command()
@click.argument("name")
@verb
def counts(session: Session, name: str) -> None:
    """Steps of campaign NAME by states."""
    found = session.portal.get(f"campaigns/{name}/counts/")
    show.as_json(session.out, found) if session.json else show.counts(session.out, found)


@main.command()
@click.argument("name")
@click.option("--why", default="", help="Reason, kept with the event.")
@verb
def pause(session: Session, name: str, why: str) -> None:
    """Dispatch nothing more of campaign NAME; what runs may finish."""
    _act(session, name, "pause", {"why": why})


@main.command()
@click.argument("name")
@click.option("--why", default="", help="Reason, kept with the event.")
@verb
def resume(session: Session, name: str, why: str) -> None:
    """Let a paused campaign NAME go on."""
    _act(session, name, "resume", {"why": why})


@main.command()
@click.argument("name")
@click.option("--why", required=True, help="Reason, kept with the event.")
@verb
def cancel(session: Session, name: str, why: str) -> None:
    """Terminate campaign NAME at once: it has failed."""
    _act(session, name, "terminate", {"why": why})


@main.command()
@click.argument("name")
@click.argument("value", type=int)
@click.option("--why", default="", help="Reason, kept with the event.")
@verb
def priority(session: Session, name: str, value: int, why: str) -> None:
    """Give campaign NAME the priority VALUE; higher goes first."""
    _act(session, name, "priority", {"priority": value, "why": why})


@main.command()
@click.argument("name")
@click.option("--step", default="", help="Only this step.")
@click.option("--state", default="failed", show_default=True, help="State of the step instances.")
@click.option("--data-id", default="", help="Only this data ID, as in detector=3,exposure=7.")
@click.option("--stdout", "stream", flag_value="stdout", help="Standard output instead of standard error.")
@click.option("--stderr", "stream", flag_value="stderr", default=True, hidden=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=5, show_default=True, help="Step instances at most.")
@verb
def logs(session: Session, name: str, limit: int, stream: str, **narrower: str) -> None:
    """What step instances of campaign NAME wrote, in their last attempts."""
    asked = {**narrower, "state": "" if narrower["data_id"] else narrower["state"]}
    page = session.portal.get("step-instances/", campaign=name, limit=limit, **asked)
    if session.json:
        return show.as_json(session.out, page["results"])
    if not page["results"]:
        session.err.print("no such step instances")
    for instance in page["results"]:
        attempts = session.portal.get("attempts/", job=instance["job"], limit=1)["results"]
        session.out.rule(f"{instance['step']} {instance['data_id']} {instance['state']}", align="left")
        if not attempts:
            session.out.print("never ran")
            continue
        path = f"attempts/{attempts[0]['id']}/{stream}/?instance={instance['id']}&download=true"
        for piece in session.portal.text(path):
            show.raw(session.out, piece)
    return None


@main.command()
@click.argument("left")
@click.argument("right")
@verb
def compare(session: Session, left: str, right: str) -> None:
    """Campaigns LEFT and RIGHT side by side."""
    found = session.portal.get("reports/comparison/", left=left, right=right)
    show.as_json(session.out, found) if session.json else show.comparison(session.out, found)


@main.command()
@click.argument("name", required=False)
@click.option("--exposure", type=int, help="Without NAME: which campaigns processed this exposure.")
@click.option("--detector", type=int, help="And this detector.")
@click.option("--outcome", default="", help="Only images with this outcome.")
@verb
def coverage(session: Session, name: str | None, exposure: int | None, detector: int | None, outcome: str) -> None:
    """Which images campaign NAME processed, or which campaigns processed an image."""
    if (name is None) == (exposure is None):
        raise click.UsageError("Say a campaign's NAME, or --exposure (and --detector).")
    asked = {"campaign": name, "exposure": exposure, "detector": detector, "outcome": outcome}
    found = session.portal.get("reports/coverage/", limit=COVERAGE_PAGE, **asked)
    if session.json:
        return show.as_json(session.out, found)
    show.coverage(session.out, found["outcomes"], found["images"])
    if found.get("after"):
        session.err.print(f"only the first {COVERAGE_PAGE} images are shown; narrow with --outcome")
    return None


def _out() -> Console:
    """Standard output: as wide as the terminal, and wide enough for every table where there is none."""
    console = Console()
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(width=WIDE)


def _act(session: Session, name: str, verb_name: str, given: dict[str, Any]) -> None:
    done = session.portal.post(f"campaigns/{name}/{verb_name}/", given)
    if session.json:
        return show.as_json(session.out, done)
    for acted in done["acted"]:
        session.out.print(f"{acted}: {done['campaign']['state'] if acted == name else 'done'}", markup=False)
    for left, state in done["left"].items():
        session.err.print(f"{left} is {state} and was left as it is", markup=False)
    return None


def _report(session: Session, campaign: dict[str, Any], *, is_waiting: bool, tells_state: bool = False) -> int:
    """Say where a campaign stands, perhaps at its end; the exit status tells it if that was asked for."""
    if is_waiting:
        quiet = session.json or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb"
        campaign = dict(wait(session.portal, campaign["name"], session.err, quiet=quiet))
    if session.json:
        show.as_json(session.out, campaign)
    else:
        show.campaigns(session.out, [campaign])
        show.problems(session.err, campaign.get("problems") or [])
    return STATUS.get(campaign["state"], FAILED) if is_waiting or tells_state else 0
