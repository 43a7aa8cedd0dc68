"""An evaluation as one HTML page whose charts show their figures under the pointer. It quotes no utterance."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipelines.steps.evaluation import charts
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.validation.report_page import render_page

SHOWN_ROWS = 200
_HEADLINES = {
    "accuracy": "of in-scope utterances understood",
    "effective_accuracy": "answered rightly at once",
    "answered_wrong": "answered wrongly",
    "needless_fallback": "refused needlessly",
    "entity_f1": "entity F1",
    "out_of_scope_recall": "of out-of-scope utterances refused",
}
_COLOURS = {
    "answered right": "good",
    "answered wrong": "error",
    "asked, right one offered": "bar",
    "asked, not offered": "note",
    "refused needlessly": "warning",
    "refused rightly": "soft",
}


def render_evaluation(evaluation: Evaluation, curve: pd.DataFrame, *, title: str, threshold: float) -> str:
    """Render the page: headlines, charts, and tables of intents, entities and confusions.

    `curve` is `measure_trade_off`'s, `threshold` the confidence below which the release does not answer.
    """
    metrics = evaluation.metrics
    has_rows = bool(evaluation.predictions)
    drawn = [
        charts.cost_chart(curve),
        charts.shares_chart(curve),
        charts.confidence_chart(evaluation, threshold=threshold),
        charts.calibration_chart(evaluation),
    ]
    return render_page(
        Path(__file__).with_name("evaluation_page.html.j2"),
        title=title,
        n=int(metrics.get("n_examples", 0)),
        interval=_interval(metrics),
        headlines=[(f"{metrics[name]:.1%}", said) for name, said in _HEADLINES.items() if name in metrics],
        outcomes=charts.outcome_rows(evaluation),
        colours=_COLOURS,
        charts=drawn if has_rows else [],
        frame=charts,
        tables=[
            ("Intents, the worst first", _shown(evaluation.per_intent)),
            ("Entities, the worst first", _shown(evaluation.per_entity)),
            ("Taken for another intent", _shown(evaluation.confusions)),
        ],
    )


def _interval(metrics: Mapping[str, float]) -> str:
    if "accuracy_low" not in metrics:
        return ""
    return f"{metrics['accuracy_low']:.1%} to {metrics['accuracy_high']:.1%}"


def _shown(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return heads and cells; a table with an F1 begins with the lowest."""
    rows = table.sort_values("f1") if "f1" in table else table
    cells = [[_told(cell) for cell in row] for row in rows.head(SHOWN_ROWS).to_numpy(dtype=object).tolist()]
    return [str(name).replace("_", " ") for name in table.columns], cells


def _told(cell: object) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
