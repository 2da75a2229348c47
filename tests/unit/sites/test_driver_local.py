"""The words of the `local` driver: what is asked, what is refused, what is understood."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bpsportal.web.errors import Invalid
from execution import drivers, transports
from execution.core.command import Output
from execution.core.errors import Rejected, SchedulerDown, Unreadable
from execution.core.script import Batch, BatchJob, Place
from execution.core.sighting import BatchId, Cause, NodeSighting, Phase, Sighting
from tests.local_site import wait_for

PLACE = Place(workdir="/w", runner="/r/runner-1.pyz", python="/usr/bin/python3", slots=4)
SPOOL = ("/usr/bin/python3", "-I", "-S", "/r/runner-1.pyz", "spool")
TOKEN = "t0000000000000000001"
JOB = BatchJob(TOKEN, f"/w/attempts/t0/{TOKEN}", priority=5, rank=2, cpus=2, memory_mb=100, disk_mb=7, walltime_s=60)
IDS = [BatchId("sabc.1"), BatchId("sabc.2")]


@pytest.fixture
def driver():
    return drivers.get("local", PLACE)


def answer(value):
    """What the spool prints."""
    return Output(0, json.dumps(value).encode(), b"")


def test_submitting_sends_the_jobs_over_stdin_and_reads_one_id_each(driver):
    command = driver.submit(Batch((JOB,)), PLACE)
    assert command.argv == (*SPOOL, "submit", "--root", "/w", "--slots", "4")
    assert json.loads(command.stdin) == [
        {
            "token": TOKEN, "directory": f"/w/attempts/t0/{TOKEN}", "priority": 5, "rank": 2, "cpus": 2,
            "memory_mb": 100, "walltime_s": 60,
        }
    ]  # fmt: skip
    assert command.parse(answer(["sabc.7"])) == ["sabc.7"]


@pytest.mark.parametrize("ids", [[], ["sabc.1", "sabc.2"], ["-x"], [7], {"a": 1}, None, 3])
def test_an_answer_without_exactly_the_ids_is_no_answer(driver, ids):
    with pytest.raises((Unreadable, Rejected)):
        driver.submit(Batch((JOB,)), PLACE).parse(answer(ids))


@pytest.mark.parametrize(
    "change",
    [
        {"token": "-rf00000000000000000"}, {"token": "short"}, {"token": "t000000000000000000\n"},
        {"token": "T0000000000000000001"}, {"directory": "relative"}, {"directory": "/w/../etc"},
        {"directory": "/w/$(id)"},
        {"directory": "/w/`id`"}, {"directory": "/w/a\nb"}, {"directory": "/w/\0"}, {"queue": "-q"}, {"queue": "a b"},
        {"account": "--wrap=x"}, {"account": "a;b"}, {"avoid_nodes": ("-n1",)}, {"only_nodes": ("n1", "n2,n3")},
        {"cpus": 0}, {"cpus": 2**40}, {"memory_mb": -1}, {"priority": -(2**40)},
    ],
)  # fmt: skip
def test_what_leaves_its_alphabet_is_refused_and_the_attempt_named(driver, change):
    batch = Batch((replace(JOB, token="t0000000000000000002"), replace(JOB, **change)))
    with pytest.raises(Rejected) as refused:
        driver.submit(batch, PLACE)
    assert refused.value.tokens == (change.get("token", TOKEN),)


def test_a_batch_without_jobs_is_refused(driver):
    with pytest.raises(Rejected):
        driver.submit(Batch(()), PLACE)


@pytest.mark.parametrize(
    "change", [{"workdir": "-w"}, {"workdir": "w"}, {"runner": "--help"}, {"python": "-c"}, {"python": "py\nthon"}]
)
def test_a_place_that_could_be_taken_for_an_option_is_refused(change):
    with pytest.raises(Rejected):
        drivers.get("local", replace(PLACE, **change)).nodes()


@pytest.mark.parametrize("token", ["--help", "", "t000000000000000000/", "t0000000000000000001 x"])
def test_only_a_token_can_be_looked_for(driver, token):
    with pytest.raises(Rejected):
        driver.find(token)


@pytest.mark.parametrize("verb", ["status", "history", "cancel", "hold", "release"])
@pytest.mark.parametrize("batch_id", ["-1", "", "a b", "a\0", "$(id)", "x" * 200])
def test_an_id_that_leaves_its_alphabet_is_refused(driver, verb, batch_id):
    with pytest.raises(Rejected):
        getattr(driver, verb)([batch_id])


def test_ids_go_over_stdin(driver):
    for verb in ("status", "history", "cancel", "hold", "release"):
        command = getattr(driver, verb)(IDS)
        assert command.argv == (*SPOOL, verb, "--root", "/w")
        assert json.loads(command.stdin) == ["sabc.1", "sabc.2"]
    assert driver.status([]).stdin == b""
    assert driver.prioritise(IDS, -3).argv == (*SPOOL, "priority", "--root", "/w", "--priority", "-3")
    assert driver.find(TOKEN).argv == (*SPOOL, "find", "--root", "/w", TOKEN)


def test_a_listing_becomes_sightings(driver):
    rows = [
        ["sabc.1", TOKEN, "queued", None, None, None, None],
        ["sabc.2", TOKEN, "running", None, None, 1_700_000_000.5, None],
        ["sabc.3", TOKEN, "held", None, None, None, None],
        ["sabc.4", TOKEN, "exited", 1, None, 1_700_000_000, 1_700_000_060],
        ["sabc.5", TOKEN, "killed", None, 9, 1_700_000_000, 1_700_000_060],
    ]
    seen = driver.status(IDS).parse(answer(rows))
    start, end = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)
    assert list(seen.values()) == [
        Sighting(BatchId("sabc.1"), TOKEN, Phase.QUEUED, "queued"),
        Sighting(BatchId("sabc.2"), TOKEN, Phase.RUNNING, "running", started_at=start.replace(microsecond=500_000)),
        Sighting(BatchId("sabc.3"), TOKEN, Phase.HELD, "held"),
        Sighting(BatchId("sabc.4"), TOKEN, Phase.ENDED, "exited", exit_code=1, started_at=start, ended_at=end),
        Sighting(BatchId("sabc.5"), TOKEN, Phase.ENDED, "killed", signal=9, started_at=start, ended_at=end),
    ]
    assert list(seen) == ["sabc.1", "sabc.2", "sabc.3", "sabc.4", "sabc.5"]


def test_a_cancelled_job_names_its_cause_and_a_lost_one_none(driver):
    rows = [[f"sabc.{n}", TOKEN, word, None, None, None, None] for n, word in enumerate(["cancelled", "lost"])]
    cancelled, lost = driver.history(IDS).parse(answer(rows)).values()
    assert (cancelled.phase, cancelled.cause) == (Phase.ENDED, Cause.CANCELLED)
    assert (lost.phase, lost.cause, lost.exit_code) == (Phase.ENDED, None, None)


def test_an_unknown_word_says_nothing_and_is_kept(driver):
    seen = driver.status(IDS).parse(answer([["sabc.1", TOKEN, "dreaming", None, None, None, None]]))
    assert (seen[IDS[0]].phase, seen[IDS[0]].word) == (Phase.UNKNOWN, "dreaming")


def test_a_job_that_is_not_listed_is_not_in_the_sightings(driver):
    assert driver.status(IDS).parse(answer([])) == {}


@pytest.mark.parametrize(
    "stdout",
    [b"", b"Welcome to site\n[]", b"[[", b"\xff", b"[" * 100_000, b"{}x", b"7", b'[["a"]]', b'[{"id": 1}]',
     b'[["sabc.1", "t", "exited", "one", null, null, null]]', b'[["sabc.1", "t", "exited", 1, null, 1e300, null]]'],
)  # fmt: skip
def test_an_answer_of_another_form_is_unreadable_never_empty(driver, stdout):
    with pytest.raises(Unreadable):
        driver.status(IDS).parse(Output(0, stdout, b""))


@pytest.mark.parametrize(
    ("exit_code", "error"), [(75, SchedulerDown), (-15, SchedulerDown), (64, Rejected), (1, Rejected), (127, Rejected)]
)
def test_an_exit_code_says_whether_to_try_again(driver, exit_code, error):
    for command in (driver.status(IDS), driver.submit(Batch((JOB,)), PLACE), driver.cancel(IDS), driver.nodes()):
        with pytest.raises(error, match="it is so"):
            command.parse(Output(exit_code, b"[]", b"it is so\n"))


def test_the_machine_is_its_one_node(driver):
    node = {"name": "host", "cpus": 8, "memory_mb": 16000, "load": 1.5, "running": 3, "slots": 4}
    assert driver.nodes().parse(answer([node])) == [
        NodeSighting("host", "up", usable=True, cpus=8, memory_mb=16000, load=1.5, running=3)
    ]


def test_a_driver_that_does_not_exist_is_a_problem_of_the_document():
    with pytest.raises(Invalid) as refusal:
        drivers.get("cron", PLACE)
    assert refusal.value.problems[0].message == "no driver 'cron'; there are: local"


def test_the_driver_and_the_real_spool_understand_each_other(site):
    transport = transports.connect({}, site.root)
    place = Place(workdir=str(site.root), runner=str(site.archive), python=transport.python, slots=2)
    real = drivers.get("local", place)

    def call(command):
        return command.parse(transport.run(command.argv, stdin=command.stdin))

    good, long = site.shell("exit 0"), site.shell("sleep 600")
    batch = Batch(tuple(BatchJob(token, str(site.directory(token))) for token in (good, long)))
    ids = call(real.submit(batch, place))
    assert call(real.find(long)) == ids[1:]
    wait_for(lambda: [each.phase for each in call(real.status(ids)).values()] == [Phase.ENDED, Phase.RUNNING])
    assert call(real.history(ids))[ids[0]].exit_code == 0
    assert call(real.nodes())[0].running == 1
    assert call(real.cancel(ids)) is None
    wait_for(lambda: call(real.status(ids))[ids[1]].phase is Phase.ENDED)
    assert call(real.status(ids))[ids[1]].cause is Cause.CANCELLED
    for command in (real.prioritise(ids, 3), real.hold(ids), real.release(ids)):
        assert call(command) is None
