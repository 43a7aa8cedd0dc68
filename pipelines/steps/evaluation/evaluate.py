"""Step 5: evaluate a model on utterances it has not seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.shares import wilson_interval
from pipelines.steps.evaluation.metrics import (
    PrecisionRecallF1,
    Span,
    area_under_roc,
    expected_calibration_error,
    f1_intervals,
    macro_f1,
    scores_per_label,
    scores_per_type,
    span_scores,
)
from pipelines.steps.evaluation.predictions import GRADES, Grade, Prediction, message_costs, predict


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on one set of utterances.

    Attributes
    ----------
    metrics
        Figures by name; intent figures are over the in-scope rows, shares lie in [0, 1]. Six of them add up to 1, one
        per grade: `effective_accuracy` (answered right), `answered_wrong`, `asked_right`, `asked_wrong`,
        `needless_fallback` and `justified_fallback`. So do three over the out-of-scope rows: `out_of_scope_recall`
        (refused), `out_of_scope_asked` and `out_of_scope_answered`.
    outcomes
        One row per grade, in the order of `GRADES`: `outcome`, counts of the rows `in_scope` and `out_of_scope`, and
        their shares `in_scope_share` and `out_of_scope_share`.
    per_intent, per_entity
        One row per label: precision, recall, F1 with its 95 % bootstrap interval `low` to `high`, and support.
    confusions
        Wrong in-scope predictions: gold intent, predicted intent, count; the most frequent first.
    predictions
        One per utterance, in order.
    """

    metrics: dict[str, float]
    outcomes: pd.DataFrame
    per_intent: pd.DataFrame
    per_entity: pd.DataFrame
    confusions: pd.DataFrame
    predictions: tuple[Prediction, ...]


def evaluate_model(
    model: NluModel,
    examples: Sequence[Example],
    *,
    thresholds: Thresholds | None = None,
    intent_by_id: Mapping[str, Intent] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate a model on labelled utterances that it was not trained on.

    Figures that need missing rows are left out; intent `__oos__` marks rows out of scope. `thresholds` default to those
    fitted with the model. Only the intents of `intent_by_id` are answered and asked about; by default all that the
    model knows.
    """
    return measure(predict(model, examples, thresholds=thresholds, intent_by_id=intent_by_id, progress=progress))


def measure(predictions: Sequence[Prediction]) -> Evaluation:
    """Compute the figures from predictions; the second half of `evaluate_model`."""
    in_scope = [prediction for prediction in predictions if prediction.example.intent != OUT_OF_SCOPE]
    outside = [prediction for prediction in predictions if prediction.example.intent == OUT_OF_SCOPE]
    gold = [prediction.example.intent for prediction in in_scope]
    predicted = [prediction.intent for prediction in in_scope]
    gold_spans, predicted_spans = spans_of(in_scope)
    metrics: dict[str, float] = {"n_examples": float(len(predictions))}
    if predictions:
        metrics["expected_cost"] = float(message_costs(predictions).mean())
    if in_scope:
        metrics |= _intent_metrics(in_scope) | _latency(predictions)
    if any(gold_spans):
        exact, overlap = (span_scores(gold_spans, predicted_spans, overlap=how) for how in (False, True))
        metrics |= {"entity_f1": exact.f1, "entity_precision": exact.precision, "entity_recall": exact.recall}
        metrics |= {"entity_f1_overlap": overlap.f1, "n_entities": float(exact.support)}
        metrics |= _entity_interval(gold_spans, predicted_spans)
    if outside:
        metrics |= _out_of_scope_metrics(in_scope, outside)
    return Evaluation(
        metrics=metrics,
        outcomes=_outcomes(in_scope, outside),
        per_intent=_table(
            scores_per_label(gold, predicted),
            "intent",
            gold=[Counter([name]) for name in gold],
            predicted=[Counter([name]) for name in predicted],
            hits=[Counter([g] if g == p else []) for g, p in zip(gold, predicted, strict=True)],
        ),
        per_entity=_table(
            scores_per_type(gold_spans, predicted_spans),
            "type",
            gold=[_types(spans) for spans in gold_spans],
            predicted=[_types(spans) for spans in predicted_spans],
            hits=[_types(set(g) & set(p)) for g, p in zip(gold_spans, predicted_spans, strict=True)],
        ),
        confusions=_confusions(gold, predicted),
        predictions=tuple(predictions),
    )


def _outcomes(in_scope: Sequence[Prediction], outside: Sequence[Prediction]) -> pd.DataFrame:
    table = pd.DataFrame({"outcome": list(GRADES)})
    for name, predictions in (("in_scope", in_scope), ("out_of_scope", outside)):
        count_by_grade = Counter(prediction.grade for prediction in predictions)
        table[name] = [count_by_grade[grade] for grade in GRADES]
        table[f"{name}_share"] = table[name] / (len(predictions) or np.nan)
    return table


def _intent_metrics(in_scope: Sequence[Prediction]) -> dict[str, float]:
    gold = [prediction.example.intent for prediction in in_scope]
    predicted = [prediction.intent for prediction in in_scope]
    correct = np.array([prediction.is_right for prediction in in_scope])
    count_by_grade = Counter(prediction.grade for prediction in in_scope)
    share: dict[Grade, float] = {grade: count_by_grade[grade] / len(in_scope) for grade in GRADES}
    confidence = np.array([prediction.confidence for prediction in in_scope])
    low, high = wilson_interval(int(correct.sum()), len(correct))
    return {
        "n_in_scope": float(len(in_scope)),
        "accuracy": float(correct.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_f1": macro_f1(gold, predicted),
        "effective_accuracy": share["answered right"],
        "answered_wrong": share["answered wrong"],
        "asked_right": share["asked, right one offered"],
        "asked_wrong": share["asked, not offered"],
        "needless_fallback": share["refused needlessly"],
        "justified_fallback": share["refused rightly"],
        "calibration_error": expected_calibration_error(confidence, correct),
    }


def _entity_interval(gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> dict[str, float]:
    hits = [len(set(g) & set(p)) for g, p in zip(gold, predicted, strict=True)]
    counts = (hits, [len(spans) for spans in predicted], [len(spans) for spans in gold])
    low, high = f1_intervals(*(np.array(each)[:, None] for each in counts))
    return {"entity_f1_low": float(low[0]), "entity_f1_high": float(high[0])}


def _latency(predictions: Sequence[Prediction]) -> dict[str, float]:
    wall = np.array([prediction.wall_ms for prediction in predictions])
    cpu = np.array([prediction.cpu_ms for prediction in predictions])
    p50, p95 = np.percentile(wall, [50, 95])
    return {
        "latency_ms_p50": float(p50),
        "latency_ms_p95": float(p95),
        "cpu_ms_mean": float(cpu.mean()),
        "cpu_ms_p95": float(np.percentile(cpu, 95)),
    }


def _out_of_scope_metrics(in_scope: Sequence[Prediction], outside: Sequence[Prediction]) -> dict[str, float]:
    count_by_kind = Counter(prediction.outcome.kind for prediction in outside)
    metrics = {
        "n_out_of_scope": float(len(outside)),
        "out_of_scope_recall": count_by_kind["refused"] / len(outside),
        "out_of_scope_asked": count_by_kind["asked"] / len(outside),
        "out_of_scope_answered": count_by_kind["answered"] / len(outside),
    }
    if in_scope:
        scores = [np.array([prediction.out_of_scope_score for prediction in rows]) for rows in (outside, in_scope)]
        metrics["out_of_scope_auroc"] = area_under_roc(scores[0], scores[1])
    return metrics


def spans_of(predictions: Sequence[Prediction]) -> tuple[list[list[Span]], list[list[Span]]]:
    """Return the annotated spans of each utterance, and the predicted ones."""
    gold = [[(s.start, s.end, s.type) for s in prediction.example.entities] for prediction in predictions]
    found = [[(s.start, s.end, s.type) for s in prediction.result.entities] for prediction in predictions]
    return gold, found


def _types(spans: Iterable[Span]) -> Counter[str]:
    return Counter(span[2] for span in spans)


def _table(scores: dict[str, PrecisionRecallF1], label: str, **counts_by_row: Sequence[Counter[str]]) -> pd.DataFrame:
    """Return one row per label, with the interval of its F1 from the counts per utterance."""
    arrays = {
        name: np.array([[row[each] for each in scores] for row in rows]).reshape(len(rows), len(scores))
        for name, rows in counts_by_row.items()
    }
    low, high = f1_intervals(arrays["hits"], arrays["predicted"], arrays["gold"])
    rows: list[dict[str, Any]] = [{label: name, **vars(score)} for name, score in scores.items()]
    table = pd.DataFrame(rows, columns=[label, "precision", "recall", "f1", "support"])
    table.insert(4, "low", low)
    table.insert(5, "high", high)
    return table


def _confusions(gold: Sequence[str], predicted: Sequence[str]) -> pd.DataFrame:
    wrong = [(g, p) for g, p in zip(gold, predicted, strict=True) if g != p]
    frame = pd.DataFrame(wrong, columns=["gold", "predicted"])
    counted = frame.value_counts().rename("count").reset_index()
    return counted.sort_values(["count", "gold", "predicted"], ascending=[False, True, True], ignore_index=True)
