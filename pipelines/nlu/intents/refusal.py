"""The one rule that decides about a message: it is answered, clarified ("did you mean"), or refused.

The live route, the explanation, the evaluation, the trade-off curve, mining and the fitting of thresholds all call it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipelines.schemas.bot import SYSTEM_INTENTS, Intent
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult

MAX_OPTIONS = 3
CLOSE = 0.4
"""Minimum confidence of an option, as a share of the top intent's.

Cross-validated on the sample bot's training part with the default of `Thresholds.clarify`, 1.9 % of the utterances are
clarified; of these, the top intent is right in 46 % and one of the options in 83 %."""
NOTHING_KNOWN = 100.0
"""Out-of-scope score of a text in which nothing is known (see `familiarity`): above that of any other text."""
NOTHING = -np.inf
"""A missing confidence or score: below every confidence threshold, and above no limit of the score."""

Reason = Literal["nothing-to-read", "nothing-known", "too-unsure", "too-far-out", "not-in-release"]

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision about a message outside a form.

    `answered`: `intent_id` takes the turn. `asked`: the customer is asked which of the two or three `options` is meant,
    the likeliest first. `refused`: the fallback takes the turn, or a language model if the bot has one. `intent_id` is
    the top intent if it is sure enough, even if the release does not have it. `reason` is why it does not take the
    turn; a message that is asked about has one only if it would have been refused otherwise.
    """

    kind: Literal["answered", "asked", "refused"]
    intent_id: str | None
    reason: Reason | None = None
    options: tuple[str, ...] = ()


def outcome_of(
    result: NluResult, thresholds: Thresholds, intent_by_id: Mapping[str, Intent] | None, *, may_ask: bool = True
) -> Outcome:
    """Decide about a message. Asking takes precedence, whether or not the top intent is sure.

    Without `intent_by_id` there is no release, and every intent of the model is the bot's. `may_ask` is the dialogue's
    decision whether the customer may be asked now.
    """
    reason = reason_to_refuse(result, thresholds)
    intent_id = None if reason is not None else result.ranking[0].intent_id
    if intent_id is not None and intent_by_id is not None and intent_id not in intent_by_id:
        reason = "not-in-release"
    options = options_to_offer(result, thresholds, intent_by_id) if may_ask else ()
    if options:
        return Outcome("asked", intent_id, reason, options)
    return Outcome("answered" if reason is None else "refused", intent_id, reason)


def reason_to_refuse(result: NluResult, thresholds: Thresholds) -> Reason | None:
    """Return why the top intent is not sure enough (the first reason of several), or None if it is.

    A text in which nothing is known is refused whatever the thresholds: also in a bot too small to have a limit on the
    out-of-scope score.
    """
    if not result.ranking:
        return "nothing-to-read"
    if _score_of(result) >= NOTHING_KNOWN:
        return "nothing-known"
    if _is_unsure(result.ranking[0].confidence, thresholds):
        return "too-unsure"
    return "too-far-out" if _is_far_out(_score_of(result), thresholds) else None


def options_to_offer(
    result: NluResult, thresholds: Thresholds, intent_by_id: Mapping[str, Intent] | None
) -> tuple[str, ...]:
    """Return the intents to choose from, likeliest first; empty if there is nothing to ask.

    These are two intents, or else three, that are close to each other, together at least as likely as
    `thresholds.clarify`, and all of them requests that customers make. A text that is too far out is never asked about.
    """
    if thresholds.clarify is None or _is_far_out(_score_of(result), thresholds):
        return ()
    for n_options in range(2, MAX_OPTIONS + 1):
        best = result.ranking[:n_options]
        if len(best) < n_options or not _are_requests(best, intent_by_id):
            return ()
        if best[-1].confidence < CLOSE * best[0].confidence:
            return ()
        if sum(row.confidence for row in best) >= thresholds.clarify:
            return tuple(row.intent_id for row in best)
    return ()


def refused_mask(confidence: FloatArray, out_of_scope: FloatArray, thresholds: Thresholds) -> BoolArray:
    """Return which of many messages are refused unless they are asked about; `columns_of` returns the arrays."""
    refused: BoolArray = _is_unsure(confidence, thresholds) | _is_far_out(out_of_scope, thresholds)
    return refused


def columns_of(
    results: Sequence[NluResult], intent_by_id: Mapping[str, Intent] | None
) -> tuple[FloatArray, FloatArray]:
    """Return the arrays for `refused_mask`, shape ``(n,)`` each: confidence of the top intent, and out-of-scope score.

    The confidence is `NOTHING` without a top intent in the release, the score if the model has none.
    """
    best = [result.ranking[0] if result.ranking else None for result in results]
    confidence = [
        NOTHING if row is None or (intent_by_id is not None and row.intent_id not in intent_by_id) else row.confidence
        for row in best
    ]
    return np.array(confidence, dtype=float), np.array([_score_of(result) for result in results], dtype=float)


# both comparisons take a number or an array, so that decisions about one message and counts over many agree
def _is_unsure(confidence: Any, thresholds: Thresholds) -> Any:
    return confidence < thresholds.confidence


def _is_far_out(score: Any, thresholds: Thresholds) -> Any:
    limit = np.inf if thresholds.out_of_scope is None else thresholds.out_of_scope
    return (score > limit) | (score >= NOTHING_KNOWN)


def _score_of(result: NluResult) -> float:
    return NOTHING if result.out_of_scope_score is None else result.out_of_scope_score


def _are_requests(rows: Sequence[IntentScore], intent_by_id: Mapping[str, Intent] | None) -> bool:
    if any(row.intent_id in SYSTEM_INTENTS for row in rows):
        return False
    if intent_by_id is None:
        return True
    found = [intent_by_id.get(row.intent_id) for row in rows]
    return all(intent is not None and intent.user_defined for intent in found)
