"""Why a text was interpreted as it was: contributions of the model's parts, features, nearest examples."""

from collections.abc import Mapping
from datetime import datetime

from pipelines.nlu.features.features import Utterance
from pipelines.nlu.intents.refusal import outcome_of
from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import Intent
from pipelines.schemas.explanation import (
    Explanation,
    FeatureWeight,
    IntentContributions,
    ScopeSignal,
    SignalName,
    SimilarExample,
)
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import NluResult

N_INTENTS = 5
N_NEAREST = 5
_N_WORDS, _N_CHARACTERS = 5, 3
"""Number of features shown for the intent, and against it; runs of characters mostly repeat the words."""


def explain_text(
    model: NluModel,
    text: str,
    *,
    intent_by_id: Mapping[str, Intent] | None = None,
    now: datetime | None = None,
    form: str | None = None,
) -> Explanation:
    """Interpret one utterance and explain why, in some milliseconds, for an admin page or a notebook.

    The explanation has the weightiest features, the most similar training examples, the out-of-scope signals, and the
    verdict at the fitted thresholds. With `intent_by_id`, only the release's intents are answered and asked about.
    `form` is the intent whose form took the text, if one did.
    """
    result = model.parse(text, now=now)
    verdict = verdict_of(result, model.thresholds_, intent_by_id)
    if form is not None:
        verdict = f"Form: the form of {form} took the text. Outside a form: {verdict[0].lower()}{verdict[1:]}"
    if not result.ranking:
        return Explanation(
            result=result,
            read_as=result.text,
            intents=(),
            features=(),
            nearest=(),
            scope=(),
            thresholds=model.thresholds_,
            verdict=verdict,
        )
    utterance = model.features_.read(result.text)
    intents = model.classifier_.intents_
    nearest = model.nearest_.find(utterance, model.features_, count=N_NEAREST)
    return Explanation(
        result=result,
        read_as=utterance.read_as,
        intents=_contributions(model, utterance, result),
        features=_features(model, utterance, intents.index(result.ranking[0].intent_id)),
        nearest=tuple(
            SimilarExample(text=text, intent_id=intents[column], similarity=cosine) for text, column, cosine in nearest
        ),
        scope=_scope(model, utterance),
        thresholds=model.thresholds_,
        verdict=verdict,
    )


def verdict_of(result: NluResult, thresholds: Thresholds, intent_by_id: Mapping[str, Intent] | None = None) -> str:
    """Describe how routing treats a reading outside a form; without intents, all that are ranked count."""
    outcome = outcome_of(result, thresholds, intent_by_id)
    if outcome.kind == "asked":
        close = " and ".join(outcome.options) if len(outcome.options) == 2 else ", ".join(outcome.options)
        return f"Asked: the customer chooses between {close}, which are close and together likely enough."
    if outcome.reason == "nothing-to-read":
        return "Fallback: the text has no letter or digit."
    if outcome.reason == "nothing-known":
        return "Fallback: no word in the text was taught, nor most of one, and the encoder knows none either."
    best = result.ranking[0]
    match outcome.reason:
        case "too-unsure":
            return (
                f"Fallback: {best.intent_id} is the likeliest intent, but its confidence {best.confidence:.2f} is "
                f"below {thresholds.confidence:.2f}."
            )
        case "too-far-out":
            return (
                f"Fallback: {best.intent_id} is the likeliest intent, but the text is unlike anything taught: its "
                f"out-of-scope score {result.out_of_scope_score:.2f} is above {thresholds.out_of_scope:.2f}."
            )
        case "not-in-release":
            return f"Fallback: {best.intent_id} is the likeliest intent, but the release does not have it."
    return f"Answered as {best.intent_id}: its confidence {best.confidence:.2f} reaches {thresholds.confidence:.2f}."


def _contributions(model: NluModel, utterance: Utterance, result: NluResult) -> tuple[IntentContributions, ...]:
    words, sentence, prototypes, constant = model.classifier_.contributions(utterance.sparse, utterance.sentence)
    decisions = words + sentence + prototypes + constant
    rows = []
    for score in result.ranking[:N_INTENTS]:
        column = model.classifier_.intents_.index(score.intent_id)
        rows.append(
            IntentContributions(
                intent_id=score.intent_id,
                confidence=score.confidence,
                decision=float(decisions[column]),
                words=float(words[column]),
                sentence=float(sentence[column]),
                prototypes=float(prototypes[column]),
                constant=float(constant[column]),
            )
        )
    return tuple(rows)


def _features(model: NluModel, utterance: Utterance, intent: int) -> tuple[FeatureWeight, ...]:
    weight_by_column = dict(zip(utterance.sparse.columns.tolist(), utterance.sparse.weights.tolist(), strict=True))
    coefficients = model.classifier_.coefficients_
    weighed = [
        (is_word, ngram, weight_by_column[column] * float(coefficients[column, intent]))
        for is_word, ngram, column in model.features_.sparse_.named(utterance.read_as)
    ]
    chosen: list[FeatureWeight] = []
    for wanted, count in ((True, _N_WORDS), (False, _N_CHARACTERS)):
        ordered = sorted(((ngram, weight) for is_word, ngram, weight in weighed if is_word == wanted), key=_by_weight)
        speaking = [row for row in ordered if row[1] > 0.0][:count] + [row for row in ordered if row[1] < 0.0][-count:]
        chosen += [
            FeatureWeight(kind="word" if wanted else "characters", ngram=ngram, weight=weight)
            for ngram, weight in speaking
        ]
    return tuple(chosen)


def _by_weight(row: tuple[str, float]) -> float:
    return -row[1]


def _scope(model: NluModel, utterance: Utterance) -> tuple[ScopeSignal, ...]:
    values = model.confidence_model_.signals(model.classifier_, utterance)
    usual, spread = model.confidence_model_.scope_.means_, model.confidence_model_.scope_.spreads_
    distances = (usual - values) / spread
    names: tuple[SignalName, ...] = (
        "pattern of decisions",
        "closeness to the nearest kind",
        "lead of the likeliest intent",
        "words its examples use",
    )
    return tuple(
        ScopeSignal(name=name, value=float(value), usual=float(mean), distance=float(distance))
        for name, value, mean, distance in zip(names, values, usual, distances, strict=True)
    )
