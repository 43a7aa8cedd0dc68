"""Two releases on the same utterances: what changes, and whether that may be chance."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from pipelines.errors import NotFound
from pipelines.registry.runs import LEARNT_FILE, Runs
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.steps.data.split import fingerprints
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.predictions import Grade, Prediction

MIN_ROWS_OF_INTENT = 3
"""With fewer held-out utterances an intent does not show whether its label was swapped."""
MIN_ENTITIES = 10
"""An entity type that production finds less often may be missing by chance."""
INTENTS = "intents"
"""Subject of the test of the intents."""
_OUTCOMES: tuple[tuple[str, bool, tuple[Grade, ...]], ...] = (
    ("out-of-scope utterances refused", True, ("refused rightly",)),
    ("in-scope utterances answered right", False, ("answered right",)),
    ("in-scope utterances answered wrong", False, ("answered wrong",)),
    ("in-scope utterances understood rightly but refused", False, ("refused needlessly",)),
)
_Z = 1.96


@dataclass(frozen=True)
class PairedTest:
    """Whether one release does better than another on the same utterances.

    Attributes
    ----------
    subject
        What is right or wrong: `intents`, or an entity type.
    only_candidate, only_production
        Utterances that only this one gets right; all others say nothing about the difference.
    p_value
        Chance of so uneven a split if neither were better.
    """

    subject: str
    n_rows: int
    only_candidate: int
    only_production: int
    p_value: float

    def is_worse(self, *, alpha: float) -> bool:
        """Whether the candidate loses more utterances than it wins, beyond chance."""
        return self.only_production > self.only_candidate and self.p_value < alpha


@dataclass(frozen=True)
class OutcomeChange:
    """How often something becomes of messages, in production and now, and the chance of so uneven a change."""

    what: str
    n_rows: int
    n_before: int
    n_now: int
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """A candidate beside the version in production, on the candidate's held-out utterances.

    Attributes
    ----------
    version
        The version in production.
    tests
        On utterances that production has not learnt from: intents first, then one test per entity type.
    n_seen
        How many of the `n_rows` held-out utterances production has learnt from; None if unknown.
    swapped
        Cycles of intents that seem to have swapped labels: production takes each for the next.
    vanished
        Entity types that production finds and the candidate never does, with production's count.
    outcomes
        What becomes of messages that production has not learnt from, where that differs.
    """

    version: str
    tests: tuple[PairedTest, ...]
    n_rows: int
    n_seen: int | None
    swapped: tuple[tuple[str, ...], ...]
    vanished: tuple[tuple[str, int], ...]
    outcomes: tuple["OutcomeChange", ...] = ()

    def rows(self) -> list[dict[str, str | int | float]]:
        """Return one row per test: utterances that only one of the two gets right, and the p-value."""
        return [
            {
                "subject": test.subject,
                "utterances": test.n_rows,
                f"only version {self.version} right": test.only_production,
                "only this one right": test.only_candidate,
                "chance": float(f"{test.p_value:.2g}"),
            }
            for test in self.tests
        ]


def exact_mcnemar(first_only: int, second_only: int) -> float:
    """Return the p-value of the exact two-sided McNemar test; 1 if no row tells the two apart.

    It is the sign test on the rows that only one of the two gets right: each is a fair coin toss under the null
    hypothesis.

    References
    ----------
    McNemar, 1947, "Note on the sampling error of the difference between correlated proportions or percentages".
    Dietterich, 1998, "Approximate Statistical Tests for Comparing Supervised Classification Learning Algorithms".
    """
    n = first_only + second_only
    return float(binomtest(first_only, n, 0.5).pvalue) if n else 1.0


def is_right(prediction: Prediction) -> bool:
    """Whether a customer would get the right answer at once: the intent, or fallback if out of scope.

    A clarifying question is never right, whatever it offers.
    """
    if prediction.example.intent == OUT_OF_SCOPE:
        return prediction.is_fallback
    return prediction.grade == "answered right"


def seen_by(runs: Runs, run_id: str, frame: pd.DataFrame) -> list[bool] | None:
    """Whether the model of a run has learnt from the wording of each row; None if the run does not say or is gone."""
    try:
        file = runs.read(run_id, LEARNT_FILE)
    except NotFound:
        return None
    if file is None:
        return None
    learnt = set(file.decode().split())
    return [key in learnt for key in fingerprints(frame)]


def compare_evaluations(
    candidate: Evaluation, production: Evaluation, *, version: str, seen: Sequence[bool] | None = None
) -> Comparison:
    """Compare a candidate with the version in production, evaluated on the same utterances in the same order.

    `seen` marks the utterances that production has learnt from. The tests leave them out: there the candidate could
    only lose. None: unknown, all count.

    Raises
    ------
    ValueError
        The two were evaluated on different utterances.
    """
    pairs = list(zip(candidate.predictions, production.predictions, strict=True))
    if any(new.example.text != old.example.text for new, old in pairs):
        raise ValueError("two evaluations can be compared only on the same utterances in the same order")
    fresh = [pair for place, pair in enumerate(pairs) if seen is None or not seen[place]]
    types = sorted({span.type for new, _ in fresh for span in new.example.entities})
    return Comparison(
        version=version,
        tests=(_test(INTENTS, fresh, is_right), *(_test_type(name, fresh) for name in types)),
        n_rows=len(pairs),
        n_seen=None if seen is None else len(pairs) - len(fresh),
        swapped=_swapped(candidate, production),
        vanished=_vanished(candidate, production),
        outcomes=tuple(_outcome_changes(fresh)),
    )


def _has_grade(prediction: Prediction, *, grades: tuple[Grade, ...]) -> bool:
    return prediction.grade in grades


def _outcome_changes(pairs: Sequence[tuple[Prediction, Prediction]]) -> Iterator[OutcomeChange]:
    for what, is_outside, grades in _OUTCOMES:
        rows = [pair for pair in pairs if (pair[0].example.intent == OUT_OF_SCOPE) is is_outside]
        test = _test(what, rows, partial(_has_grade, grades=grades))
        if test.only_candidate or test.only_production:
            n_before, n_now = (sum(pair[place].grade in grades for pair in rows) for place in (1, 0))
            yield OutcomeChange(what, len(rows), n_before, n_now, test.p_value)


def _test(
    subject: str, pairs: Sequence[tuple[Prediction, Prediction]], is_good: Callable[[Prediction], bool]
) -> PairedTest:
    outcomes = Counter((is_good(new), is_good(old)) for new, old in pairs)
    won, lost = outcomes[True, False], outcomes[False, True]
    return PairedTest(subject, len(pairs), won, lost, exact_mcnemar(won, lost))


def _test_type(entity_type: str, pairs: Sequence[tuple[Prediction, Prediction]]) -> PairedTest:
    """Test on the utterances that have such an entity; right is exactly their spans of the type."""

    def finds(prediction: Prediction) -> bool:
        gold = {(span.start, span.end) for span in prediction.example.entities if span.type == entity_type}
        return gold == {(span.start, span.end) for span in prediction.result.entities if span.type == entity_type}

    having = [pair for pair in pairs if any(span.type == entity_type for span in pair[0].example.entities)]
    return _test(entity_type, having, finds)


def _swapped(candidate: Evaluation, production: Evaluation) -> tuple[tuple[str, ...], ...]:
    """Return cycles of intents, each taken by production for the next, among those that the candidate knows well.

    A new intent that takes examples from an old one makes no cycle: the old one keeps its name.
    """
    called_by_intent: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for new, old in zip(candidate.predictions, production.predictions, strict=True):
        if new.example.intent != OUT_OF_SCOPE:
            called_by_intent[new.example.intent].append((old.intent, new.intent == new.example.intent))
    become: dict[str, str] = {}
    for intent, calls in called_by_intent.items():
        name, count = Counter(name for name, _ in calls).most_common(1)[0]
        is_learnt = 2 * sum(is_known for _, is_known in calls) > len(calls)
        if len(calls) >= MIN_ROWS_OF_INTENT and 2 * count > len(calls) and is_learnt and name != intent:
            become[intent] = name
    circles = []
    for intent in sorted(become):
        circle = [intent]
        while become.get(circle[-1], intent) not in circle:
            circle.append(become[circle[-1]])
        if become.get(circle[-1]) == intent and intent == min(circle):
            circles.append(tuple(circle))
    return tuple(circles)


def _vanished(candidate: Evaluation, production: Evaluation) -> tuple[tuple[str, int], ...]:
    found, before = (
        Counter(span.type for prediction in side.predictions for span in prediction.result.entities)
        for side in (candidate, production)
    )
    return tuple((name, count) for name, count in sorted(before.items()) if count >= MIN_ENTITIES and not found[name])


def intent_differences(first: Evaluation, second: Evaluation) -> pd.DataFrame:
    """Return the share of each intent's utterances that either release answers rightly, and the difference.

    Both were evaluated on the same utterances in the same order; `first` is the release before.

    Returns
    -------
    pandas.DataFrame
        One row per intent, the largest losses first: `intent`, `utterances`, `first`, `second`, `difference` with its
        95 % interval `low` to `high`, and `won`, `lost`.

    References
    ----------
    Agresti & Min, 2005, "Simple improved confidence intervals for comparing matched proportions".
    """
    outcomes: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for old, new in zip(first.predictions, second.predictions, strict=True):
        outcomes[old.example.intent][is_right(old), is_right(new)] += 1
    rows: list[dict[str, Any]] = []
    for intent, counts in outcomes.items():
        n, won, lost = counts.total(), counts[False, True], counts[True, False]
        both = counts[True, True]
        low, high = paired_interval(won, lost, n=n)
        row = {"intent": intent, "utterances": n, "first": (both + lost) / n, "second": (both + won) / n}
        rows.append(row | {"difference": (won - lost) / n, "low": low, "high": high, "won": won, "lost": lost})
    columns = ["intent", "utterances", "first", "second", "difference", "low", "high", "won", "lost"]
    return pd.DataFrame(rows, columns=columns).sort_values(["difference", "intent"], ignore_index=True)


def paired_interval(won: int, lost: int, *, n: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares of the same `n` rows, after Agresti and Min."""
    total, difference = n + 2, (won - lost) / (n + 2)
    half = _Z * math.sqrt(max(0.0, (won + lost + 1) / total - difference**2) / total)
    return max(-1.0, difference - half), min(1.0, difference + half)


def confusion_differences(first: Evaluation, second: Evaluation) -> pd.DataFrame:
    """Return the confusions whose count differs between two releases on the same utterances, the largest growth first.

    Columns: `gold`, `predicted`, `first`, `second`, `change`.
    """
    sides = [side.confusions.set_index(["gold", "predicted"])["count"] for side in (first, second)]
    table = pd.concat(sides, axis=1, keys=["first", "second"]).fillna(0).astype(int).reset_index()
    table["change"] = table["second"] - table["first"]
    changed = table[table["change"] != 0]
    return changed.sort_values(["change", "gold", "predicted"], ascending=[False, True, True], ignore_index=True)
