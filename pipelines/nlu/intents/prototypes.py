"""Kernel ridge regression on a few typical sentence vectors of each intent: the classifier's second model.

The linear classifier draws straight boundaries; this one models clusters of utterances. Their sum is right more often
than either (BANKING77, held out in training: 93.5 % against 92.7 % for the linear one on the same vectors), it is
fitted in closed form within seconds, and the similarity to the nearest cluster is a strong out-of-scope signal.

Copies of utterances with other values or a greeting (`augmentation`) become prototypes like the utterances. Without
them the out-of-scope AUROC on HWU64 was .914 instead of .910, on the sample bot the same, but only 94.7 % instead of
96.2 % of the sample bot's utterances kept their intent when their values changed.
"""

import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt

PROTOTYPES = 32
KERNEL_GAIN = 2.0
RIDGE = 0.1
_JITTER = 1e-4
_SAMPLE = 300
_TINY = 1e-6

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]


class PrototypeRidge:
    """Kernel ridge regression from sentence vectors to intents, on k-means prototypes.

    `kernel_gain` is the sharpness of the kernel for a median distance of 1 between two vectors, `gain_` that of the
    fitted ``exp(gain * (cosine - 1))``. `prototypes_` holds at most `n_prototypes` unit vectors per intent, as rows;
    `weights_` has a row for each and a column per intent.
    """

    def __init__(self, *, n_prototypes: int = PROTOTYPES, kernel_gain: float = KERNEL_GAIN, seed: int = 0) -> None:
        self.n_prototypes = n_prototypes
        self.kernel_gain = kernel_gain
        self.seed = seed

    def fit(self, vectors: FloatArray, labels: LabelArray, *, n_intents: int) -> Self:
        """Learn from unit vectors ``(n, dimension)`` and the intent of each, 0 to `n_intents` - 1."""
        clusters = [
            cluster_centres(vectors[labels == intent], self.n_prototypes, seed=self.seed)
            for intent in np.unique(labels)
        ]
        self.prototypes_ = np.concatenate(clusters).astype(np.float32)
        sample = vectors[np.random.default_rng(self.seed).permutation(len(vectors))[:_SAMPLE]]
        self.gain_ = float(self.kernel_gain / max(np.median(1.0 - sample @ sample.T), _TINY))
        kernel = self._kernel(vectors.astype(np.float32))
        targets = (labels[:, None] == np.arange(n_intents)[None, :]).astype(np.float32)
        penalty = RIDGE * self._kernel(self.prototypes_) + _JITTER * np.eye(len(self.prototypes_))
        # multiply in single precision, half the time; solve in double, because close prototypes are nearly dependent
        gram, product = (kernel.T @ kernel).astype(np.float64), (kernel.T @ targets).astype(np.float64)
        self.weights_ = np.linalg.solve(gram + penalty, product).astype(np.float32)
        return self

    def decisions(self, vectors: FloatArray) -> FloatArray:
        """Return the decision on each intent, about 0 to 1. Shape ``(..., n_intents)`` for ``(..., dimension)``."""
        values: FloatArray = self._kernel(vectors) @ self.weights_
        return values

    def _kernel(self, vectors: FloatArray) -> FloatArray:
        kernel: FloatArray = np.exp(self.gain_ * (vectors @ self.prototypes_.T - 1.0))
        return kernel

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ."""
        return {"seed": self.seed, "gain": self.gain_}, {
            "prototypes": self.prototypes_,
            "prototype_weights": self.weights_,
        }

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from the result of `to_parts`."""
        ridge = cls(seed=settings["seed"])
        ridge.gain_ = float(settings["gain"])
        ridge.prototypes_ = arrays["prototypes"].astype(np.float32)
        ridge.weights_ = arrays["prototype_weights"].astype(np.float32)
        return ridge


def unit(rows: FloatArray) -> FloatArray:
    """Scale each row to length 1; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    scaled: FloatArray = rows / np.maximum(lengths, _TINY)[:, None]
    return scaled


def cluster_centres(rows: FloatArray, count: int, *, seed: int) -> FloatArray:
    """Return `count` k-means centres as unit rows, or the rows themselves if there are no more than that."""
    if len(rows) <= count:
        return rows
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # equal rows, such as the decisions between two intents, share a centre; that is fine
        warnings.simplefilter("ignore", ConvergenceWarning)
        return unit(KMeans(count, n_init=1, random_state=seed, max_iter=30).fit(rows).cluster_centers_)
