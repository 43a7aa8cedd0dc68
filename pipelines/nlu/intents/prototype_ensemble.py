"""The intent classifier's two models before calibration: one linear boundary per intent, and the prototypes."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.intents.linear import fit_linear
from pipelines.nlu.intents.prototypes import KERNEL_GAIN, PROTOTYPES, PrototypeRidge

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


class LinearPrototypeEnsemble:
    """Weighted sum of a linear classifier and prototype ridge regression, fitted on one set of rows: a fold, or all.

    `C` is the linear classifier's inverse regularisation strength, > 0; its decision has weight 1. The learnt
    `coefficients_` ``(n_features, n_intents)`` and `intercepts_` ``(n_intents,)`` are float32; `prototypes_` is None
    without sentence vectors.
    """

    def __init__(
        self,
        *,
        C: float,
        prototype_weight: float,
        n_prototypes: int = PROTOTYPES,
        kernel_gain: float = KERNEL_GAIN,
        seed: int = 0,
    ) -> None:
        self.C = C
        self.prototype_weight = prototype_weight
        self.n_prototypes = n_prototypes
        self.kernel_gain = kernel_gain
        self.seed = seed

    def fit(self, features: Any, sentences: FloatArray | None, y: LabelArray, *, n_intents: int) -> Self:
        """Fit both models on features from `linear.stack_features` and unit sentence vectors, ``(n, dimension)``.

        `sentences` is None without an encoder. `y` holds the intent of each row, 0 to `n_intents` - 1.
        """
        self.coefficients_, self.intercepts_ = fit_linear(features, y, n_intents, self.C, self.seed)
        self.prototypes_ = None
        if sentences is not None:
            ridge = PrototypeRidge(n_prototypes=self.n_prototypes, kernel_gain=self.kernel_gain, seed=self.seed)
            self.prototypes_ = ridge.fit(sentences, y, n_intents=n_intents)
        return self

    def decide(self, features: Any, sentences: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Return the decisions ``(n, n_intents)`` and the highest prototype decisions ``(n,)``: 0 without sentences."""
        values: FloatArray = features @ self.coefficients_ + self.intercepts_
        if sentences is None or self.prototypes_ is None:
            return values, np.zeros(len(values))
        second = self.prototypes_.decisions(sentences)
        return values + self.prototype_weight * second, second.max(axis=1)
