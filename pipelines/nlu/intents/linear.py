"""Fit one linear boundary per intent, and assign rows to folds."""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

_N_CHUNKS = 4
"""Number of parts that the one-vs-rest problems are split into; fixed, so that every machine gets the same numbers."""
_LARGE = 50_000_000
"""Stored numbers times intents from which starting processes pays off: about a second of work."""
_IDLE_SECONDS = 20.0
"""How long a process waits for another fit; a later fit of the same training starts a new one."""
FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]
_Machine = tuple[FloatArray, FloatArray]


class _Processes:
    """Worker processes for large fits, started on first use."""

    def __init__(self) -> None:
        self._executor: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True)

    def map(self, fit: Callable[[LabelArray], _Machine], labels: list[LabelArray]) -> list[_Machine]:
        if self._executor is None:
            # not the standard library's pool, which runs the main script again in every process
            from joblib.externals.loky import ProcessPoolExecutor

            n_processes = min(_N_CHUNKS, os.cpu_count() or 1)
            # the timeout also ends processes that a killed training leaves behind
            self._executor = ProcessPoolExecutor(n_processes, timeout=_IDLE_SECONDS)
        return list(self._executor.map(fit, labels))


_shared: ContextVar[_Processes | None] = ContextVar("_shared", default=None)


@contextmanager
def shared_processes() -> Iterator[None]:
    """Let large fits within this context or decorated call share worker processes, which take a second to start."""
    with _Processes() as processes:
        token = _shared.set(processes)
        try:
            yield
        finally:
            _shared.reset(token)


def stratified_folds(y: LabelArray, *, n_folds: int, seed: int) -> LabelArray:
    """Return the fold of each row, 0 to `n_folds` - 1: the shuffled rows of each label take the folds in turn.

    Unlike scikit-learn's, this takes labels with fewer rows than folds: some folds then hold none of their rows, and a
    label's only row is held out from a model that cannot know it.
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
    """Return sparse features and weighted sentence vectors side by side as one CSR matrix, sparse first."""
    from scipy.sparse import csr_matrix, hstack

    return X if sentences is None else hstack([X, csr_matrix(sentences * sentence_weight)], format="csr")


def fit_linear(X: Any, y: LabelArray, n_intents: int, C: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return coefficients ``(n_features, n_intents)`` and intercepts ``(n_intents,)``, also for one or two intents.

    The same arguments give the same numbers, to the last bit, on any number of processors.
    """
    if n_intents == 1:
        return np.zeros((X.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    coefficients, intercepts = _fit_svm(X, y, n_intents, C, seed)
    if n_intents == 2:  # scikit-learn keeps one boundary for two classes
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return np.ascontiguousarray(coefficients.T, dtype=np.float32), intercepts.astype(np.float32)


def _fit_svm(X: Any, y: LabelArray, n_intents: int, C: float, seed: int) -> _Machine:
    """Fit one boundary per intent, in processes of their own if that takes long.

    Not in threads: liblinear has one random generator per process, which parallel fits would share.
    """
    if n_intents <= _N_CHUNKS:
        return _fit_machine(X, y, C=C, seed=seed)
    # all other intents share the label `n_intents`, which sorts last; its boundary is dropped
    chunks = np.array_split(np.arange(n_intents), _N_CHUNKS)
    problems = [(len(chunk), np.where(np.isin(y, chunk), y, n_intents)) for chunk in chunks]
    fit, labels = partial(_fit_machine, X, C=C, seed=seed), [labels for _, labels in problems]
    if X.nnz * n_intents >= _LARGE and multiprocessing.parent_process() is None:
        fitted = _map_in_processes(fit, labels)
    else:
        fitted = list(map(fit, labels))
    parts = [
        (-coefficients, -intercepts) if size == 1 else (coefficients[:size], intercepts[:size])
        for (size, _), (coefficients, intercepts) in zip(problems, fitted, strict=True)
    ]
    return np.vstack([part for part, _ in parts]), np.concatenate([part for _, part in parts])


def _map_in_processes(fit: Callable[[LabelArray], _Machine], labels: list[LabelArray]) -> list[_Machine]:
    processes = _shared.get()
    if processes is not None:
        return processes.map(fit, labels)
    with _Processes() as processes:
        return processes.map(fit, labels)


def _fit_machine(X: Any, y: LabelArray, *, C: float, seed: int) -> _Machine:
    from sklearn.svm import LinearSVC

    with warnings.catch_warnings():
        # a bot with two examples per intent is unusual data, not a regression problem
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        machine = LinearSVC(C=C, random_state=seed).fit(X, y)
    return machine.coef_, machine.intercept_
