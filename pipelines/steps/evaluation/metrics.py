"""Metrics of intents, entities and confidence.

They need scikit-learn, so nothing that answers customers may import this module.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score, precision_recall_fscore_support, roc_auc_score

Span = tuple[int, int, str]
"""Start, end (exclusive), entity type."""
Counts = npt.NDArray[np.number]
_DRAWS_AT_ONCE = 100
"""A matrix of a thousand draws of a hundred thousand utterances would not fit into memory."""


@dataclass(frozen=True)
class PrecisionRecallF1:
    """Precision, recall and their harmonic mean, each in [0, 1], and the number of gold items."""

    precision: float
    recall: float
    f1: float
    support: int


def precision_recall_f1(*, hits: int, predicted: int, gold: int) -> PrecisionRecallF1:
    """Return the three from counts; a ratio over zero items is 0."""
    precision = hits / predicted if predicted else 0.0
    recall = hits / gold if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return PrecisionRecallF1(precision, recall, f1, gold)


def scores_per_label(gold: Sequence[str], predicted: Sequence[str]) -> dict[str, PrecisionRecallF1]:
    """Score each label that occurs in `gold`, in alphabetical order."""
    if not gold:
        return {}
    labels = sorted(set(gold))
    columns = precision_recall_fscore_support(gold, predicted, labels=labels, zero_division=0)
    precision, recall, f1, support = (column.tolist() for column in columns)
    rows = zip(labels, precision, recall, f1, support, strict=True)
    return {label: PrecisionRecallF1(p, r, f, n) for label, p, r, f, n in rows}


def macro_f1(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean F1 over the labels that occur in `gold`; 0 for no rows."""
    if not gold:
        return 0.0
    return float(f1_score(gold, predicted, labels=sorted(set(gold)), average="macro", zero_division=0))


def f1_intervals(
    hits: Counts, predicted: Counts, gold: Counts, *, n_draws: int = 1000, seed: int = 0
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Return the 95 % bootstrap interval of each label's F1, from its counts in each utterance.

    Utterances are drawn with replacement, so that dependent spans of an utterance stay together. If all of a few
    utterances are right, so is every draw: the interval is then too narrow. The counts have shape ``(n_utterances,
    n_labels)``.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray]
        Lower and upper bounds, in [0, 1]. Shape ``(n_labels,)``; NaN where no draw holds the label.

    References
    ----------
    Efron & Tibshirani, 1993, "An Introduction to the Bootstrap", chapter 13 (percentile intervals).
    """
    n, n_labels = hits.shape
    if not n or not n_labels:
        return np.full(n_labels, np.nan), np.full(n_labels, np.nan)
    random, f1 = np.random.default_rng(seed), []
    numerators, denominators = 2.0 * np.asarray(hits), np.asarray(predicted, dtype=float) + gold
    for start in range(0, n_draws, _DRAWS_AT_ONCE):
        drawn = random.multinomial(n, np.full(n, 1 / n), size=min(_DRAWS_AT_ONCE, n_draws - start))
        with np.errstate(invalid="ignore"):
            f1.append((drawn @ numerators) / (drawn @ denominators))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a label that no draw holds has no interval
        low, high = np.nanpercentile(np.concatenate(f1), [2.5, 97.5], axis=0)
    return low, high


def expected_calibration_error(
    confidence: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_], *, n_bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted, in [0, 1]; 0 is perfectly calibrated.

    `confidence` is the probability of the predicted intent, in [0, 1]; both arrays have shape ``(n_utterances,)``.

    Raises
    ------
    ValueError
        The arrays differ in length or are empty.

    References
    ----------
    Guo et al., 2017, "On Calibration of Modern Neural Networks", eq. 3.
    """
    if len(confidence) != len(correct) or len(confidence) == 0:
        raise ValueError(f"need equally many values, at least one; got {len(confidence)} and {len(correct)}")
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / counts.sum())


def area_under_roc(positive: npt.NDArray[np.floating], negative: npt.NDArray[np.floating]) -> float:
    """Return the probability that a positive row scores above a negative one, ties counting half; 0.5 is chance.

    Raises
    ------
    ValueError
        One of the two is empty.
    """
    if len(positive) == 0 or len(negative) == 0:
        raise ValueError("need at least one positive and one negative score")
    is_positive = np.repeat([True, False], [len(positive), len(negative)])
    return float(roc_auc_score(is_positive, np.concatenate([positive, negative])))


def span_scores(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]], *, overlap: bool = False
) -> PrecisionRecallF1:
    """Micro-averaged entity scores over utterances.

    By default start, end and type must be equal. With `overlap`, the same type and one common character suffice; each
    span is matched at most once.
    """
    hits = n_gold = n_predicted = 0
    for gold_spans, predicted_spans in zip(gold, predicted, strict=True):
        n_gold += len(gold_spans)
        n_predicted += len(predicted_spans)
        hits += _overlapping(gold_spans, predicted_spans) if overlap else len(set(gold_spans) & set(predicted_spans))
    return precision_recall_f1(hits=hits, predicted=n_predicted, gold=n_gold)


def scores_per_type(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]
) -> dict[str, PrecisionRecallF1]:
    """Exact span scores of each entity type that occurs in `gold`, in alphabetical order."""
    types = sorted({span[2] for spans in gold for span in spans})
    return {
        entity_type: span_scores(
            [[span for span in spans if span[2] == entity_type] for spans in gold],
            [[span for span in spans if span[2] == entity_type] for spans in predicted],
        )
        for entity_type in types
    }


def _overlapping(gold: Sequence[Span], predicted: Sequence[Span]) -> int:
    left = list(gold)
    hits = 0
    for start, end, entity_type in predicted:
        match = next((g for g in left if g[2] == entity_type and g[0] < end and start < g[1]), None)
        if match is not None:
            left.remove(match)
            hits += 1
    return hits
