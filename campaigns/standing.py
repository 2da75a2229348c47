"""Where campaigns and payloads stand: wishes and execution's counters rolled up; no job or instance is looked at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from campaigns.core.states import FINAL, State, Wish, roll_up
from campaigns.models import Campaign, Payload
from execution import queries
from execution.core import states as execution_states
from execution.queries import PayloadProgress

NOTHING = PayloadProgress(execution_states.Wish.RUN, 0, 0, Counter(), Counter(), (), ())
BEFORE = (State.DRAFT, State.READY, State.PLANNING, State.ARCHIVED)
"""States of a campaign that its payloads simply share."""


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


def of_payloads(
    campaign: Campaign, payloads: Iterable[Payload], parts: Mapping[str, PayloadProgress] | None = None
) -> list[PayloadStanding]:
    """Each payload's standing, in order; three statements whatever the size, none if the progress is known already."""
    progress = queries.progress(campaign.name, campaign.run).payloads if parts is None else parts
    return [_standing(campaign, payload, progress.get(payload.name, NOTHING)) for payload in payloads]


def of_campaign(campaign: Campaign, wishes: Mapping[str, str]) -> tuple[Whole, dict[str, PayloadProgress]]:
    """The sums and the parts; `wishes`: payload name -> its own wish."""
    progress = queries.progress(campaign.name, campaign.run).payloads
    jobs, instances = Counter[str](), Counter[str]()
    points = stopped = loading = 0
    for name, part in progress.items():
        jobs.update(part.jobs)
        instances.update(part.instances)
        loading += part.loading
        ended = wishes.get(name) == Wish.STOP or bool(part.stopped)
        stopped += ended
        points += 0 if ended else sum(point.open for point in part.points)
    stopped += sum(wish == Wish.STOP for name, wish in wishes.items() if name not in progress)
    whole = Whole(jobs, instances, points, stopped, loading)
    return whole, progress


def state_of(whole: Whole, wish: str) -> State:
    """The state that follows for a campaign whose planning is over."""
    return roll_up(Wish(wish), whole.jobs, whole.open_points, stopped=whole.stopped)


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
    whole = State(campaign.state)
    if whole in BEFORE and not (whole is State.ARCHIVED and part.workflows):
        return State.PAUSED if payload.wish == Wish.PAUSE and whole is State.PLANNING else whole
    wish = _strongest(campaign.wish, payload.wish)
    points = 0 if part.stopped else sum(point.open for point in part.points)
    rolled = roll_up(wish, part.jobs, points, stopped=len(part.stopped))
    has_all = not (part.workflows or part.loading) and campaign.planned_at is None
    return whole if has_all and wish is not Wish.STOP else rolled


def _strongest(*wishes: str) -> Wish:
    return max((Wish(wish) for wish in wishes), key=[Wish.RUN, Wish.PAUSE, Wish.STOP].index)


def _legal(campaign: Campaign, payload: Payload, state: State) -> tuple[str, ...]:
    """What can be done to the payload: only while its campaign goes on, and never against the campaign's own wish."""
    whole = State(campaign.state)
    if whole not in (State.PLANNING, State.RUNNING, State.PAUSED) or state in FINAL or payload.wish == Wish.STOP:
        return ()
    own = "resume" if payload.wish == Wish.PAUSE else "pause"
    return (own, "terminate", "prioritise")
