"""The campaign's life."""

import pytest

from campaigns.core.states import CAMPAIGN, FINAL, VERBS, State, Verb, Wish, legal_verbs, roll_up, sources_of


def test_every_state_is_in_the_table_and_can_be_reached_from_the_draft():
    assert set(CAMPAIGN) == set(State)
    reached, waiting = {State.DRAFT}, [State.DRAFT]
    while waiting:
        for target in CAMPAIGN[waiting.pop()] - reached:
            reached.add(target)
            waiting.append(target)
    assert reached == set(State)


def test_every_verb_makes_only_moves_of_the_table():
    for move in VERBS.values():
        assert all(move.target in CAMPAIGN[source] for source in move.sources)


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        (State.DRAFT, [Verb.ARCHIVE]),
        (State.READY, [Verb.REVISE, Verb.SUBMIT, Verb.ARCHIVE]),
        (State.PLANNING, [Verb.PAUSE, Verb.TERMINATE]),
        (State.RUNNING, [Verb.PAUSE, Verb.TERMINATE]),
        (State.PAUSED, [Verb.RESUME, Verb.TERMINATE]),
        (State.CANCELLING, []),
        (State.SUCCEEDED, [Verb.RESTART, Verb.ARCHIVE]),
        (State.FAILED, [Verb.RESTART, Verb.ARCHIVE]),
        (State.ARCHIVED, []),
    ],
)
def test_legal_verbs(state, verbs):
    assert list(legal_verbs(state)) == verbs


def test_terminated_campaigns_end_as_failed():
    assert VERBS[Verb.TERMINATE].target is State.CANCELLING
    assert CAMPAIGN[State.CANCELLING] == {State.FAILED}


def test_sources_are_the_where_of_an_update():
    assert sources_of(State.PLANNING) == {State.READY, State.PAUSED, State.SUCCEEDED, State.FAILED}
    assert sources_of(State.DRAFT) == {State.READY}


def test_final_states_are_left_only_by_restart_and_archive():
    for state in FINAL - {State.ARCHIVED}:
        assert CAMPAIGN[state] == {State.PLANNING, State.ARCHIVED}


@pytest.mark.parametrize(
    ("wish", "counters", "open_points", "expected"),
    [
        (Wish.RUN, {"waiting": 1, "succeeded": 5}, 0, State.RUNNING),
        (Wish.RUN, {"succeeded": 5}, 0, State.SUCCEEDED),
        (Wish.RUN, {"succeeded": 5}, 1, State.RUNNING),
        (Wish.RUN, {"succeeded": 5, "failed": 1, "pruned": 2}, 0, State.SUCCEEDED),
        (Wish.RUN, {"failed": 1, "pruned": 2}, 0, State.FAILED),
        (Wish.RUN, {"accepted": 1}, 0, State.SUCCEEDED),
        (Wish.RUN, {"cancelled": 3}, 0, State.FAILED),
        (Wish.RUN, {"succeeded": 1, "never-heard-of": 1}, 0, State.RUNNING),
        (Wish.RUN, {}, 0, State.SUCCEEDED),
        (Wish.PAUSE, {"running": 2}, 0, State.PAUSED),
        (Wish.PAUSE, {"succeeded": 2}, 0, State.PAUSED),
        (Wish.STOP, {"cancelling": 1, "cancelled": 4}, 2, State.CANCELLING),
        (Wish.STOP, {"cancelled": 4, "succeeded": 1}, 2, State.FAILED),
        (Wish.STOP, {}, 0, State.FAILED),
    ],
)
def test_a_state_follows_from_wish_and_counters(wish, counters, open_points, expected):
    assert roll_up(wish, counters, open_points) is expected


def test_a_workflow_that_a_policy_stopped_fails_the_campaign_once_everything_has_ended():
    assert roll_up(Wish.RUN, {"succeeded": 5, "running": 1}, 0, stopped=1) is State.RUNNING
    assert roll_up(Wish.RUN, {"succeeded": 5, "cancelled": 1}, 0, stopped=1) is State.FAILED
