"""Labels that are probably wrong, by what a model says about examples that it did not learn from.

A training has these probabilities anyway: from the folds of its cross-validation, and from the evaluation. 83 of 3,075
rows of BANKING77's training part were given another intent at random. Of the 83 examples whose own label was least
probable, 83 % were such rows, and 98 % of the first 50; without the encoder 74 % and 94 %. The difference from the
likelier intent's probability orders them worse: 66 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipelines.nlu.features.rows import learnable_rows
from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.training import Finding
from pipelines.steps.evaluation.predictions import Prediction
from pipelines.steps.validation.checks import note
from pipelines.steps.validation.validate import ValidationReport

DOUBTFUL, LIKELIER = 0.05, 0.5
"""A label is doubtful below this probability if another intent reaches that one: half of these labels were wrong in the
measurement above, and 94 % of the wrong ones were found."""
SHOWN = 50
"""Findings in the report; more are in the table."""
_REPAIR = "read it again; move it to the other intent, or keep it if the label is right."


@dataclass(frozen=True)
class DoubtfulLabel:
    """An example whose label is improbable, with the intent that is likelier; probabilities in [0, 1]."""

    example: Example
    probability: float
    likelier: str
    likelier_probability: float


def find_doubtful_labels(
    model: NluModel, learnt: Sequence[Example], held_out: Sequence[Prediction] = ()
) -> tuple[DoubtfulLabel, ...]:
    """Return the examples whose label is probably wrong, the least probable label first.

    Parameters
    ----------
    model
        A model that was just fitted on `learnt`. A loaded one has no cross-validation, and raises ValueError.
    learnt
        Its training examples, in any order.
    held_out
        Its predictions for further labelled examples.
    """
    doubtful = [*_among_learnt(model, learnt), *_among_held_out(held_out)]
    return tuple(sorted(doubtful, key=lambda label: (label.probability, -label.likelier_probability)))


def to_table(doubtful: Sequence[DoubtfulLabel]) -> pd.DataFrame:
    """Return one row per doubtful label, in the same order."""
    columns = ("example", "text", "label", "probability", "likelier", "likelier_probability")
    examples = [label.example for label in doubtful]
    rows = [
        (row.id, row.text, row.intent, label.probability, label.likelier, label.likelier_probability)
        for row, label in zip(examples, doubtful, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(columns))


def with_doubtful_labels(report: ValidationReport, doubtful: Sequence[DoubtfulLabel]) -> ValidationReport:
    """Add the doubtful labels to a report as notes: the first `SHOWN`, and how many more there are."""
    return replace(report, findings=(*report.findings, *_findings(doubtful)))


def _findings(doubtful: Sequence[DoubtfulLabel]) -> list[Finding]:
    findings = [
        note(
            "label_is_likely",
            each.example.id,
            f"the label {each.example.intent!r} has a probability of {each.probability:.0%}, and {each.likelier!r} one "
            f"of {each.likelier_probability:.0%}, for a model that has not seen this example.",
            _REPAIR,
        ).model_copy(update=_place(each.example))
        for each in doubtful[:SHOWN]
    ]
    if len(doubtful) > SHOWN:
        said = f"{len(doubtful) - SHOWN} more labels are improbable."
        findings.append(note("label_is_likely", "labels", said, "see doubtful_labels.csv beside this report."))
    return findings


def _place(example: Example) -> dict[str, object]:
    """Return where an example is in its bot, for a finding; a label from the queue has no position."""
    intent, _, number = example.id.rpartition("/")
    is_placed = intent == example.intent and number.isdecimal() and int(number) > 0
    return {"intent_id": example.intent, "text": example.text, "position": int(number) if is_placed else None}


def _among_learnt(model: NluModel, learnt: Sequence[Example]) -> list[DoubtfulLabel]:
    held_out, intents = model.classifier_.held_out, model.classifier_.intents_
    probabilities, rows = model.classifier_.held_out_confidences(), learnable_rows(learnt)
    own = probabilities[np.arange(len(rows)), held_out.labels]
    best = probabilities.argmax(axis=1)
    is_doubtful = (own < DOUBTFUL) & (probabilities.max(axis=1) >= LIKELIER) & held_out.is_known
    return [
        DoubtfulLabel(rows[row], float(own[row]), intents[best[row]], float(probabilities[row, best[row]]))
        for row in np.flatnonzero(is_doubtful)
    ]


def _among_held_out(predictions: Sequence[Prediction]) -> list[DoubtfulLabel]:
    doubtful = []
    for prediction in predictions:
        ranking, label = prediction.result.ranking, prediction.example.intent
        own = next((score.confidence for score in ranking if score.intent_id == label), 0.0)
        is_judged = label != OUT_OF_SCOPE and ranking and prediction.outcome.reason != "nothing-known"
        if is_judged and own < DOUBTFUL and ranking[0].confidence >= LIKELIER:
            doubtful.append(DoubtfulLabel(prediction.example, own, ranking[0].intent_id, ranking[0].confidence))
    return doubtful
