"""The predictions of an evaluation as a table, one row per utterance, for MLflow's comparison of runs."""

from collections.abc import Iterable, Sequence

import pandas as pd

from pipelines.steps.evaluation.predictions import Prediction

COLUMNS = (
    "text",
    "outcome",  # the second is the one that MLflow compares at first
    "intent",
    "predicted",
    "confidence",
    "entities",
    "predicted_entities",
    "out_of_scope_score",
    "example_id",
)
"""Columns of the table.

text, intent, entities
    The utterance and its labels; entities as `type: value`, in the order of the text.
predicted, confidence, predicted_entities, out_of_scope_score
    What the model made of it, before any threshold.
outcome
    One of `predictions.GRADES`: what became of the message, and how good that was.
example_id
    The row's place in the bot or in the file.
"""
MAX_ROWS = 20_000
"""A browser shows a table of more rows slowly. Of a longer one, the mistakes are kept first."""


def prediction_table(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """Return one row per utterance, at most `MAX_ROWS`, with the columns `COLUMNS`."""
    shown = predictions
    if len(predictions) > MAX_ROWS:
        shown = sorted(predictions, key=lambda each: each.grade in ("answered right", "refused rightly"))[:MAX_ROWS]
    return pd.DataFrame([_row(each) for each in shown], columns=list(COLUMNS))


def _row(prediction: Prediction) -> tuple[object, ...]:
    example = prediction.example
    return (
        example.text,
        prediction.grade,
        example.intent,
        prediction.intent,
        round(prediction.confidence, 4),
        _values((span.type, example.text[span.start : span.end]) for span in example.entities),
        _values((span.type, prediction.result.text[span.start : span.end]) for span in prediction.result.entities),
        round(prediction.out_of_scope_score, 4),
        example.id,
    )


def _values(entities: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in entities)
