"""The two opinions on an intent together, before calibration: one linear boundary an intent, and the prototypes."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.linear import fit_linear
from pipelines.nlu.prototypes import KERNEL_GAIN, PROTOTYPES, PrototypeRidge

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


class Boundaries:
    """What a classifier learns from one set of rows: of a fold, or of all.

    Parameters
    ----------
    C
        Inverse regularisation strength of the linear machine, > 0.
    prototype_weight
        Weight of the prototypes' decision beside the linear one's.
    n_prototypes
        Prototypes an intent, at most.
    kernel_gain
        Sharpness of the prototypes' kernel.
    seed
        Seed of the solver and the clusters.

    Attributes
    ----------
    coefficients_, intercepts_
        Of the linear machine. Shapes ``(n_features, n_intents)`` and ``(n_intents,)``, float32.
    prototypes_
        None without sentence vectors.
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
        """Learn both.

        Parameters
        ----------
        features
            All features side by side, as `linear.stack_features` puts them. CSR, shape ``(n, n_features)``.
        sentences
            Unit sentence vectors. Shape ``(n, dimension)``; None without an encoder.
        y
            Intent of each row, 0 to `n_intents` - 1. Shape ``(n,)``.
        n_intents
            Number of columns of the decisions.

        Returns
        -------
        Boundaries
            This object.
        """
        self.coefficients_, self.intercepts_ = fit_linear(features, y, n_intents, self.C, self.seed)
        self.prototypes_ = None
        if sentences is not None:
            ridge = PrototypeRidge(n_prototypes=self.n_prototypes, kernel_gain=self.kernel_gain, seed=self.seed)
            self.prototypes_ = ridge.fit(sentences, y, n_intents=n_intents)
        return self

    def decide(self, features: Any, sentences: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Give the decisions ``(n, n_intents)``, and how near the nearest kind is ``(n,)``: zeros without sentences."""
        values: FloatArray = features @ self.coefficients_ + self.intercepts_
        if sentences is None or self.prototypes_ is None:
            return values, np.zeros(len(values))
        second = self.prototypes_.decisions(sentences)
        return values + self.prototype_weight * second, second.max(axis=1)
