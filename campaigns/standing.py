"""Where campaigns and payloads stand: wishes and execution's counters rolled up; no job or instance is looked at."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from campaigns.core.states import FINAL, State, Wish, roll_up
from campaigns.models import Campaign, Payload
from execution import queries
from execution.core import states as work
from execution.queries import PayloadProgress

NOTHING = PayloadProgress(work.Wish.RUN, 0, 0, Counter(), Counter(), (), ())
BEFORE = (State.DRAFT, State.READY, State.PLANNING)
"""States in which nothing of a campaign counts yet; its payloads simply share them."""

Parts = Mapping[str, PayloadProgress]


@dataclass(frozen=True, slots=True)
class PayloadStanding:
    """A payload's state, its counters, and what can be done to it. `at_least`: more will follow at open points."""

    name: str
    state: State
    jobs: Mapping[str, int]
    instances: Mapping[str, int]
    workflows: int
    at_least: bool
    waiting_for: tuple[str, ...]
    stopped: tuple[str, ...]
    legal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """The sums over a campaign's payloads, as `roll_up` reads them."""

    jobs: Counter[str] = field(default_factory=Counter)
    instances: Counter[str] = field(default_factory=Counter)
    open_points: int = 0
    stopped: int = 0
    loading: int = 0


def progress_of(campaigns: Iterable[Campaign]) -> dict[int, Parts]:
    """Campaign's key -> payload -> progress in the present run; three statements however many campaigns."""
    rows = list(campaigns)
    found = queries.progress_of((row.name, row.run) for row in rows) if rows else {}
    return {row.pk: found[row.name, row.run].payloads for row in rows}


def of_payloads(campaign: Campaign, payloads: Iterable[Payload], parts: Parts | None = None) -> list[PayloadStanding]:
    """Each payload's standing, in order; with its progress looked up unless that is known already."""
    known = progress_of([campaign])[campaign.pk] if parts is None else parts
    return [_standing(campaign, payload, known.get(payload.name, NOTHING)) for payload in payloads]


def sum_up(parts: Parts, wishes: Mapping[str, str]) -> Whole:
    """The sums of a campaign; `wishes`: payload name -> its own wish."""
    jobs, instances = Counter[str](), Counter[str]()
    points = stopped = loading = 0
    for name, part in parts.items():
        jobs.update(part.jobs)
        instances.update(part.instances)
        loading += part.loading
        ended = wishes.get(name) == Wish.STOP or bool(part.stopped)
        stopped += ended
        points += 0 if ended else sum(point.open for point in part.points)
    stopped += sum(wish == Wish.STOP for name, wish in wishes.items() if name not in parts)
    return Whole(jobs, instances, points, stopped, loading)


def will_grow(campaign: Campaign, whole: Whole) -> bool:
    """Whether step instances may still come to those that are counted."""
    return bool(whole.open_points) and campaign.state in (State.RUNNING, State.PAUSED)


def state_of(whole: Whole, wish: str) -> State:
    """The state that follows for a campaign whose planning is over."""
    return roll_up(Wish(wish), whole.jobs, whole.open_points, stopped=whole.stopped)


def families(campaigns: Sequence[Campaign]) -> dict[int, Counter[str]]:
    """Campaign's key -> its step instances by state together with those of all its subcampaigns.

    As many statements as there are generations, and three.
    """
    rows = {row.pk: row for row in campaigns}
    roots = {pk: {pk} for pk in rows}
    generation = dict(roots)
    while generation:
        found: dict[int, set[int]] = {}
        for child in Campaign.objects.filter(parent__in=generation).only("name", "run", "parent_id"):
            new = generation[child.parent_id or 0] - roots.get(child.pk, set())
            if new:
                roots[child.pk] = roots.get(child.pk, set()) | new
                rows.setdefault(child.pk, child)
                found[child.pk] = new
        generation = found
    sums = {row.pk: Counter[str]() for row in campaigns}
    for pk, parts in progress_of(rows.values()).items():
        for root in roots[pk] & sums.keys():
            for part in parts.values():
                sums[root].update(part.instances)
    return sums


def in_order(counts: Mapping[str, int], states: Iterable[StrEnum]) -> dict[str, int]:
    """Those of the counts that are not zero, in the order of the states' life."""
    return {state.value: counts[state] for state in states if counts.get(state)}


def _standing(campaign: Campaign, payload: Payload, part: PayloadProgress) -> PayloadStanding:
    state = _state(campaign, payload, part)
    waiting = tuple(point.step for point in part.points if point.open) if state not in FINAL else ()
    return PayloadStanding(
        name=payload.name,
        state=state,
        jobs=part.jobs,
        instances=part.instances,
        workflows=part.workflows,
        at_least=bool(waiting),
        waiting_for=waiting,
        stopped=part.stopped,
        legal=_legal(campaign, payload, state),
    )


def _state(campaign: Campaign, payload: Payload, part: PayloadProgress) -> State:
    """Rolled up like a campaign; as long as nothing of it counts it stands where its campaign stands."""
    whole = State(campaign.state)
    wish = max((Wish(campaign.wish), Wish(payload.wish)), key=[Wish.RUN, Wish.PAUSE, Wish.STOP].index)
    if whole in BEFORE:
        return State.PAUSED if whole is State.PLANNING and wish is Wish.PAUSE else whole
    if campaign.planned_at is None or (whole is State.ARCHIVED and not part.workflows):
        return whole
    points = 0 if part.stopped else sum(point.open for point in part.points)
    return roll_up(wish, part.jobs, points, stopped=len(part.stopped))


def _legal(campaign: Campaign, payload: Payload, state: State) -> tuple[str, ...]:
    """What can be done to the payload: only while its campaign goes on, and never against the campaign's own wish."""
    whole = State(campaign.state)
    if whole not in (State.PLANNING, State.RUNNING, State.PAUSED) or state in FINAL or payload.wish == Wish.STOP:
        return ()
    own = "resume" if payload.wish == Wish.PAUSE else "pause"
    return (own, "terminate", "prioritise")
