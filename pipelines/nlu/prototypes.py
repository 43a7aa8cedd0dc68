"""A second opinion on the intent: kernel ridge regression on a few typical sentence vectors of each intent.

The linear machine draws straight boundaries; this one knows kinds of utterances. Their sum is right more often than
either (BANKING77, held out in training: 93.5 % against 92.7 % for the machine on the same vectors), it is fitted in
closed form within seconds, and how near the nearest kind is tells much about what is out of scope.

Copies of utterances with other values or a greeting (`augmentation`) are prototypes like the utterances. Without them
the out-of-scope AUROC on HWU64 was .914 instead of .910 and the sample bot's the same, but of the sample bot's
utterances only 94.7 % kept their intent when their values changed, instead of 96.2 %.
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

    Parameters
    ----------
    n_prototypes
        Typical sentence vectors an intent, at most.
    kernel_gain
        Sharpness of the kernel where the median distance of two vectors is 1.
    seed
        Seed of the clusters.

    Attributes
    ----------
    prototypes_
        Typical sentence vectors, at most `n_prototypes` an intent. Shape ``(n_prototypes, dimension)``, unit rows.
    weights_
        Shape ``(n_prototypes, n_intents)``.
    gain_
        Sharpness of the kernel ``exp(gain * (cosine - 1))``.
    """

    def __init__(self, *, n_prototypes: int = PROTOTYPES, kernel_gain: float = KERNEL_GAIN, seed: int = 0) -> None:
        self.n_prototypes = n_prototypes
        self.kernel_gain = kernel_gain
        self.seed = seed

    def fit(self, vectors: FloatArray, labels: LabelArray, *, n_intents: int) -> Self:
        """Learn from labelled sentence vectors.

        Parameters
        ----------
        vectors
            Unit rows. Shape ``(n, dimension)``.
        labels
            Intent of each row, 0 to `n_intents` - 1. Shape ``(n,)``.
        n_intents
            Number of columns of the decisions.

        Returns
        -------
        PrototypeRidge
            This object.
        """
        kinds = [cluster(vectors[labels == intent], self.n_prototypes, seed=self.seed) for intent in np.unique(labels)]
        self.prototypes_ = np.concatenate(kinds).astype(np.float32)
        sample = vectors[np.random.default_rng(self.seed).permutation(len(vectors))[:_SAMPLE]]
        self.gain_ = float(self.kernel_gain / max(np.median(1.0 - sample @ sample.T), _TINY))
        kernel = self._kernel(vectors.astype(np.float32))
        targets = (labels[:, None] == np.arange(n_intents)[None, :]).astype(np.float32)
        penalty = RIDGE * self._kernel(self.prototypes_) + _JITTER * np.eye(len(self.prototypes_))
        # products in single precision, half the time; solved in double, because near prototypes are nearly dependent
        gram, product = (kernel.T @ kernel).astype(np.float64), (kernel.T @ targets).astype(np.float64)
        self.weights_ = np.linalg.solve(gram + penalty, product).astype(np.float32)
        return self

    def decisions(self, vectors: FloatArray) -> FloatArray:
        """Give how much each intent is meant, about 0 to 1. Shape ``(..., n_intents)`` for ``(..., dimension)``."""
        values: FloatArray = self._kernel(vectors) @ self.weights_
        return values

    def _kernel(self, vectors: FloatArray) -> FloatArray:
        kernel: FloatArray = np.exp(self.gain_ * (vectors @ self.prototypes_.T - 1.0))
        return kernel

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        return {"seed": self.seed, "gain": self.gain_}, {
            "prototypes": self.prototypes_,
            "prototype_weights": self.weights_,
        }

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from what `to_parts` gave."""
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


def cluster(rows: FloatArray, count: int, *, seed: int) -> FloatArray:
    """Give `count` unit rows that stand for all, or the rows themselves where there are no more."""
    if len(rows) <= count:
        return rows
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # rows that say the same, as the decisions between two intents do, share a centre: nothing is wrong with that
        warnings.simplefilter("ignore", ConvergenceWarning)
        return unit(KMeans(count, n_init=1, random_state=seed, max_iter=30).fit(rows).cluster_centers_)
