"""The intent classifier: one linear boundary per intent over the utterance's features."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.features.sparse import SparseVector
from pipelines.nlu.intents.calibration import fit_scale, softmax
from pipelines.nlu.intents.held_out import HeldOut
from pipelines.nlu.intents.linear import shared_processes, stack_features, stratified_folds
from pipelines.nlu.intents.prototype_ensemble import LinearPrototypeEnsemble
from pipelines.nlu.intents.prototypes import PrototypeRidge
from pipelines.nlu.intents.regimes import REGIME_BY_NAME, Regime, Tuning, choose_regime
from pipelines.progress import Progress

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]

MANY_ROWS = 1500
"""From this many rows on, the regularisation is not searched: it costs minutes, and .2 to .3 differ by 0.2 points."""


class Contributions(NamedTuple):
    """What each part of the classifier adds to the decision on each intent; each of shape ``(n_intents,)``."""

    words: FloatArray
    sentence: FloatArray
    prototypes: FloatArray
    constant: FloatArray


class IntentClassifier:
    """Linear classifier over sparse and dense features, with calibrated confidence.

    Parameters
    ----------
    tuning
        Hyper-parameters. None: the defaults for the amount of data.
    n_folds
        Folds of the cross-validation that also calibrates. None: 5, or 3 from `MANY_ROWS` rows on.
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
    intercepts_
        Shape ``(n_intents,)``, float32.
    prototypes_
        None without an encoder.
    scale_
        Inverse temperature of the confidence.
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
        """Fit the boundaries, then the scale that calibrates the confidence.

        Parameters
        ----------
        X
            Sparse training features, CSR matrix of shape ``(n_utterances, n_features)``.
        labels
            The intent id of each row; one single intent is allowed.
        sentences
            Unit sentence vectors. Shape ``(n_utterances, dimension)``; None without an encoder.
        origins
            One entry for each synthetic row; these come last, and are trained on but never evaluated on. The entry is
            the row that this one copies, so that both are held out together; None if it copies no row.
        progress
            Receives the share done and the current activity.

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
        learnt = self._ensemble(self.C_).fit(features, sentences, y, n_intents=len(self.intents_))
        n_sparse = X.shape[1]
        self.coefficients_ = np.ascontiguousarray(learnt.coefficients_[:n_sparse])
        self.dense_coefficients_ = np.ascontiguousarray(
            learnt.coefficients_[n_sparse:] * self.tuning.sentence_weight  # vectors need no scaling later
        )
        self.intercepts_, self.prototypes_ = learnt.intercepts_, learnt.prototypes_
        report(1.0, "intent classifier fitted")
        return self

    def decisions(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> FloatArray:
        """Return the decision on each intent, before calibration. Shape ``(n_intents,)``."""
        return self.decide(features, sentence)[0]

    def decide(
        self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None
    ) -> tuple[FloatArray, float]:
        """Return the decisions ``(n_intents,)`` and the similarity to the nearest cluster of utterances, about 0 to 1.

        `sentence` is a unit vector ``(dimension,)``; without an encoder it is None and the similarity 0.
        """
        values: FloatArray = features.weights @ self.coefficients_[features.columns] + self.intercepts_
        if sentence is None or self.prototypes_ is None:
            return values, 0.0
        second = self.prototypes_.decisions(sentence)
        values += sentence @ self.dense_coefficients_ + self.prototype_weight_ * second
        return values, float(second.max())

    def contributions(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> Contributions:
        """Split the decisions into four contributions that add up to the result of `decide`."""
        words = features.weights @ self.coefficients_[features.columns]
        if sentence is None or self.prototypes_ is None:
            return Contributions(words, np.zeros_like(words), np.zeros_like(words), self.intercepts_)
        second = self.prototype_weight_ * self.prototypes_.decisions(sentence)
        return Contributions(words, sentence @ self.dense_coefficients_, second, self.intercepts_)

    def confidences(self, features: SparseVector, sentence: npt.NDArray[np.float32] | None = None) -> FloatArray:
        """Return the calibrated probability of each intent. Shape ``(n_intents,)``; they sum to 1."""
        return self.calibrate(features, self.decisions(features, sentence))

    def calibrate(self, features: SparseVector, decisions: FloatArray) -> FloatArray:
        """Turn the decisions about an utterance into probabilities.

        Without an encoder, a text without a known word or character gets equal probabilities: from the intercepts
        alone, the intent with the most examples would be certain, whatever the text.
        """
        if not len(features.columns) and not len(self.dense_coefficients_):
            return np.full(len(self.intents_), 1.0 / len(self.intents_))
        return softmax(decisions, scale=self.scale_)

    @property
    def held_out(self) -> HeldOut:
        """The cross-validated output on the training rows; raise ValueError on a loaded classifier, which has none."""
        if self.held_out_ is None:
            raise ValueError("a loaded classifier has no held-out rows; they exist only after fit")
        return self.held_out_

    def held_out_confidences(self) -> FloatArray:
        """Return the calibrated probability of each intent on held-out training rows. Shape ``(n, n_intents)``.

        An intent unknown to the row's fold gets 0.
        """
        decisions = self.held_out.decisions
        return softmax(np.where(np.isfinite(decisions), decisions, -1e3), scale=self.scale_)

    def _settle(self, regime: Regime) -> None:
        """Set the regime, and the prototype weight unless it was chosen."""
        chosen = self.tuning.prototype_weight
        self.regime_ = regime
        self.prototype_weight_ = regime.prototype_weight if chosen is None else chosen

    def _ensemble(self, C: float) -> LinearPrototypeEnsemble:
        return LinearPrototypeEnsemble(
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
        decisions, similarity = np.full((n_real, len(self.intents_)), -np.inf), np.zeros(n_real)
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
            learnt = self._ensemble(C).fit(X[train], some, columns, n_intents=len(known))
            values, similarity[test] = learnt.decide(X[test], others)
            decisions[np.ix_(test, known)] = values
        accuracy = float((decisions.argmax(axis=1) == y[:n_real]).mean())
        return HeldOut(decisions, similarity, y[:n_real], folds, accuracy)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ."""
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
        """Rebuild from the result of `to_parts`."""
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
