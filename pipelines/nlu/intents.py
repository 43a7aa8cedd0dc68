"""The intent classifier: one linear boundary per intent over the utterance's features."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.calibration import fit_scale, softmax
from pipelines.nlu.sparse import SparseVector

C_GRID = (0.3, 0.5, 1.0)
"""Regularisation strengths tried; on public data the best lies among them and neighbours differ by < 0.3 points."""

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class HeldOut:
    """What a classifier says of rows it was not trained on.

    Attributes
    ----------
    decisions
        Shape ``(n_utterances, n_intents)``.
    labels
        Column of the right intent. Shape ``(n_utterances,)``.
    accuracy
        Share of rows whose highest decision is the right one, in [0, 1].
    """

    decisions: FloatArray
    labels: LabelArray
    accuracy: float

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """Tell which rows were shown to a model that knew their intent; an intent's only row never is."""
        known: npt.NDArray[np.bool_] = np.isfinite(self.decisions[np.arange(len(self.labels)), self.labels])
        return known


class IntentClassifier:
    """Linear support vector machine, one intent against the rest, with calibrated confidence.

    Parameters
    ----------
    C
        Inverse regularisation strength, > 0. None: the best of `C_GRID` by cross-validation.
    n_folds
        Folds of the cross-validation that also calibrates.
    seed
        Seed of the folds and of the solver.

    Attributes
    ----------
    intents_
        Intent ids in column order, sorted.
    coefficients_
        Shape ``(n_features, n_intents)``, float32, row-major: a text's few features are gathered row by row.
    intercepts_
        Shape ``(n_intents,)``, float32.
    scale_
        Inverse temperature of the confidence.
    C_
        The regularisation in use.
    held_out_
        Cross-validated decisions on the training rows; None after loading.
    """

    def __init__(self, *, C: float | None = None, n_folds: int = 5, seed: int = 0) -> None:
        self.C = C
        self.n_folds = n_folds
        self.seed = seed

    def fit(self, X: Any, labels: Sequence[str], *, progress: Progress | None = None) -> Self:
        """Learn the boundaries, then the scale that makes confidences honest.

        Parameters
        ----------
        X
            Training features, CSR matrix of shape ``(n_utterances, n_features)``.
        labels
            The intent id of each row; one single intent is allowed.
        progress
            Called with the share done, in [0, 1], and what is being done.

        Returns
        -------
        IntentClassifier
            This object.
        """
        report = progress or (lambda share, what: None)
        self.intents_ = tuple(sorted(set(labels)))
        y = np.array([self.intents_.index(label) for label in labels], dtype=np.intp)
        grid = C_GRID if self.C is None else (self.C,)
        best: HeldOut | None = None
        for step, C in enumerate(grid):
            report(step / (len(grid) + 1), f"cross-validating the intent classifier, C={C}")
            held_out = self._cross_validate(X, y, C)
            if best is None or held_out.accuracy > best.accuracy:
                best, self.C_ = held_out, C
        report(len(grid) / (len(grid) + 1), "fitting the intent classifier")
        self.held_out_ = best
        assert best is not None  # noqa: S101  the grid is never empty
        self.scale_ = fit_scale(best.decisions[best.is_known], best.labels[best.is_known])
        self.coefficients_, self.intercepts_ = _fit_linear(X, y, len(self.intents_), self.C_, self.seed)
        report(1.0, "intent classifier fitted")
        return self

    def decisions(self, features: SparseVector) -> FloatArray:
        """Give the signed distance to each intent's boundary. Shape ``(n_intents,)``."""
        values: FloatArray = features.weights @ self.coefficients_[features.columns] + self.intercepts_
        return values

    def confidences(self, features: SparseVector) -> FloatArray:
        """Give the calibrated probability of each intent. Shape ``(n_intents,)``; they sum to 1.

        They are level for a text without any known feature: the intercepts alone would be sure of the intent with the
        most examples, whatever was said.
        """
        if not len(features.columns):
            return np.full(len(self.intents_), 1.0 / len(self.intents_))
        return softmax(self.decisions(features), scale=self.scale_)

    def held_out_confidence(self) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Give the confidence of the top intent on rows held out in training, and whether it was right.

        Rows whose intent has no other example are left out: of course they were not understood, and thresholds fitted
        on them would be those of a worse model.

        Returns
        -------
        tuple[FloatArray, npt.NDArray[np.bool_]]
            Two arrays of shape ``(n_known_utterances,)``.

        Raises
        ------
        ValueError
            The classifier was loaded from a file, which keeps no training rows.
        """
        held_out = self.held_out_
        if held_out is None:
            raise ValueError("a loaded classifier has no held-out rows; they exist only after fit")
        decisions, labels = held_out.decisions[held_out.is_known], held_out.labels[held_out.is_known]
        return softmax(decisions, scale=self.scale_).max(axis=1), decisions.argmax(axis=1) == labels

    def _cross_validate(self, X: Any, y: LabelArray, C: float) -> HeldOut:
        decisions = np.full((len(y), len(self.intents_)), -np.inf)
        folds = stratified_folds(y, n_folds=self.n_folds, seed=self.seed)
        for fold in range(self.n_folds):
            train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            if len(train) == 0 or len(test) == 0:
                continue
            known = np.unique(y[train])
            coefficients, intercepts = _fit_linear(X[train], np.searchsorted(known, y[train]), len(known), C, self.seed)
            decisions[np.ix_(test, known)] = X[test] @ coefficients + intercepts
        accuracy = float((decisions.argmax(axis=1) == y).mean())
        return HeldOut(decisions, y, accuracy)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        settings = {
            "intents": self.intents_,
            "scale": self.scale_,
            "C": self.C_,
            "n_folds": self.n_folds,
            "seed": self.seed,
        }
        return settings, {"coefficients": self.coefficients_, "intercepts": self.intercepts_}

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
        classifier = cls(C=settings["C"], n_folds=settings["n_folds"], seed=settings["seed"])
        classifier.intents_ = tuple(settings["intents"])
        classifier.scale_, classifier.C_ = float(settings["scale"]), float(settings["C"])
        classifier.coefficients_ = np.ascontiguousarray(arrays["coefficients"], dtype=np.float32)
        classifier.intercepts_ = arrays["intercepts"].astype(np.float32)
        classifier.held_out_ = None
        return classifier


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


def _fit_linear(X: Any, y: LabelArray, n_intents: int, C: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Fit coefficients ``(n_features, n_intents)`` and intercepts ``(n_intents,)``, also for one or two intents."""
    from sklearn.svm import LinearSVC

    if n_intents == 1:
        return np.zeros((X.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    with warnings.catch_warnings():
        # a bot with two examples an intent is unusual data, not a regression
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        machine = LinearSVC(C=C, random_state=seed).fit(X, y)
    coefficients, intercepts = machine.coef_, machine.intercept_
    if n_intents == 2:  # scikit-learn keeps one boundary for two classes
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return np.ascontiguousarray(coefficients.T, dtype=np.float32), intercepts.astype(np.float32)
