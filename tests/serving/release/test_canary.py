import random
from math import comb

import pytest

from serving.dialogue.messages import TurnSignals
from serving.release.canary import MIN_TURNS, CanaryTrial, fisher_p_value, is_chosen

GOOD, FALLBACK, ERROR, ASKED = (
    TurnSignals(),
    TurnSignals(fallback=True),
    TurnSignals(error=True),
    TurnSignals(clarification=True),
)


@pytest.mark.parametrize(
    ("table", "chance"),
    [
        ((3, 4, 1, 4), 17 / 70),  # the lady tasting tea
        ((4, 4, 0, 4), 1 / 70),
        ((0, 10, 5, 10), 1.0),
        ((0, 5, 0, 5), 1.0),
        ((5, 5, 0, 95), 1 / comb(100, 5)),
    ],
)
def test_fisher_p_value_is_exact(table: tuple[int, int, int, int], chance: float) -> None:
    assert fisher_p_value(*table) == pytest.approx(chance, rel=1e-9)


def test_is_chosen_is_sticky_and_takes_the_share() -> None:
    threads = [f"t{number}" for number in range(20_000)]
    chosen = [thread for thread in threads if is_chosen("b", thread, key="2-abc", share=0.1)]
    assert 1800 < len(chosen) < 2200
    assert chosen == [thread for thread in threads if is_chosen("b", thread, key="2-abc", share=0.1)]
    others = {thread for thread in threads if is_chosen("b", thread, key="3-abc", share=0.1)}
    assert len(others & set(chosen)) < 400
    assert not any(is_chosen("b", thread, key="2-abc", share=0.0) for thread in threads)
    assert all(is_chosen("b", thread, key="2-abc", share=1.0) for thread in threads)


@pytest.mark.parametrize(("sign", "name"), [(FALLBACK, "fallback"), (ERROR, "error"), (ASKED, "clarification")])
def test_trial_stops_a_canary_that_always_fails(sign: TurnSignals, name: str) -> None:
    trial = CanaryTrial()
    for _ in range(600):
        assert trial.add(GOOD, is_canary=False) is None
    reasons = [trial.add(sign, is_canary=True) for _ in range(MIN_TURNS)]
    assert reasons[:-1] == [None] * (MIN_TURNS - 1)
    assert f"its {name} rate is 100.0% of 30 turns, against 0.0% of 600" in str(reasons[-1])


def test_trial_never_stops_a_better_canary() -> None:
    trial = CanaryTrial()
    for number in range(5000):
        assert trial.add(FALLBACK if number % 3 else GOOD, is_canary=False) is None
        assert trial.add(GOOD, is_canary=True) is None


def first_stop(dice: random.Random, *, canary: float, others: float, turns: int, share: float = 0.1) -> int | None:
    """Give the canary's turn at which it is stopped, if it is."""
    trial = CanaryTrial()
    for _ in range(turns):
        is_canary = dice.random() < share
        signs = FALLBACK if dice.random() < (canary if is_canary else others) else GOOD
        if trial.add(signs, is_canary=is_canary) is not None:
            return trial.canary.turns
    return None


def test_trial_hardly_ever_stops_a_canary_that_is_as_good() -> None:
    dice = random.Random(5)
    stopped = sum(first_stop(dice, canary=0.1, others=0.1, turns=6000) is not None for _ in range(150))
    assert stopped <= 4  # 1.5 expected at the most


def test_trial_stops_twice_as_many_fallbacks_soon() -> None:
    dice = random.Random(7)
    stops = [first_stop(dice, canary=0.2, others=0.1, turns=12_000) for _ in range(20)]
    assert None not in stops
    assert sorted(stop or 0 for stop in stops)[10] < 400
