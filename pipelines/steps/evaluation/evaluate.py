"""Step 5: measure a model on utterances it has not seen."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.nlu.intents.thresholds import Costs
from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import NluResult
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
    wilson_interval,
)


@dataclass(frozen=True)
class Prediction:
    """What the model says of one labelled utterance.

    Attributes
    ----------
    example
        The utterance and its labels.
    result
        The understanding.
    is_fallback
        Whether the fitted thresholds refuse it.
    wall_ms, cpu_ms
        What the understanding took, in milliseconds of the clock and of one core.
    """

    example: Example
    result: NluResult
    is_fallback: bool
    wall_ms: float
    cpu_ms: float

    @property
    def intent(self) -> str:
        """The top intent before any threshold; empty if nothing was ranked."""
        return self.result.ranking[0].intent_id if self.result.ranking else ""

    @property
    def confidence(self) -> float:
        """Confidence of the top intent, in [0, 1]."""
        return self.result.ranking[0].confidence if self.result.ranking else 0.0

    @property
    def out_of_scope_score(self) -> float:
        """The model's out-of-scope score, or 1 - confidence for a model without one."""
        score = self.result.out_of_scope_score
        return 1.0 - self.confidence if score is None else score


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on one set of utterances.

    Attributes
    ----------
    metrics
        Name to figure; intent figures are over the in-scope rows, shares lie in [0, 1].
    per_intent, per_entity
        Precision, recall, F1 with its 95 % bootstrap interval `low` to `high`, and support; one row a label.
    confusions
        Wrong in-scope predictions: gold intent, predicted intent, count; the most frequent first.
    predictions
        One for each utterance, in order.
    """

    metrics: dict[str, float]
    per_intent: pd.DataFrame
    per_entity: pd.DataFrame
    confusions: pd.DataFrame
    predictions: tuple[Prediction, ...]


def refuses(result: NluResult, thresholds: Thresholds) -> bool:
    """Tell whether the thresholds send this understanding to fallback."""
    if not result.ranking:
        return True
    score = result.out_of_scope_score
    too_far = thresholds.out_of_scope is not None and score is not None and score > thresholds.out_of_scope
    return too_far or result.ranking[0].confidence < thresholds.confidence


def predict(
    model: NluModel,
    examples: Sequence[Example],
    *,
    thresholds: Thresholds | None = None,
    progress: Progress | None = None,
) -> list[Prediction]:
    """Understand each utterance on its own, as serving does, and time it; without thresholds, the model's count."""
    thresholds = thresholds or model.thresholds_
    predictions = []
    for number, example in enumerate(examples):
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        result = model.parse(example.text)
        wall_ms, cpu_ms = (time.perf_counter_ns() - wall) / 1e6, (time.thread_time_ns() - cpu) / 1e6
        predictions.append(Prediction(example, result, refuses(result, thresholds), wall_ms, cpu_ms))
        if progress and number % 100 == 0:
            progress(number / len(examples), "evaluating")
    return predictions


def evaluate(
    model: NluModel,
    examples: Sequence[Example],
    *,
    thresholds: Thresholds | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a model.

    Parameters
    ----------
    model
        A fitted or loaded model.
    examples
        Labelled utterances that it was not trained on; intent `__oos__` marks those out of scope.
    thresholds
        A release's own; without them, those that were fitted with the model.
    progress
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    Evaluation
        Figures, tables and predictions; figures that need rows which are not there are left out.
    """
    return measure(predict(model, examples, thresholds=thresholds, progress=progress))


def measure(predictions: Sequence[Prediction]) -> Evaluation:
    """Count what was predicted; what `evaluate` does after understanding each utterance."""
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
        metrics |= {"entity_f1_overlap": overlap.f1}
    if outside:
        metrics |= _out_of_scope_metrics(in_scope, outside)
    return Evaluation(
        metrics=metrics,
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


def message_costs(predictions: Sequence[Prediction], costs: Costs | None = None) -> npt.NDArray[np.floating]:
    """Give what each message costs, in units of one wrong answer, as the thresholds are fitted by it.

    Parameters
    ----------
    predictions
        One for each message.
    costs
        What mistakes cost; without them, the defaults.

    Returns
    -------
    numpy.ndarray
        1 for a wrong answer, and for any answer to what is out of scope; `costs.refusal` for a refusal in scope; else
        0. Shape ``(n_messages,)``.
    """
    refusal = (costs or Costs()).refusal
    return np.array([_cost_of(prediction, refusal=refusal) for prediction in predictions], dtype=float)


def _cost_of(prediction: Prediction, *, refusal: float) -> float:
    if prediction.example.intent == OUT_OF_SCOPE:
        return 0.0 if prediction.is_fallback else 1.0
    if prediction.is_fallback:
        return refusal
    return 0.0 if prediction.intent == prediction.example.intent else 1.0


def _intent_metrics(in_scope: Sequence[Prediction]) -> dict[str, float]:
    gold = [prediction.example.intent for prediction in in_scope]
    predicted = [prediction.intent for prediction in in_scope]
    correct = np.array([g == p for g, p in zip(gold, predicted, strict=True)])
    refused = np.array([prediction.is_fallback for prediction in in_scope])
    confidence = np.array([prediction.confidence for prediction in in_scope])
    low, high = wilson_interval(int(correct.sum()), len(correct))
    return {
        "accuracy": float(correct.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_f1": macro_f1(gold, predicted),
        "effective_accuracy": float((correct & ~refused).mean()),
        "needless_fallback": float((correct & refused).mean()),
        "calibration_error": expected_calibration_error(confidence, correct),
    }


def _latency(predictions: Sequence[Prediction]) -> dict[str, float]:
    wall = np.array([prediction.wall_ms for prediction in predictions])
    cpu = np.array([prediction.cpu_ms for prediction in predictions])
    p50, p95 = np.percentile(wall, [50, 95])
    return {"latency_ms_p50": float(p50), "latency_ms_p95": float(p95), "cpu_ms_mean": float(cpu.mean())}


def _out_of_scope_metrics(in_scope: Sequence[Prediction], outside: Sequence[Prediction]) -> dict[str, float]:
    metrics = {"out_of_scope_recall": float(np.mean([prediction.is_fallback for prediction in outside]))}
    if in_scope:
        scores = [np.array([prediction.out_of_scope_score for prediction in rows]) for rows in (outside, in_scope)]
        metrics["out_of_scope_auroc"] = area_under_roc(scores[0], scores[1])
    return metrics


def spans_of(predictions: Sequence[Prediction]) -> tuple[list[list[Span]], list[list[Span]]]:
    """Give the annotated spans of each utterance, and those that were found."""
    gold = [[(s.start, s.end, s.type) for s in prediction.example.entities] for prediction in predictions]
    found = [[(s.start, s.end, s.type) for s in prediction.result.entities] for prediction in predictions]
    return gold, found


def _types(spans: Iterable[Span]) -> Counter[str]:
    return Counter(span[2] for span in spans)


def _table(scores: dict[str, PrecisionRecallF1], label: str, **counts_by_row: Sequence[Counter[str]]) -> pd.DataFrame:
    """Give a row a label, with the interval of its F1 by the counts of each utterance."""
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
