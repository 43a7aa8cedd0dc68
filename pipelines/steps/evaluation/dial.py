"""What the fitted thresholds mean for customers, in words, and what others would mean: the dial `needless_limit`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from pipelines.nlu.intents.refusal import outcome_of
from pipelines.nlu.intents.thresholds import Costs
from pipelines.nlu.model import NluModel
from pipelines.schemas import html
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.thresholds import Thresholds
from pipelines.shares import wilson_interval
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.predictions import Prediction

LIMITS = (0.01, 0.02, 0.05)
"""Limits that are tried beside the chosen one. The cost of a refusal moves the thresholds far less than they do."""


@dataclass(frozen=True)
class Dial:
    """The chosen thresholds beside those of other limits, on utterances that the model has not learnt from.

    Attributes
    ----------
    choices
        One row per `needless_limit`: `confidence` and `out_of_scope` (the thresholds fitted at it), the in-scope shares
        `needless` (refused though understood rightly) and `wrong` (answered wrongly), the out-of-scope share `outside`
        (answered) with its 95 % interval `low` to `high`, and `chosen`. Shares of nothing are NaN.
    n_inside, n_outside
        Number of utterances that some intent should take, and that none should.
    """

    choices: pd.DataFrame
    n_inside: int
    n_outside: int

    def sentences(self) -> list[str]:
        """Describe what the chosen thresholds mean, why a costlier one was not taken, and how to choose others."""
        row = self.choices[self.choices["chosen"]].iloc[0]
        lines = [
            f"{self._outside(row)} Of {self.n_inside:,} that some intent should take, {row['needless']:.1%} are "
            f"refused although they were understood, and {row['wrong']:.1%} get a wrong answer.",
            "Thresholds are fitted on other utterances than these, and may refuse at most "
            f"{100 * row['needless_limit']:g} % of the rightly understood there (`needless_limit`). In the plot, the "
            "grey thresholds refuse more than that: they may cost less, but customers who wrote clearly would be asked "
            "again.",
        ]
        if self.n_outside:
            lines.append("To refuse more of what is out of scope, train with another `needless_limit`:")
        return lines

    def _outside(self, row: pd.Series) -> str:
        if not self.n_outside:
            return (
                "There is no out-of-scope utterance to measure on, so it is unknown how many customers who want "
                "something else get an answer; collect some in a file (`--out-of-scope`)."
            )
        return (
            f"Of {self.n_outside:,} out-of-scope messages, {row['outside']:.0%} (95 % interval {row['low']:.0%} to "
            f"{row['high']:.0%}) get an answer that is meant for something else."
        )

    def _repr_html_(self) -> str:
        header = (
            "needless_limit",
            "out of scope, yet answered",
            "95 % interval",
            "refused needlessly",
            "answered wrongly",
        )
        rows = [
            (
                f"{row['needless_limit']:g}{' (chosen)' if row['chosen'] else ''}",
                f"{row['outside']:.0%}",
                f"{row['low']:.0%} to {row['high']:.0%}",
                f"{row['needless']:.1%}",
                f"{row['wrong']:.1%}",
            )
            for row in self.choices.to_dict("records")
        ]
        return html.block(*map(html.line, self.sentences()), html.table(header, rows) if self.n_outside else "")


def turn_dial(
    model: NluModel,
    evaluation: Evaluation,
    *,
    outside: Sequence[str],
    intent_by_id: Mapping[str, Intent] | None = None,
) -> Dial:
    """Measure what other limits would have meant, on the utterances of an evaluation; nothing is read again.

    `model` has just been trained, and `outside` are the out-of-scope texts that it was trained on.
    """
    costs, chosen = model.costs or Costs(), model.thresholds_
    rows = []
    for limit in sorted({*LIMITS, costs.needless_limit}):
        is_chosen = limit == costs.needless_limit
        fitted = model.thresholds_at(replace(costs, needless_limit=limit), outside=outside)
        at = chosen if is_chosen else fitted.model_copy(update={"clarify": chosen.clarify})
        rows.append({"needless_limit": limit, **_shares(evaluation.predictions, at, intent_by_id), "chosen": is_chosen})
    n_outside = sum(each.example.intent == OUT_OF_SCOPE for each in evaluation.predictions)
    return Dial(pd.DataFrame(rows), len(evaluation.predictions) - n_outside, n_outside)


def _shares(
    predictions: Sequence[Prediction], thresholds: Thresholds, intent_by_id: Mapping[str, Intent] | None
) -> dict[str, object]:
    moved = [replace(each, outcome=outcome_of(each.result, thresholds, intent_by_id)) for each in predictions]
    inside = Counter(each.grade for each in moved if each.example.intent != OUT_OF_SCOPE)
    beyond = Counter(each.outcome.kind for each in moved if each.example.intent == OUT_OF_SCOPE)
    low, high = wilson_interval(beyond["answered"], beyond.total())
    return {
        "confidence": thresholds.confidence,
        "out_of_scope": thresholds.out_of_scope,
        "needless": _share(inside["refused needlessly"], inside.total()),
        "wrong": _share(inside["answered wrong"], inside.total()),
        "outside": _share(beyond["answered"], beyond.total()),
        "low": low,
        "high": high,
    }


def _share(count: int, total: int) -> float:
    return count / total if total else float("nan")
