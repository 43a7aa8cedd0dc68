"""Fitting one linear boundary per intent, and dealing rows out to folds."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

_N_CHUNKS = 4
"""Parts that one-against-the-rest problems are dealt into; fixed, so that every machine gets the same numbers."""

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


def stratified_folds(y: LabelArray, *, n_folds: int, seed: int) -> LabelArray:
    """Deal the rows of each label out to the folds in turn, shuffled.

    Unlike scikit-learn's, it takes labels with fewer rows than folds: their rows are then out of some folds' reach,
    and a row that is alone with its label is held out from a model that cannot know it.

    Parameters
    ----------
    y
        Label of each row. Shape ``(n,)``.
    n_folds
        Number of folds, at least 2.
    seed
        Seed of the shuffle.

    Returns
    -------
    LabelArray
        Fold of each row, 0 to `n_folds` - 1. Shape ``(n,)``.
    """
    generator = np.random.default_rng(seed)
    folds = np.empty(len(y), dtype=np.intp)
    first = 0
    for label in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == label))
        folds[rows] = (np.arange(len(rows)) + first) % n_folds
        first += len(rows)
    return folds


def stack_features(X: Any, sentences: npt.NDArray[np.float32] | None, *, sentence_weight: float = 1.0) -> Any:
    """Put both kinds of features side by side as one CSR matrix, sparse first; sentence vectors times their weight."""
    from scipy.sparse import csr_matrix, hstack

    return X if sentences is None else hstack([X, csr_matrix(sentences * sentence_weight)], format="csr")


def fit_linear(X: Any, y: LabelArray, n_intents: int, C: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Fit coefficients ``(n_features, n_intents)`` and intercepts ``(n_intents,)``, also for one or two intents."""
    if n_intents == 1:
        return np.zeros((X.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    with warnings.catch_warnings():
        # a bot with two examples an intent is unusual data, not a regression
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        coefficients, intercepts = _fit_svm(X, y, n_intents, C, seed)
    if n_intents == 2:  # scikit-learn keeps one boundary for two classes
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return np.ascontiguousarray(coefficients.T, dtype=np.float32), intercepts.astype(np.float32)


def _fit_svm(X: Any, y: LabelArray, n_intents: int, C: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Fit one boundary per intent, in parallel: the solver lets go of the interpreter while it works."""
    from sklearn.svm import LinearSVC

    if n_intents <= _N_CHUNKS:
        machine = LinearSVC(C=C, random_state=seed).fit(X, y)
        return machine.coef_, machine.intercept_
    chunks = np.array_split(np.arange(n_intents), _N_CHUNKS)

    def fit_chunk(chunk: LabelArray) -> tuple[FloatArray, FloatArray]:
        rest = n_intents  # the others together; sorts last, and its own boundary is dropped
        machine = LinearSVC(C=C, random_state=seed).fit(X, np.where(np.isin(y, chunk), y, rest))
        coefficients, intercepts = machine.coef_, machine.intercept_
        if len(chunk) == 1:
            return -coefficients, -intercepts
        return coefficients[: len(chunk)], intercepts[: len(chunk)]

    with ThreadPoolExecutor(min(_N_CHUNKS, os.cpu_count() or 1)) as pool:
        fitted = list(pool.map(fit_chunk, chunks))
    return np.vstack([part for part, _ in fitted]), np.concatenate([part for _, part in fitted])
