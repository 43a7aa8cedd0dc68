"""The gate's fixed floors: figures that every release must reach, whatever the version in production is like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check, Measure
from pipelines.shares import wilson_interval
from pipelines.steps.evaluation.evaluate import Evaluation, spans_of
from pipelines.steps.evaluation.metrics import f1_intervals
from pipelines.steps.evaluation.predictions import Prediction

HELD_OUT = "held-out utterances"
MIN_ROWS = 20
"""A share of fewer utterances is too uncertain to refuse a release for it."""
TELLING_ROWS = 30
"""With fewer, the 95 % interval even of a perfect score reaches below 89 %."""


@dataclass(frozen=True)
class _Floor:
    """A figure that is held against a limit.

    Attributes
    ----------
    metric
        Its name among the metrics.
    name
        What the gate's page calls it; `{rows}` is what it was measured on.
    reason
        The sentence against a release, with `{value}`, `{limit}` and `{rows}`.
    is_floor
        Whether it must reach the limit, or may not exceed it.
    min_n
        With fewer utterances or entities it refuses nobody.
    """

    metric: str
    name: str
    reason: str
    is_floor: bool = True
    min_n: int = MIN_ROWS


_ACCURACY = _Floor("accuracy", "accuracy on {rows}", "accuracy {value} on {rows} is below the floor {limit}", min_n=1)
_NEEDLESS = _Floor(
    "needless_fallback",
    "understood rightly but sent to fallback, of {rows}",
    "the thresholds send {value} of {rows} to fallback although they are understood rightly; the limit is {limit}",
    is_floor=False,
)
_ENTITY_F1 = _Floor("entity_f1", "entity F1 on {rows}", "entity F1 {value} on {rows} is below the floor {limit}")
_OUT_OF_SCOPE = _Floor(
    "out_of_scope_recall",
    "out-of-scope utterances sent to fallback, of {rows}",
    "only {value} of out-of-scope utterances are sent to fallback, below the floor {limit}",
)


def check_floors(evaluation: Evaluation, params: TrainParams, *, rows: str = HELD_OUT, prefix: str = "") -> Check:
    """Check figures against the floors in `params`.

    A bot too small to hold rows out passes: nothing speaks against it.

    A message that is asked about ("did you mean") counts for neither limit on refusals. It is not refused needlessly:
    the likeliest intent is always among the options, so a customer who was understood is one choice away. Nor does
    asking refuse what is out of scope. The share of questions is noted for whoever promotes the version; asking more
    than the version in production counts as a loss in the comparison.

    Parameters
    ----------
    evaluation
        The figures.
    params
        The floors.
    rows
        What the figures were measured on, in words.
    prefix
        Begins the names of the figures that the check repeats; empty: none, the verdict has those on held-out rows.
    """
    judged = list(_judged(evaluation, params, rows=rows))
    warnings = () if prefix else tuple(_warnings(evaluation))
    reasons = [
        floor.reason.format(value=f"{measure.value:.1%}", limit=f"{measure.limit:.1%}", rows=rows)
        for floor, measure in judged
        if not measure.passed
    ]
    figures = {f"{prefix}{floor.metric}": measure.value for floor, measure in judged} if prefix else {}
    measures = tuple(measure for _, measure in judged)
    return Check(
        reasons=tuple(reasons),
        figures=figures,
        notes=_note_questions(evaluation, rows),
        warnings=warnings,
        measures=measures,
    )


def _warnings(evaluation: Evaluation) -> Iterator[str]:
    """Yield what the figures cannot tell about a small bot."""
    n = sum(each.example.intent != OUT_OF_SCOPE for each in evaluation.predictions)
    if n < TELLING_ROWS:
        measured = (
            f"only {n} {'sentence was' if n == 1 else 'sentences were'} kept back to measure on"
            if n
            else ("there were too few examples to measure on any")
        )
        yield f"{measured}, so nobody knows how good it is: try it yourself, and write more examples"


def _judged(evaluation: Evaluation, params: TrainParams, *, rows: str) -> Iterator[tuple[_Floor, Measure]]:
    metrics = evaluation.metrics
    in_scope = [each for each in evaluation.predictions if each.example.intent != OUT_OF_SCOPE]
    n_inside, n_outside = len(in_scope), len(evaluation.predictions) - len(in_scope)
    n_entities = sum(len(each.example.entities) for each in in_scope)
    for floor, limit, n in (
        (_ACCURACY, params.min_accuracy, n_inside),
        (_NEEDLESS, params.max_needless_fallback, n_inside),
        (_ENTITY_F1, params.min_entity_f1, n_entities),
        (_OUT_OF_SCOPE, params.min_out_of_scope_recall, n_outside),
    ):
        value = metrics.get(floor.metric)
        if value is None or not n:
            continue
        low, high = _f1_interval(in_scope) if floor is _ENTITY_F1 else wilson_interval(value * n, n)
        is_met = value >= limit if floor.is_floor else value <= limit
        yield (
            floor,
            Measure(
                name=floor.name.format(rows=rows),
                value=value,
                low=low,
                high=high,
                limit=limit,
                is_floor=floor.is_floor,
                n=n,
                passed=is_met or n < floor.min_n,
            ),
        )


def _f1_interval(predictions: Sequence[Prediction]) -> tuple[float | None, float | None]:
    """Return the bootstrap interval of the F1 over all entities; None where no draw has any."""
    gold, found = spans_of(predictions)
    counts = [(len(set(g) & set(f)), len(f), len(g)) for g, f in zip(gold, found, strict=True)]
    hits, predicted, wanted = np.array(counts).T.reshape(3, len(counts), 1)
    low, high = f1_intervals(hits, predicted, wanted)
    return (None, None) if np.isnan(low).any() or np.isnan(high).any() else (float(low[0]), float(high[0]))


def _note_questions(evaluation: Evaluation, rows: str) -> tuple[str, ...]:
    offered, missing = (evaluation.metrics.get(name, 0.0) for name in ("asked_right", "asked_wrong"))
    if not offered + missing:
        return ()
    return (
        f"for {offered + missing:.1%} of {rows} the customer is asked which intent is meant; the right one is among "
        f"the options in {offered / (offered + missing):.0%} of these",
    )
