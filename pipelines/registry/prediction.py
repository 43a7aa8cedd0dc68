"""What a release makes of an utterance: the interpretation, and what it would do at its thresholds.

Registered versions carry this module and everything it imports; see `pipelines.steps.registration.bundle`.
"""

from collections.abc import Iterable, Mapping

from pipelines.nlu.intents.refusal import outcome_of
from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import Intent
from pipelines.schemas.understanding import Prediction

__all__ = ["Prediction", "load_release", "predict_texts"]


def predict_texts(release: Release, texts: Iterable[str]) -> list[Prediction]:
    """Interpret each text as the first message of a conversation; dates keep their written form."""
    intent_by_id = release.definition.intent_by_id()
    return [_predict(release, text, intent_by_id) for text in texts]


def _predict(release: Release, text: str, intent_by_id: Mapping[str, Intent]) -> Prediction:
    result = release.model.parse(text)
    outcome = outcome_of(result, release.definition.thresholds, intent_by_id)
    best = result.ranking[0] if result.ranking else None
    return Prediction.model_construct(
        text=result.text,
        intent=best.intent_id if best is not None else None,
        confidence=best.confidence if best is not None else 0.0,
        decision=outcome.kind,
        reason=outcome.reason,
        options=outcome.options,
        entities=result.entities,
        ranking=result.ranking,
        out_of_scope_score=result.out_of_scope_score,
    )
