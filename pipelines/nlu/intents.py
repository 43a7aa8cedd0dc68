"""The intent classifier: one linear boundary per intent over the utterance's features."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.boundaries import Boundaries
from pipelines.nlu.calibration import fit_scale, softmax
from pipelines.nlu.held_out import HeldOut
from pipelines.nlu.linear import shared_processes, stack_features, stratified_folds
from pipelines.nlu.prototypes import PrototypeRidge
from pipelines.nlu.regimes import REGIME_BY_NAME, Regime, Tuning, choose_regime
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
    tuning
        What is free to choose; without it, what suits this much data.
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
    C_, regime_, prototype_weight_
        The regularisation, the regime and the weight of the prototypes in use.
    held_out_
        Cross-validated decisions on the training rows; None after loading.
    """

    def __init__(self, *, tuning: Tuning | None = None, n_folds: int | None = None, seed: int = 0) -> None:
        self.tuning = tuning or Tuning()
        self.n_folds = n_folds
        self.seed = seed

    @shared_processes()
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
        self._settle(regime)
        features = stack_features(X, sentences, sentence_weight=self.tuning.sentence_weight)
        grid = regime.C_grid if n_real < MANY_ROWS else regime.C_grid[:1]
        best: HeldOut | None = None
        if self.tuning.C is not None:
            grid = (self.tuning.C,)
        for step, C in enumerate(grid):
            report(step / (len(grid) + 1), f"cross-validating the intent classifier, C={C}")
            held_out = self._cross_validate(features, sentences, y, origins, C)
            if best is None or held_out.accuracy > best.accuracy:
                best, self.C_ = held_out, C
        report(1 - 1 / (len(grid) + 1), "fitting the intent classifier")
        self.held_out_ = best
        assert best is not None  # noqa: S101  the grid is never empty
        self.scale_ = fit_scale(best.decisions[best.is_known], best.labels[best.is_known])
        learnt = self._boundaries(self.C_).fit(features, sentences, y, n_intents=len(self.intents_))
        n_sparse = X.shape[1]
        self.coefficients_ = np.ascontiguousarray(learnt.coefficients_[:n_sparse])
        self.dense_coefficients_ = np.ascontiguousarray(
            learnt.coefficients_[n_sparse:] * self.tuning.sentence_weight  # so that nobody scales a vector later
        )
        self.intercepts_, self.prototypes_ = learnt.intercepts_, learnt.prototypes_
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
        values += sentence @ self.dense_coefficients_ + self.prototype_weight_ * second
        return values, float(second.max())

    def shares(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> Shares:
        """Take the decisions apart: the four shares add up to what `decide` gives."""
        words = features.weights @ self.coefficients_[features.columns]
        if sentence is None or self.prototypes_ is None:
            return Shares(words, np.zeros_like(words), np.zeros_like(words), self.intercepts_)
        second = self.prototype_weight_ * self.prototypes_.decisions(sentence)
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

    def _settle(self, regime: Regime) -> None:
        """Take what was not chosen from the regime."""
        chosen = self.tuning.prototype_weight
        self.regime_ = regime
        self.prototype_weight_ = regime.prototype_weight if chosen is None else chosen

    def _boundaries(self, C: float) -> Boundaries:
        return Boundaries(
            C=C,
            prototype_weight=self.prototype_weight_,
            n_prototypes=self.tuning.n_prototypes,
            kernel_gain=self.tuning.kernel_gain,
            seed=self.seed,
        )

    def _cross_validate(
        self, X: Any, sentences: FloatArray | None, y: LabelArray, origins: Sequence[int | None], C: float
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
            some, others = (None, None) if sentences is None else (sentences[train], sentences[test])
            learnt = self._boundaries(C).fit(X[train], some, columns, n_intents=len(known))
            values, closeness[test] = learnt.decide(X[test], others)
            decisions[np.ix_(test, known)] = values
        accuracy = float((decisions.argmax(axis=1) == y[:n_real]).mean())
        return HeldOut(decisions, closeness, y[:n_real], folds, accuracy)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        prototypes, prototype_arrays = self.prototypes_.to_parts() if self.prototypes_ is not None else (None, {})
        settings: dict[str, Any] = {
            "intents": self.intents_,
            "scale": self.scale_,
            "C": self.C_,
            "regime": self.regime_.name,
            "prototypes": prototypes,
            "n_folds": self.n_folds,
            "seed": self.seed,
        }
        if self.prototype_weight_ != self.regime_.prototype_weight:
            settings["prototype_weight"] = self.prototype_weight_
        return settings, {
            "coefficients": self.coefficients_,
            "dense_coefficients": self.dense_coefficients_,
            "intercepts": self.intercepts_,
            **prototype_arrays,
        }

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
        tuning = Tuning(C=settings["C"], prototype_weight=settings.get("prototype_weight"))
        classifier = cls(tuning=tuning, n_folds=settings["n_folds"], seed=settings["seed"])
        classifier.intents_ = tuple(settings["intents"])
        classifier.scale_, classifier.C_ = float(settings["scale"]), float(settings["C"])
        classifier._settle(REGIME_BY_NAME[settings["regime"]])
        classifier.prototypes_ = None
        if settings["prototypes"] is not None:
            classifier.prototypes_ = PrototypeRidge.from_parts(settings["prototypes"], arrays)
        classifier.coefficients_ = np.ascontiguousarray(arrays["coefficients"], dtype=np.float32)
        classifier.dense_coefficients_ = np.ascontiguousarray(arrays["dense_coefficients"], dtype=np.float32)
        classifier.intercepts_ = arrays["intercepts"].astype(np.float32)
        classifier.held_out_ = None
        return classifier
