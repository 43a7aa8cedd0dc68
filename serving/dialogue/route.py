"""Which intent a turn belongs to, and why."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.bot import CANCEL_INTENT, FALLBACK_INTENT
from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.state import Form


class Route(BaseModel):
    """The decision. `form`: the active form keeps the turn; `cancel`: it ends; `fallback`: nothing was understood."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["intent", "form", "cancel", "fallback"]
    intent_id: str
    confidence: float | None
    why: str


def _sure_intent(nlu: NluResult, thresholds: Thresholds) -> tuple[str | None, str]:
    """Give the intent that is likely enough, and the reason for or against it."""
    if not nlu.ranking:
        return None, "nothing to read"
    best = nlu.ranking[0]
    if best.confidence < thresholds.confidence:
        return None, f"confidence below {thresholds.confidence:g}"
    if len(nlu.ranking) > 1 and best.confidence - nlu.ranking[1].confidence < thresholds.margin:
        return None, f"margin to {nlu.ranking[1].intent_id} below {thresholds.margin:g}"
    score, limit = nlu.out_of_scope_score, thresholds.out_of_scope
    if score is not None and limit is not None and score > limit:
        return None, f"out-of-scope score above {limit:g}"
    return best.intent_id, "most likely"


def choose_route(
    interpretation: Interpretation, *, thresholds: Thresholds, intent_ids: frozenset[str], form: Form | None
) -> Route:
    """Decide whose turn it is.

    An active form keeps the turn whatever else was understood; only `cancel` ends it. Without one, an intent that is
    not sure enough, or that the release does not have, is the fallback's.

    Parameters
    ----------
    interpretation
        The message, read.
    thresholds
        The release's.
    intent_ids
        Intents of the release.
    form
        The form whose answers are being collected, if any.

    Returns
    -------
    Route
        The decision. Its confidence is the model's for the most likely intent, also where that was not enough; None
        for a shortcut and for a text that says nothing.
    """
    if interpretation.nlu is None:
        wanted, why, confidence = interpretation.shortcut, "shortcut", None
    else:
        ranking = interpretation.nlu.ranking
        wanted, why = _sure_intent(interpretation.nlu, thresholds)
        confidence = ranking[0].confidence if ranking else None
    if form is not None:
        if wanted == CANCEL_INTENT:
            return Route(kind="cancel", intent_id=CANCEL_INTENT, confidence=confidence, why=why)
        return Route(kind="form", intent_id=form.intent_id, confidence=confidence, why=f"form is active; {why}")
    if wanted is None:
        return Route(kind="fallback", intent_id=FALLBACK_INTENT, confidence=confidence, why=why)
    if wanted not in intent_ids:
        why = f"the release has no intent {wanted!r}"
        return Route(kind="fallback", intent_id=FALLBACK_INTENT, confidence=confidence, why=why)
    return Route(kind="intent", intent_id=wanted, confidence=confidence, why=why)
