"""The intent classifier: one linear boundary per intent over the utterance's features."""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.calibration import fit_scale, softmax
from pipelines.nlu.prototypes import PrototypeRidge
from pipelines.nlu.sparse import SparseVector

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]
Progress = Callable[[float, str], None]

FEW_EXAMPLES = 15
"""Median examples an intent below which the encoder alone does better: at 10 an intent 85.2 %, 84.6 % with words."""
MANY_ROWS = 1500
"""Rows from which the regularisation is not searched: it costs minutes, and .2 to .3 differ by 0.2 points."""
_N_CHUNKS = 4
"""Parts that one-against-the-rest problems are dealt into; fixed, so that every machine gets the same numbers."""


@dataclass(frozen=True)
class Regime:
    """How the classifier is fitted, chosen by how many examples there are.

    Attributes
    ----------
    name
        For the record of the run.
    head
        `svm`: linear support vector machine, one intent against the rest; `logistic`: multinomial regression.
    uses_sparse
        Whether word and character features take part beside the encoder's.
    n_pooled
        How many of the encoder's pooled vectors take part: 1 is the mean, 3 are mean, maximum and minimum.
    prototype_weight
        Weight of the prototypes' decision beside the linear one's; 0: they do not take part.
    C_grid
        Inverse regularisation strengths to choose from by cross-validation, the first one by default.
    """

    name: str
    head: Literal["svm", "logistic"]
    uses_sparse: bool
    n_pooled: int
    prototype_weight: float
    C_grid: tuple[float, ...]


SPARSE_ALONE = Regime("sparse features alone", "svm", True, 0, 0.0, (0.5, 0.3, 1.0))
FEW_SHOT = Regime("few examples", "logistic", False, 3, 0.0, (30.0, 10.0, 100.0))
FULL = Regime("many examples", "svm", True, 1, 1.5, (0.3, 0.1, 1.0))
REGIME_BY_NAME = {regime.name: regime for regime in (SPARSE_ALONE, FEW_SHOT, FULL)}


@dataclass(frozen=True)
class HeldOut:
    """What a classifier says of rows it was not trained on.

    Attributes
    ----------
    decisions
        Shape ``(n_utterances, n_intents)``.
    closeness
        How near the nearest kind of known utterances is, about 0 to 1; zeros without an encoder.
        Shape ``(n_utterances,)``.
    labels
        Column of the right intent. Shape ``(n_utterances,)``.
    accuracy
        Share of rows whose highest decision is the right one, in [0, 1].
    """

    decisions: FloatArray
    closeness: FloatArray
    labels: LabelArray
    accuracy: float

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """Tell which rows were shown to a model that knew their intent; an intent's only row never is."""
        known: npt.NDArray[np.bool_] = np.isfinite(self.decisions[np.arange(len(self.labels)), self.labels])
        return known


class IntentClassifier:
    """Linear classifier over sparse and dense features, with calibrated confidence.

    Parameters
    ----------
    C
        Inverse regularisation strength, > 0. None: chosen from the regime's grid by cross-validation.
    n_folds
        Folds of the cross-validation that also calibrates. None: 5, or 3 where there are many rows.
    seed
        Seed of the folds and of the solver.

    Attributes
    ----------
    intents_
        Intent ids in column order, sorted.
    coefficients_
        Of the sparse features. Shape ``(n_features, n_intents)``, float32, row-major: a text's few features are
        gathered row by row.
    dense_coefficients_
        Of the encoder's pooled vectors. Shape ``(n_dense, n_intents)``, float32; ``n_dense`` is 0 without an encoder.
    prototypes_
        The second opinion; None without an encoder.
    intercepts_
        Shape ``(n_intents,)``, float32.
    scale_
        Inverse temperature of the confidence.
    C_, regime_
        The regularisation and the regime in use.
    held_out_
        Cross-validated decisions on the training rows; None after loading.
    """

    def __init__(self, *, C: float | None = None, n_folds: int | None = None, seed: int = 0) -> None:
        self.C = C
        self.n_folds = n_folds
        self.seed = seed

    def fit(
        self,
        X: Any,
        labels: Sequence[str],
        *,
        dense: npt.NDArray[np.float32] | None = None,
        n_extra: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Learn the boundaries, then the scale that makes confidences honest.

        Parameters
        ----------
        X
            Sparse training features, CSR matrix of shape ``(n_utterances, n_features)``.
        labels
            The intent id of each row; one single intent is allowed.
        dense
            The encoder's pooled vectors. Shape ``(n_utterances, 3, dimension)``; None without an encoder.
        n_extra
            The last rows, this many, are no real utterances: they are learnt from and never evaluated on.
        progress
            Called with the share done, in [0, 1], and what is being done.

        Returns
        -------
        IntentClassifier
            This object.
        """
        report = progress or (lambda share, what: None)
        self.intents_ = tuple(sorted(set(labels)))
        column = {intent: number for number, intent in enumerate(self.intents_)}
        y = np.array([column[label] for label in labels], dtype=np.intp)
        n_real = len(y) - n_extra
        regime = choose_regime(y[:n_real], has_encoder=dense is not None)
        self.regime_ = regime
        features = _stack(X, dense, regime)
        sentences = None if dense is None else dense[:, 0]
        grid = regime.C_grid if n_real < MANY_ROWS else regime.C_grid[:1]
        best: HeldOut | None = None
        n_steps = len(grid if self.C is None else (self.C,)) + 1
        for step, C in enumerate(grid if self.C is None else (self.C,)):
            report(step / n_steps, f"cross-validating the intent classifier, C={C}")
            held_out = self._cross_validate(features, sentences, y, n_real, regime, C)
            if best is None or held_out.accuracy > best.accuracy:
                best, self.C_ = held_out, C
        report(1 - 1 / n_steps, "fitting the intent classifier")
        self.held_out_ = best
        assert best is not None  # noqa: S101  the grid is never empty
        self.scale_ = fit_scale(best.decisions[best.is_known], best.labels[best.is_known])
        coefficients, self.intercepts_ = _fit_linear(features, y, len(self.intents_), regime.head, self.C_, self.seed)
        n_sparse = X.shape[1] if regime.uses_sparse else 0
        self.dense_coefficients_ = np.ascontiguousarray(coefficients[n_sparse:])
        self.coefficients_ = (
            np.ascontiguousarray(coefficients[:n_sparse])
            if n_sparse
            else np.zeros((0, len(self.intents_)), dtype=np.float32)
        )
        self.prototypes_ = None
        if sentences is not None:
            self.prototypes_ = PrototypeRidge(seed=self.seed).fit(sentences, y, n_intents=len(self.intents_))
        report(1.0, "intent classifier fitted")
        return self

    def decisions(self, features: SparseVector, dense: npt.NDArray[np.float32] | None = None) -> FloatArray:
        """Give how much each intent is meant, before calibration. Shape ``(n_intents,)``."""
        return self.decide(features, dense)[0]

    def decide(self, features: SparseVector, dense: npt.NDArray[np.float32] | None = None) -> tuple[FloatArray, float]:
        """Give the decision on each intent, and how near the nearest kind of known utterances is.

        Parameters
        ----------
        features
            Sparse features of the utterance.
        dense
            The encoder's pooled vectors. Shape ``(3, dimension)``; None without an encoder.

        Returns
        -------
        tuple[FloatArray, float]
            Shape ``(n_intents,)``, and about 0 to 1; the latter is 0 without an encoder.
        """
        values: FloatArray = self.intercepts_.copy()
        if len(self.coefficients_):
            values += features.weights @ self.coefficients_[features.columns]
        if dense is None or self.prototypes_ is None:
            return values, 0.0
        values += dense[: self.regime_.n_pooled].ravel() @ self.dense_coefficients_
        second = self.prototypes_.decisions(dense[0])
        return values + self.regime_.prototype_weight * second, float(second.max())

    def confidences(self, features: SparseVector, dense: npt.NDArray[np.float32] | None = None) -> FloatArray:
        """Give the calibrated probability of each intent. Shape ``(n_intents,)``; they sum to 1."""
        return self.calibrate(features, self.decisions(features, dense))

    def calibrate(self, features: SparseVector, decisions: FloatArray) -> FloatArray:
        """Turn the decisions about an utterance into probabilities.

        Without an encoder, they are level for a text that has no known word or character: the intercepts alone would
        be sure of the intent with the most examples, whatever was said.
        """
        if not len(features.columns) and not len(self.dense_coefficients_):
            return np.full(len(self.intents_), 1.0 / len(self.intents_))
        return softmax(decisions, scale=self.scale_)

    @property
    def held_out(self) -> HeldOut:
        """What the classifier says of its training rows, each held out.

        Raises
        ------
        ValueError
            The classifier was loaded from a file, which keeps no training rows.
        """
        if self.held_out_ is None:
            raise ValueError("a loaded classifier has no held-out rows; they exist only after fit")
        return self.held_out_

    def held_out_confidences(self) -> FloatArray:
        """Give the calibrated probability of each intent on rows held out in training. Shape ``(n, n_intents)``.

        An intent that the row's fold did not know has 0.
        """
        decisions = self.held_out.decisions
        return softmax(np.where(np.isfinite(decisions), decisions, -1e3), scale=self.scale_)

    def _cross_validate(
        self, X: Any, sentences: FloatArray | None, y: LabelArray, n_real: int, regime: Regime, C: float
    ) -> HeldOut:
        decisions, closeness = np.full((n_real, len(self.intents_)), -np.inf), np.zeros(n_real)
        n_folds = self.n_folds or (3 if n_real >= MANY_ROWS else 5)
        folds = stratified_folds(y[:n_real], n_folds=n_folds, seed=self.seed)
        extra = np.arange(n_real, len(y))
        for fold in range(n_folds):
            train, test = np.concatenate([np.flatnonzero(folds != fold), extra]), np.flatnonzero(folds == fold)
            if len(train) == 0 or len(test) == 0:
                continue
            known = np.unique(y[train])
            columns = np.searchsorted(known, y[train])
            coefficients, intercepts = _fit_linear(X[train], columns, len(known), regime.head, C, self.seed)
            values = X[test] @ coefficients + intercepts
            if sentences is not None:
                prototypes = PrototypeRidge(seed=self.seed).fit(sentences[train], columns, n_intents=len(known))
                second = prototypes.decisions(sentences[test])
                values = values + regime.prototype_weight * second
                closeness[test] = second.max(axis=1)
            decisions[np.ix_(test, known)] = values
        accuracy = float((decisions.argmax(axis=1) == y[:n_real]).mean())
        return HeldOut(decisions, closeness, y[:n_real], accuracy)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        prototypes, prototype_arrays = self.prototypes_.to_parts() if self.prototypes_ is not None else (None, {})
        settings = {
            "intents": self.intents_,
            "scale": self.scale_,
            "C": self.C_,
            "regime": self.regime_.name,
            "prototypes": prototypes,
            "n_folds": self.n_folds,
            "seed": self.seed,
        }
        return settings, {
            "coefficients": self.coefficients_,
            "dense_coefficients": self.dense_coefficients_,
            "intercepts": self.intercepts_,
            **prototype_arrays,
        }

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
        classifier = cls(C=settings["C"], n_folds=settings["n_folds"], seed=settings["seed"])
        classifier.intents_ = tuple(settings["intents"])
        classifier.scale_, classifier.C_ = float(settings["scale"]), float(settings["C"])
        classifier.regime_ = REGIME_BY_NAME[settings["regime"]]
        classifier.prototypes_ = None
        if settings["prototypes"] is not None:
            classifier.prototypes_ = PrototypeRidge.from_parts(settings["prototypes"], arrays)
        classifier.coefficients_ = np.ascontiguousarray(arrays["coefficients"], dtype=np.float32)
        classifier.dense_coefficients_ = np.ascontiguousarray(arrays["dense_coefficients"], dtype=np.float32)
        classifier.intercepts_ = arrays["intercepts"].astype(np.float32)
        classifier.held_out_ = None
        return classifier


def choose_regime(y: LabelArray, *, has_encoder: bool) -> Regime:
    """Choose how to fit by the median number of examples an intent."""
    if not has_encoder:
        return SPARSE_ALONE
    return FULL if np.median(np.bincount(y)) >= FEW_EXAMPLES else FEW_SHOT


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


def _stack(X: Any, dense: npt.NDArray[np.float32] | None, regime: Regime) -> Any:
    """Put both kinds of features side by side as one CSR matrix, sparse first."""
    from scipy.sparse import csr_matrix, hstack

    if dense is None:
        return X
    pooled = csr_matrix(dense[:, : regime.n_pooled].reshape(len(dense), -1))
    return hstack([X, pooled], format="csr") if regime.uses_sparse else pooled


def _fit_linear(
    X: Any, y: LabelArray, n_intents: int, head: Literal["svm", "logistic"], C: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Fit coefficients ``(n_features, n_intents)`` and intercepts ``(n_intents,)``, also for one or two intents."""
    if n_intents == 1:
        return np.zeros((X.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    with warnings.catch_warnings():
        # a bot with two examples an intent is unusual data, not a regression
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        if head == "logistic":
            coefficients, intercepts = _fit_logistic(X, y, C)
        else:
            coefficients, intercepts = _fit_svm(X, y, n_intents, C, seed)
    if n_intents == 2:  # scikit-learn keeps one boundary for two classes
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return np.ascontiguousarray(coefficients.T, dtype=np.float32), intercepts.astype(np.float32)


def _fit_logistic(X: Any, y: LabelArray, C: float) -> tuple[FloatArray, FloatArray]:
    from sklearn.linear_model import LogisticRegression

    machine = LogisticRegression(C=C, max_iter=500).fit(X.toarray(), y)
    return machine.coef_, machine.intercept_


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
