"""Drift: whether customers now write other messages than a release was measured on, week by week.

Measured by the population stability index (PSI) of the predicted intents and of their confidence, and by the share of
words that no training example has. By convention a PSI below 0.1 means no change and one above 0.25 a large change.
With few messages a PSI is large by chance alone; its distribution under chance is known and accounted for.

References
----------
Siddiqi, 2006, "Credit Risk Scorecards": the index and the bounds 0.1 and 0.25.
Yurdakul, 2018, "Statistical Properties of Population Stability Index": without any change it is distributed as
(1/n + 1/m) times chi-squared with one degree of freedom less than there are categories.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from scipy.stats import chi2

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import week_of
from pipelines.shares import describe_share
from pipelines.steps.data.turns import rows_of
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.profile import Profile, words_of

SMALL, LARGE = 0.1, 0.25
_PRIOR = 0.5
"""Added to each count: an intent that one side has never seen would make the index infinite (Jeffreys prior)."""
_CHANCE = 0.95
DRIFT_COLUMNS = ("week", "messages", "psi_intents", "psi_confidence", "unknown_words", "psi_week_before", "reading")
"""Columns of the weekly table.

week
    ISO week, such as `2026-W48`.
messages
    Messages read by the model, answers to a form's question excluded.
psi_intents, psi_confidence
    Against the held-out rows of the training.
unknown_words
    Share of words that no training example has, in [0, 1].
psi_week_before
    PSI of the predicted intents against the week before; NaN for the first.
reading
    What `psi_intents` and `psi_confidence` mean.
"""

Reading = Literal["stable", "shifted", "changed", "too few"]
_WORDS: dict[Reading, str] = {
    "stable": "no change beyond chance",
    "shifted": "something has shifted: worth a look",
    "changed": "customers write other messages than the release was trained on",
    "too few": "too few messages to tell",
}


@dataclass(frozen=True)
class Index:
    """A PSI and the value that chance alone exceeds one time in twenty."""

    value: float
    by_chance: float

    @property
    def reading(self) -> Reading:
        """What the value means; if chance alone can make it large, a small change cannot be told."""
        if self.value > max(LARGE, self.by_chance):
            return "changed"
        if self.by_chance > LARGE:
            return "too few"
        return "shifted" if self.value > max(SMALL, self.by_chance) else "stable"


@dataclass(frozen=True)
class Drift:
    """Drift over a period.

    Attributes
    ----------
    intents, confidence
        PSI against the profile of the training.
    unknown_words, unknown_words_before
        Share of words without an example, now and in the held-out rows of the training.
    n_messages
        Number of messages.
    n_held_out
        Number of held-out rows of the training.
    n_words, n_words_before
        Number of words that the shares of unknown words are of.
    weeks
        One row per week, with the columns `DRIFT_COLUMNS`.
    risen
        Intents predicted more often than at training: name, share then, share now; the largest change first.
    """

    intents: Index
    confidence: Index
    unknown_words: float
    unknown_words_before: float
    n_messages: int
    n_held_out: int
    n_words: int
    n_words_before: int
    weeks: pd.DataFrame
    risen: tuple[tuple[str, float, float], ...]

    @property
    def reading(self) -> Reading:
        """What intents and confidence mean together."""
        return _graver(self.intents.reading, self.confidence.reading)

    @property
    def largest(self) -> float:
        """The larger index, 0 if there are too few messages to tell."""
        told = [index.value for index in (self.intents, self.confidence) if index.reading != "too few"]
        return max(told, default=0.0)

    def sentences(self) -> list[str]:
        """Describe the drift in plain words."""
        lines = [f"{self.n_messages:,} messages: {_WORDS[self.reading]}"]
        for name, index in (("intents", self.intents), ("confidence", self.confidence)):
            chance = f"; chance alone makes up to {index.by_chance:.2f} of so few" if index.by_chance > SMALL else ""
            lines.append(f"  {name:<11} PSI {index.value:.2f} ({index.reading}{chance})")
        now = describe_share(self.unknown_words, n=self.n_words)
        then = describe_share(self.unknown_words_before, n=self.n_words_before)
        lines.append(f"  new words   {now} of all words have no example; of those held out at training {then}")
        for intent, share_then, share_now in self.risen[:3]:
            now = describe_share(share_now, n=self.n_messages)
            lines.append(f"  {intent}: {now} of messages; at training {describe_share(share_then, n=self.n_held_out)}")
        return lines


def baseline_of(evaluation: Evaluation, learnt: pd.DataFrame) -> Profile:
    """Profile the in-scope held-out rows of a training, for later comparisons; `learnt` are its training rows."""
    rows = [each for each in evaluation.predictions if each.example.intent != OUT_OF_SCOPE and each.intent]
    return Profile.of(
        (row.intent for row in rows),
        (row.confidence for row in rows),
        (row.example.text for row in rows),
        vocabulary=vocabulary_of(learnt),
    )


def vocabulary_of(frame: pd.DataFrame) -> frozenset[str]:
    """Return every word of some examples."""
    return frozenset(word for text in frame["text"].tolist() for word in words_of(text))


def population_stability(before: Mapping[str, int], now: Mapping[str, int]) -> Index:
    """Compare how often each category occurs, from counts by category.

    A category missing on one side counts as 0 there.

    Raises
    ------
    ValueError
        One side has no count at all.
    """
    n, m = sum(before.values()), sum(now.values())
    if not n or not m:
        raise ValueError("there is nothing to compare")
    names = before.keys() | now.keys()
    shares = [
        [(counts.get(name, 0) + _PRIOR) / (total + _PRIOR * len(names)) for name in names]
        for counts, total in ((before, n), (now, m))
    ]
    value = sum((new - old) * math.log(new / old) for old, new in zip(*shares, strict=True))
    quantile = float(chi2.ppf(_CHANCE, len(names) - 1)) if len(names) > 1 else 0.0
    return Index(value, (1 / n + 1 / m) * quantile)


def measure_drift(turns: pd.DataFrame, baseline: Profile, *, vocabulary: frozenset[str]) -> Drift | None:
    """Compare messages in production with the profile of a training.

    Return None if there is nothing to compare: no message that the model has read, or a training without held-out rows.
    `turns` has the columns `turns.TURN_COLUMNS`; `vocabulary` are the words of the training examples.
    """
    read = turns[(turns["intent"] != "") & (turns["route"] != "form")]
    if read.empty or not baseline.n_messages:
        return None
    whole = _profile(read, vocabulary)
    rows: list[dict[str, object]] = []
    before: Profile | None = None
    for week, messages in read.groupby([week_of(row.said_at) for row in rows_of(read)], sort=True):
        profile = _profile(messages, vocabulary)
        intents, confidence = _compared(baseline, profile)
        rows.append(
            {
                "week": week,
                "messages": profile.n_messages,
                "psi_intents": intents.value,
                "psi_confidence": confidence.value,
                "unknown_words": profile.unknown_share,
                "psi_week_before": population_stability(before.intents, profile.intents).value if before else math.nan,
                "reading": _graver(intents.reading, confidence.reading),
            }
        )
        before = profile
    intents, confidence = _compared(baseline, whole)
    return Drift(
        intents=intents,
        confidence=confidence,
        unknown_words=whole.unknown_share,
        unknown_words_before=baseline.unknown_share,
        n_messages=whole.n_messages,
        n_held_out=baseline.n_messages,
        n_words=whole.n_words,
        n_words_before=baseline.n_words,
        weeks=pd.DataFrame(rows, columns=list(DRIFT_COLUMNS)),
        risen=_risen(baseline, whole),
    )


def _profile(read: pd.DataFrame, vocabulary: frozenset[str]) -> Profile:
    return Profile.of(
        read["intent"].tolist(), read["confidence"].tolist(), read["text"].tolist(), vocabulary=vocabulary
    )


def _compared(before: Profile, now: Profile) -> tuple[Index, Index]:
    bins = [{str(number): count for number, count in enumerate(each.confidence)} for each in (before, now)]
    return population_stability(before.intents, now.intents), population_stability(*bins)


def _graver(first: Reading, second: Reading) -> Reading:
    order: tuple[Reading, ...] = ("changed", "shifted", "too few", "stable")
    return min(first, second, key=order.index)


def _risen(before: Profile, now: Profile) -> tuple[tuple[str, float, float], ...]:
    shares = [
        (name, before.intents.get(name, 0) / before.n_messages, count / now.n_messages)
        for name, count in now.intents.items()
    ]
    risen = [row for row in shares if row[2] > row[1]]
    return tuple(sorted(risen, key=lambda row: row[1] - row[2]))
