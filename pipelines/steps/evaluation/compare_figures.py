"""Figures of two releases on the same utterances, with bootstrap intervals of their differences."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.steps.evaluation.evaluate import Evaluation, spans_of
from pipelines.steps.evaluation.predictions import Prediction, message_costs

FloatArray = npt.NDArray[np.floating]
Figure = Callable[[FloatArray], FloatArray]
"""Maps draws, the count of each utterance in each, to their figure: ``(n_draws, n_rows) -> (n_draws,)``."""
_DRAWS_AT_ONCE = 100
LOWER_IS_BETTER = frozenset(
    (
        "expected cost of a message",
        "sent to fallback",
        "asked which intent is meant",
        "time, median (ms)",
        "time, 95th percentile (ms)",
        "CPU, mean (ms)",
    )
)


def figure_differences(first: Evaluation, second: Evaluation, *, n_draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return the figures of both, and the difference with its 95 % bootstrap interval.

    Each draw takes the same utterances for both: what makes an utterance hard makes it hard for either. Both were
    evaluated on the same utterances in the same order; `first` is the release before. Times are not among them: see
    `timing`.

    Returns
    -------
    pandas.DataFrame
        Index: the figure. Columns `first`, `second`, `difference`, `low`, `high`. Figures without rows are left out.

    References
    ----------
    Efron & Tibshirani, 1993, "An Introduction to the Bootstrap", chapter 13 (percentile intervals).
    """
    n = len(first.predictions)
    sides = [_figures(each.predictions) for each in (first, second)]
    once, random = np.ones((1, n)), np.random.default_rng(seed)
    draws: dict[str, list[FloatArray]] = {name: [] for name in sides[0]}
    for start in range(0, n_draws if n else 0, _DRAWS_AT_ONCE):
        drawn = random.multinomial(n, np.full(n, 1 / n), size=min(_DRAWS_AT_ONCE, n_draws - start)).astype(float)
        for name, values in draws.items():
            values.append(sides[1][name](drawn) - sides[0][name](drawn))
    rows = []
    for name, values in draws.items():
        old, new = (float(side[name](once)[0]) if n else np.nan for side in sides)
        if np.isfinite(old) and np.isfinite(new):
            low, high = np.nanpercentile(np.concatenate(values), [2.5, 97.5])
            rows.append((name, old, new, new - old, float(low), float(high)))
    return pd.DataFrame(rows, columns=["figure", "first", "second", "difference", "low", "high"]).set_index("figure")


def _figures(predictions: Sequence[Prediction]) -> dict[str, Figure]:
    inside = np.array([each.example.intent != OUT_OF_SCOPE for each in predictions], dtype=bool)
    right = np.array([each.is_right for each in predictions], dtype=bool)
    answered = np.array([each.grade == "answered right" for each in predictions], dtype=bool)
    asked = np.array([each.is_asked for each in predictions], dtype=bool)
    offered = np.array([each.grade == "asked, right one offered" for each in predictions], dtype=bool)
    refused = np.array([each.is_fallback for each in predictions], dtype=bool)
    everywhere = np.ones(len(predictions), dtype=bool)
    return {
        "accuracy": _mean(right, inside),
        "accuracy at the thresholds": _mean(answered, inside),
        "entity F1": _f1(predictions),
        "out of scope: sent to fallback": _mean(refused, ~inside),
        "sent to fallback": _mean(refused, everywhere),
        "asked which intent is meant": _mean(asked, everywhere),
        "right one among those offered": _mean(offered, asked),
        "expected cost of a message": _mean(message_costs(predictions), everywhere),
    }


def _mean(values: npt.NDArray[np.generic], counted: npt.NDArray[np.bool_]) -> Figure:
    return lambda draws: _ratio(draws @ np.where(counted, values, 0).astype(float), draws @ counted.astype(float))


def _f1(predictions: Sequence[Prediction]) -> Figure:
    gold, found = spans_of(predictions)
    hits = np.array([2.0 * len(set(g) & set(f)) for g, f in zip(gold, found, strict=True)])
    spans = np.array([float(len(g) + len(f)) for g, f in zip(gold, found, strict=True)])
    return lambda draws: _ratio(draws @ hits, draws @ spans)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    ratio: FloatArray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return ratio
