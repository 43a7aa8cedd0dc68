"""Charts for pages as SVG that answers the pointer: styles alone, no scripts and no libraries.

A chart is drawn in its own units, by `charts.html.j2`: `WIDTH` times `HEIGHT`, with the plot inside the margins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.predictions import GRADES, Prediction

WIDTH, HEIGHT = 640.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 12.0, 12.0, 44.0
_LINE_HEIGHT, _CHAR_WIDTH = 16.0, 6.9
_N_BINS = 20
_SHARES = {
    "wrong": ("answered wrongly", "error"),
    "needless": ("refused needlessly", "soft"),
    "asked": ("asked which is meant", "note"),
    "outside": ("out of scope, yet answered", "warning"),
}
"""Columns of the trade-off curve: their names, and their colours among those of the page."""


@dataclass(frozen=True)
class Line:
    """A line through points, `x,y x,y`."""

    name: str
    colour: str
    points: str


@dataclass(frozen=True)
class Bar:
    """A rectangle."""

    colour: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Tip:
    """A part of the chart that shows text while the pointer is over it: the part, and the box of the text."""

    x: float
    width: float
    lines: tuple[str, ...]
    box_x: float
    box_width: float
    box_height: float


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: its place, and its label."""

    place: float
    label: str


@dataclass(frozen=True)
class Chart:
    """What is drawn, in this order: bars, lines, dots, a vertical mark, tips."""

    title: str
    x_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[tuple[float, float, float], ...] = ()  # x, y, radius
    mark: float | None = None
    legend: tuple[tuple[str, str], ...] = ()  # name, colour
    tips: tuple[Tip, ...] = ()


def cost_chart(curve: pd.DataFrame) -> Chart:
    """Draw what a message costs at each threshold; `curve` as from `measure_trade_off`."""
    top = _round_up(float(curve["cost"].max()))
    points = [(x, y) for x, y in zip(curve["confidence"], curve["cost"], strict=True) if np.isfinite(y)]
    chosen = curve[curve["chosen"]].iloc[0]
    return Chart(
        title=f"What a message costs: {chosen['cost']:.3f} at the threshold {chosen['confidence']:.2f}",
        x_label="confidence below which the bot does not answer",
        x_ticks=_x_ticks(),
        y_ticks=_y_ticks(top, "{:.2f}"),
        lines=(_line("cost", "note", points, top),),
        mark=_x(chosen["confidence"]),
        tips=_tips(curve["confidence"].tolist(), [_told_cost(row) for row in _rows_of(curve)]),
    )


def shares_chart(curve: pd.DataFrame) -> Chart:
    """Draw the shares that the cost is made of; `curve` as from `measure_trade_off`."""
    shown = [name for name in _SHARES if curve[name].notna().any()]
    top = _round_up(max((float(curve[name].max()) for name in shown), default=1.0))
    lines = [
        _line(*_SHARES[name], [*zip(curve["confidence"], curve[name].fillna(0.0), strict=True)], top) for name in shown
    ]
    told = [
        (f"threshold {row['confidence']:.2f}", *(f"{row[name]:.1%} {_SHARES[name][0]}" for name in shown))
        for row in _rows_of(curve)
    ]
    return Chart(
        title="What becomes of messages, by threshold",
        x_label="confidence below which the bot does not answer",
        x_ticks=_x_ticks(),
        y_ticks=_y_ticks(top, "{:.0%}"),
        lines=tuple(lines),
        mark=_x(float(curve.loc[curve["chosen"], "confidence"].iloc[0])),
        legend=tuple(_SHARES[name] for name in shown),
        tips=_tips(curve["confidence"].tolist(), told),
    )


def confidence_chart(evaluation: Evaluation, *, threshold: float) -> Chart:
    """Draw how sure the model is where it is right, wrong, and out of scope."""
    names = {"right": "good", "wrong": "error", "out of scope": "soft"}
    values: dict[str, list[float]] = {name: [] for name in names}
    for each in evaluation.predictions:
        values[_group(each)].append(each.confidence)
    counts = {name: np.histogram(found, bins=_N_BINS, range=(0, 1))[0] for name, found in values.items()}
    top = float(max(1, sum(counts.values()).max()))  # type: ignore[union-attr]
    bars, width = [], (WIDTH - LEFT - RIGHT) / _N_BINS
    for number in range(_N_BINS):
        below = 0.0
        for name, colour in names.items():
            count = float(counts[name][number])
            height = _y(below, top) - _y(below + count, top)
            bars.append(Bar(colour, _x(number / _N_BINS) + 1, _y(below + count, top), width - 2, height))
            below += count
    told = [
        (
            f"confidence {number / _N_BINS:.2f} to {(number + 1) / _N_BINS:.2f}",
            *(f"{counts[name][number]:,} {name}" for name in names),
        )
        for number in range(_N_BINS)
    ]
    return Chart(
        title="How sure the model is",
        x_label="confidence of the likeliest intent",
        x_ticks=_x_ticks(),
        y_ticks=_y_ticks(top, "{:,.0f}"),
        bars=tuple(bars),
        mark=_x(threshold),
        legend=tuple((f"{name} ({len(values[name]):,})", colour) for name, colour in names.items() if values[name]),
        tips=_tips([(number + 0.5) / _N_BINS for number in range(_N_BINS)], told),
    )


def calibration_chart(evaluation: Evaluation, *, n_bins: int = 10) -> Chart:
    """Draw the share of right predictions against the confidence, in scope; the bigger a dot, the more rows."""
    rows = [each for each in evaluation.predictions if each.example.intent != OUT_OF_SCOPE]
    confidence = np.array([each.confidence for each in rows])
    correct = np.array([each.is_right for each in rows], dtype=bool)
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    found = [(confidence[bins == b].mean(), correct[bins == b].mean(), int((bins == b).sum())) for b in np.unique(bins)]
    told = [
        (f"{n:,} utterances", f"mean confidence {mean:.1%}", f"{share:.1%} of them right") for mean, share, n in found
    ]
    return Chart(
        title="Whether the confidence means what it says",
        x_label="mean confidence; the line is perfect",
        x_ticks=_x_ticks(),
        y_ticks=_y_ticks(1.0, "{:.0%}"),
        lines=(_line("perfect", "soft", [(0.0, 0.0), (1.0, 1.0)], 1.0),),
        dots=tuple((_x(mean), _y(share, 1.0), 3 + 9 * (n / len(rows)) ** 0.5) for mean, share, n in found),
        tips=_tips([mean for mean, *_ in found], told),
    )


def outcome_rows(evaluation: Evaluation) -> list[tuple[str, list[tuple[str, float, int]]]]:
    """Return the shares of each grade, in scope and out of scope: grade, share in percent, and count."""
    rows = {str(row["outcome"]): row for row in _rows_of(evaluation.outcomes)}
    scopes = {"in_scope": "in scope", "out_of_scope": "out of scope"}
    return [
        (
            f"{label} ({sum(int(row[name]) for row in rows.values()):,})",
            [
                (grade, 100 * float(rows[grade][f"{name}_share"]), int(rows[grade][name]))
                for grade in GRADES
                if rows[grade][name]
            ],
        )
        for name, label in scopes.items()
        if any(row[name] for row in rows.values())
    ]


def _group(prediction: Prediction) -> str:
    if prediction.example.intent == OUT_OF_SCOPE:
        return "out of scope"
    return "right" if prediction.is_right else "wrong"


def _rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _told_cost(row: Mapping[str, Any]) -> tuple[str, ...]:
    marks = "chosen" if row["chosen"] else "" if row["allowed"] else "refuses too many needlessly"
    return tuple(
        filter(None, (f"threshold {row['confidence']:.2f}", f"{row['cost']:.3f} wrong answers a message", marks))
    )


def _x(value: float) -> float:
    return round(LEFT + value * (WIDTH - LEFT - RIGHT), 1)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM), 1)


def _line(name: str, colour: str, points: Sequence[tuple[float, float]], top: float) -> Line:
    return Line(name, colour, " ".join(f"{_x(x)},{_y(y, top)}" for x, y in points))


def _round_up(value: float) -> float:
    """Return a round number that is no less, the top of an axis."""
    steps = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
    return next((step for step in steps if step >= value), max(1.0, value)) if np.isfinite(value) else 1.0


def _x_ticks() -> tuple[Tick, ...]:
    return tuple(Tick(_x(place / 5), f"{place / 5:.1f}") for place in range(6))


def _y_ticks(top: float, form: str) -> tuple[Tick, ...]:
    return tuple(Tick(_y(top * place / 4, top), form.format(top * place / 4)) for place in range(5))


def _tips(places: Sequence[float], texts: Sequence[tuple[str, ...]]) -> tuple[Tip, ...]:
    """Divide the plot between the places, so that the pointer is always nearest to one."""
    xs = [_x(place) for place in places]
    edges = [LEFT, *((a + b) / 2 for a, b in pairwise(xs)), WIDTH - RIGHT]
    tips = []
    for number, (x, lines) in enumerate(zip(xs, texts, strict=True)):
        width = 16 + _CHAR_WIDTH * max(map(len, lines))
        box_x = min(max(x + 10 if x < WIDTH / 2 else x - 10 - width, LEFT), WIDTH - RIGHT - width)
        height = 10 + _LINE_HEIGHT * len(lines)
        tips.append(Tip(edges[number], edges[number + 1] - edges[number], lines, round(box_x, 1), width, height))
    return tuple(tips)
