"""What a look changes about an alias: the registry wins whenever it answers; refused or stopped versions stay out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, cast

import pytest

from pipelines.errors import BotError, ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.release import Release
from serving.release.alias_state import AliasState, Loaded, Look, Refusal, Source, Stop

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EMPTY = AliasState("shop", "production")
SILENCE = RegistryUnavailable("http://registry", "scripted")


def registered(version: str) -> RegisteredVersion:
    return RegisteredVersion("intentloop-shop", version, f"run{version}run")


def loaded(version: str, source: Source = "registry") -> Loaded:
    """Describe a version that was loaded; nothing here asks for more of a release than its version."""
    found = registered(version)
    release = Release(version, *cast(Any, (None, None, None)))
    return Loaded(release, found.key, source, NOON, found=None if source == "cache" else found)


def refusal(version: str) -> Refusal:
    return Refusal(registered(version), ("failed",), ReleaseRefused("shop", version, "scripted"))


def refused(version: str) -> Look:
    return Look(NOON, problem=refusal(version).error, refusal=refusal(version))


def test_after_new_version_swaps_and_forgets_the_refusal() -> None:
    state, _ = EMPTY.after(refused("1"))
    state, swap = state.after(Look(NOON, loaded=loaded("2")))
    assert (state.version, state.key, state.refusal, state.problem) == ("2", "2-run2run", None, None)
    assert state.refused == ("1: scripted",)
    assert swap is not None
    assert (swap.bot, swap.alias, swap.role, swap.before) == ("shop", "production", "answers", None)
    assert swap.loaded is state.loaded
    _, swap = state.after(Look(NOON, loaded=loaded("3")))
    assert swap is not None
    assert swap.before == "2"


def test_after_the_same_version_again_swaps_nothing() -> None:
    state, _ = EMPTY.after(Look(NOON, loaded=loaded("2")))
    for look in (Look(NOON + timedelta(hours=1)), Look(NOON + timedelta(hours=1), loaded=loaded("2"))):
        later, swap = state.after(look)
        assert swap is None
        assert later == replace(state, last_poll_at=NOON + timedelta(hours=1))
        assert later.loaded is state.loaded


@pytest.mark.parametrize(
    ("look", "last_poll_at"),
    [
        (Look(NOON, problem=NotFound("bot", "shop", hint="none")), NOON),
        (Look(NOON, problem=ModelNotLoaded("intentloop-shop", "production")), NOON),
        (Look(NOON, problem=SILENCE), NOON),  # it answered, and could not give the files
        (Look(problem=SILENCE), None),
    ],
)
def test_after_a_problem_the_release_answers_on(look: Look, last_poll_at: datetime | None) -> None:
    for before in (EMPTY, replace(EMPTY, loaded=loaded("1"))):
        state, swap = before.after(look)
        assert swap is None
        assert (state.loaded, state.problem, state.last_poll_at) == (before.loaded, look.problem, last_poll_at)


def test_after_silence_the_time_of_the_last_answer_stays() -> None:
    state, _ = EMPTY.after(Look(NOON, loaded=loaded("1")))
    state, _ = state.after(Look(problem=SILENCE))
    assert state.last_poll_at == NOON
    state, _ = state.after(Look(NOON + timedelta(hours=1)))
    assert (state.last_poll_at, state.problem) == (NOON + timedelta(hours=1), None)


def test_after_refusals_each_is_shown_once_and_the_oldest_are_dropped() -> None:
    state = EMPTY
    for number in range(12):
        state, swap = state.after(refused(str(number)))
        assert swap is None
        assert state.refusal is not None
        assert state.refusal.key == registered(str(number)).key
        known = state.refusal
        state, _ = state.after(Look(NOON, problem=known.error))  # refused before, so not judged again
        assert (state.refusal, state.problem) == (known, known.error)
    assert state.refused == tuple(f"{number}: scripted" for number in range(2, 12))


def test_after_the_answering_version_is_back_behind_the_alias_the_refusal_stays_known() -> None:
    state, _ = replace(EMPTY, loaded=loaded("1")).after(refused("2"))
    state, _ = state.after(Look(NOON))
    assert (state.refusal, state.problem) == (refusal_of(state), None)
    assert refusal_of(state).key == registered("2").key


def refusal_of(state: AliasState) -> Refusal:
    assert state.refusal is not None
    return state.refusal


@pytest.mark.parametrize("version", ["1", "2"])
def test_after_a_late_answer_the_registry_wins_over_the_cache(version: str) -> None:
    state, swap = EMPTY.falling_back(loaded("1", "cache"))
    assert swap is not None
    assert (swap.before, swap.loaded.source, state.problem, state.last_poll_at) == (None, "cache", None, None)
    state, swap = state.after(Look(NOON, loaded=loaded(version)))
    assert (state.version, state.last_poll_at) == (version, NOON)
    assert (swap is not None) == (version == "2")  # the cached release is the promoted one


def test_falling_back_keeps_the_problem_and_what_the_registry_said() -> None:
    silent, _ = EMPTY.after(Look(problem=SILENCE))
    state, _ = silent.falling_back(loaded("1", "cache"))
    assert state == replace(silent, loaded=state.loaded)
    judged, _ = EMPTY.after(refused("2"))
    state, swap = judged.falling_back(loaded("1", "journal"))
    assert state == replace(judged, loaded=state.loaded)
    assert swap is not None
    assert swap.loaded.source == "journal"


@pytest.mark.parametrize(
    "look",
    [
        Look(NOON, loaded=loaded("2")),
        refused("1"),  # the very release that is in the cache
        Look(NOON, problem=NotFound("bot", "shop", hint="none")),
        Look(NOON, problem=ModelNotLoaded("intentloop-shop", "production")),
    ],
)
def test_falling_back_after_the_registry_has_settled_the_matter_changes_nothing(look: Look) -> None:
    state, _ = EMPTY.after(look)
    assert state.falling_back(loaded("1", "cache")) == (state, None)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (None, True),  # the first look still hangs
        (SILENCE, True),
        (ReleaseRefused("shop", "2", "scripted"), True),
        (ModelNotLoaded("intentloop-shop", "production"), False),
        (NotFound("bot", "shop", hint="none"), False),
    ],
)
def test_needs_fallback_only_while_nothing_answers_and_something_should(
    problem: BotError | None, expected: bool
) -> None:
    assert replace(EMPTY, problem=problem).needs_fallback is expected
    assert not replace(EMPTY, problem=problem, loaded=loaded("1")).needs_fallback


def test_any_order_of_answers_ends_with_the_release_of_the_registry() -> None:
    def from_registry(state: AliasState) -> AliasState:
        return state.after(Look(NOON, loaded=loaded("3")))[0]

    def from_cache(state: AliasState) -> AliasState:
        return state.falling_back(loaded("1", "cache"))[0]

    def from_journal(state: AliasState) -> AliasState:
        return state.falling_back(loaded("2", "journal"))[0]

    for order in permutations((from_registry, from_cache, from_journal)):
        state = EMPTY
        for step in order:
            state = step(state)
        assert state.version == "3"
    assert from_journal(from_cache(EMPTY)).version == "1"
    assert from_cache(from_journal(EMPTY)).version == "2"


def test_after_a_stop_the_look_that_was_under_way_does_not_bring_the_canary_back() -> None:
    canary = AliasState("shop", "canary", "canary", loaded=loaded("2"))
    stopped = canary.after_stop(Stop(registered("2"), "its fallback rate"))
    for look in (Look(NOON), Look(NOON, loaded=loaded("2"))):
        state, swap = stopped.after(look)
        assert (state.release, swap, state.stopped) == (None, None, stopped.stopped)
    state, swap = stopped.after(Look(NOON, loaded=loaded("3")))
    assert state.version == "3"  # another canary
    assert swap is not None
    assert (swap.role, swap.before) == ("canary", None)
    state, _ = replace(stopped, stopped=None).after(Look(NOON, loaded=loaded("2")))
    assert state.version == "2"  # set again by hand


def test_cleared_forgets_the_release_and_no_refusal() -> None:
    state, _ = AliasState("shop", "shadow", "shadow").after(refused("1"))
    state, _ = state.after(Look(NOON, problem=state.problem))
    state = replace(state, loaded=loaded("0"))
    assert state.cleared() == replace(state, loaded=None)
    assert state.cleared().refusal == state.refusal
