"""The intent classifier: one linear boundary per intent over the utterance's features."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.calibration import fit_scale, softmax
from pipelines.nlu.held_out import HeldOut
from pipelines.nlu.linear import fit_linear, stack_features, stratified_folds
from pipelines.nlu.prototypes import PrototypeRidge
from pipelines.nlu.regimes import REGIME_BY_NAME, Regime, choose_regime
from pipelines.nlu.sparse import SparseVector
from pipelines.progress import Progress

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]

MANY_ROWS = 1500
"""Rows from which the regularisation is not searched: it costs minutes, and .2 to .3 differ by 0.2 points."""


class Shares(NamedTuple):
    """What each part of the classifier gives to the decision on each intent; each of shape ``(n_intents,)``."""

    words: FloatArray
    sentence: FloatArray
    prototypes: FloatArray
    constant: FloatArray


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
        Of the sentence vector. Shape ``(dimension, n_intents)``, float32; no rows without an encoder.
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
        sentences: npt.NDArray[np.float32] | None = None,
        origins: Sequence[int | None] = (),
        progress: Progress | None = None,
    ) -> Self:
        """Learn the boundaries, then the scale that makes confidences honest.

        Parameters
        ----------
        X
            Sparse training features, CSR matrix of shape ``(n_utterances, n_features)``.
        labels
            The intent id of each row; one single intent is allowed.
        sentences
            Unit sentence vectors. Shape ``(n_utterances, dimension)``; None without an encoder.
        origins
            One for each of the last rows that are no real utterances: they are learnt from and never evaluated on. The
            row that it is a copy of, so that both are held out together; None for none.
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
        n_real = len(y) - len(origins)
        regime = choose_regime(labels[:n_real], has_encoder=sentences is not None)
        self.regime_ = regime
        features = stack_features(X, sentences)
        grid = regime.C_grid if n_real < MANY_ROWS else regime.C_grid[:1]
        best: HeldOut | None = None
        n_steps = len(grid if self.C is None else (self.C,)) + 1
        for step, C in enumerate(grid if self.C is None else (self.C,)):
            report(step / n_steps, f"cross-validating the intent classifier, C={C}")
            held_out = self._cross_validate(features, sentences, y, origins, regime, C)
            if best is None or held_out.accuracy > best.accuracy:
                best, self.C_ = held_out, C
        report(1 - 1 / n_steps, "fitting the intent classifier")
        self.held_out_ = best
        assert best is not None  # noqa: S101  the grid is never empty
        self.scale_ = fit_scale(best.decisions[best.is_known], best.labels[best.is_known])
        coefficients, self.intercepts_ = fit_linear(features, y, len(self.intents_), self.C_, self.seed)
        self.coefficients_ = np.ascontiguousarray(coefficients[: X.shape[1]])
        self.dense_coefficients_ = np.ascontiguousarray(coefficients[X.shape[1] :])
        self.prototypes_ = None
        if sentences is not None:
            self.prototypes_ = PrototypeRidge(seed=self.seed).fit(sentences, y, n_intents=len(self.intents_))
        report(1.0, "intent classifier fitted")
        return self

    def decisions(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> FloatArray:
        """Give how much each intent is meant, before calibration. Shape ``(n_intents,)``."""
        return self.decide(features, sentence)[0]

    def decide(
        self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None
    ) -> tuple[FloatArray, float]:
        """Give the decision on each intent, and how near the nearest kind of known utterances is.

        Parameters
        ----------
        features
            Sparse features of the utterance.
        sentence
            Its unit sentence vector. Shape ``(dimension,)``; None without an encoder.

        Returns
        -------
        tuple[FloatArray, float]
            Shape ``(n_intents,)``, and about 0 to 1; the latter is 0 without an encoder.
        """
        values: FloatArray = features.weights @ self.coefficients_[features.columns] + self.intercepts_
        if sentence is None or self.prototypes_ is None:
            return values, 0.0
        second = self.prototypes_.decisions(sentence)
        values += sentence @ self.dense_coefficients_ + self.regime_.prototype_weight * second
        return values, float(second.max())

    def shares(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> Shares:
        """Take the decisions apart: the four shares add up to what `decide` gives."""
        words = features.weights @ self.coefficients_[features.columns]
        if sentence is None or self.prototypes_ is None:
            return Shares(words, np.zeros_like(words), np.zeros_like(words), self.intercepts_)
        second = self.regime_.prototype_weight * self.prototypes_.decisions(sentence)
        return Shares(words, sentence @ self.dense_coefficients_, second, self.intercepts_)

    def confidences(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> FloatArray:
        """Give the calibrated probability of each intent. Shape ``(n_intents,)``; they sum to 1."""
        return self.calibrate(features, self.decisions(features, sentence))

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
        self,
        X: Any,
        sentences: FloatArray | None,
        y: LabelArray,
        origins: Sequence[int | None],
        regime: Regime,
        C: float,
    ) -> HeldOut:
        n_real = len(y) - len(origins)
        decisions, closeness = np.full((n_real, len(self.intents_)), -np.inf), np.zeros(n_real)
        n_folds = self.n_folds or (3 if n_real >= MANY_ROWS else 5)
        folds = stratified_folds(y[:n_real], n_folds=n_folds, seed=self.seed)
        fold_of_extra = [-1 if origin is None else folds[origin] for origin in origins]
        fold_of_row = np.concatenate([folds, np.array(fold_of_extra, dtype=np.intp)])
        for fold in range(n_folds):
            train, test = np.flatnonzero(fold_of_row != fold), np.flatnonzero(folds == fold)
            if len(train) == 0 or len(test) == 0:
                continue
            known = np.unique(y[train])
            columns = np.searchsorted(known, y[train])
            coefficients, intercepts = fit_linear(X[train], columns, len(known), C, self.seed)
            values = X[test] @ coefficients + intercepts
            if sentences is not None:
                prototypes = PrototypeRidge(seed=self.seed).fit(sentences[train], columns, n_intents=len(known))
                second = prototypes.decisions(sentences[test])
                values = values + regime.prototype_weight * second
                closeness[test] = second.max(axis=1)
            decisions[np.ix_(test, known)] = values
        accuracy = float((decisions.argmax(axis=1) == y[:n_real]).mean())
        return HeldOut(decisions, closeness, y[:n_real], folds, accuracy)

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
