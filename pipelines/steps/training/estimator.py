"""The intent classifier before calibration in the form that scikit-learn's search needs: an estimator on one matrix."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from threadpoolctl import threadpool_limits

from pipelines.nlu.features.sparse import SparseFeatures
from pipelines.nlu.intents.linear import stack_features
from pipelines.nlu.intents.prototype_ensemble import LinearPrototypeEnsemble

DOCUMENT_COUNTS = (1, 2)
"""Candidates for the number of training texts that an n-gram must occur in; each has its own columns."""
_ONE_AT_A_TIME = threading.Lock()
"""The solver draws from a process-wide generator: two fits in threads of one worker would disturb each other."""

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Layout:
    """Columns ``[start, end)`` of each kind of feature in the matrix.

    Attributes
    ----------
    words
        Words and characters, by minimum document count.
    sentence
        The sentence vector; empty without an encoder.
    """

    words: dict[int, tuple[int, int]]
    sentence: tuple[int, int]


class IntentMachine(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The intent classifier before calibration, as an estimator for scikit-learn's search.

    Parameters
    ----------
    layout
        Of the matrix that it is fitted on.
    C
        Inverse regularisation strength.
    prototype_weight
        Weight of the prototypes' decision relative to the linear one.
    n_prototypes
        Prototypes per intent, at most.
    kernel_gain
        Sharpness of the prototypes' kernel.
    sentence_weight
        Weight of the sentence vector relative to words and characters.
    min_document_count
        One of `DOCUMENT_COUNTS`.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        C: float = 0.3,
        prototype_weight: float = 1.5,
        n_prototypes: int = 32,
        kernel_gain: float = 2.0,
        sentence_weight: float = 1.0,
        min_document_count: int = 1,
        seed: int = 0,
    ) -> None:
        self.layout = layout
        self.C = C
        self.prototype_weight = prototype_weight
        self.n_prototypes = n_prototypes
        self.kernel_gain = kernel_gain
        self.sentence_weight = sentence_weight
        self.min_document_count = min_document_count
        self.seed = seed

    def fit(self, X: Any, y: Sequence[str]) -> Self:
        """Fit on rows of the matrix; augmented copies and intent names count like utterances."""
        self.classes_, columns = np.unique(y, return_inverse=True)
        self.ensemble_ = LinearPrototypeEnsemble(
            C=self.C,
            prototype_weight=self.prototype_weight,
            n_prototypes=self.n_prototypes,
            kernel_gain=self.kernel_gain,
            seed=self.seed,
        )
        # one thread for matrix products: each worker has one fit, and sums come out the same everywhere
        with _ONE_AT_A_TIME, threadpool_limits(1):
            self.ensemble_.fit(*self._take(X), columns, n_intents=len(self.classes_))
        return self

    def predict(self, X: Any) -> npt.NDArray[np.str_]:
        """Return the likeliest intent of each row."""
        with threadpool_limits(1):
            decisions, _ = self.ensemble_.decide(*self._take(X))
        predicted: npt.NDArray[np.str_] = self.classes_[decisions.argmax(axis=1)]
        return predicted

    def _take(self, X: Any) -> tuple[Any, FloatArray | None]:
        start, end = self.layout.words[int(self.min_document_count)]
        first, last = self.layout.sentence
        sentences = X[:, first:last].toarray() if last > first else None
        return stack_features(X[:, start:end], sentences, sentence_weight=self.sentence_weight), sentences


def feature_matrix(texts: Sequence[str], sentences: npt.NDArray[np.float32] | None) -> tuple[Any, Layout]:
    """Return all features that a candidate may choose from side by side, as one CSR matrix."""
    from scipy.sparse import csr_matrix, hstack

    blocks, words, width = [], {}, 0
    for count in DOCUMENT_COUNTS:
        block = SparseFeatures(min_document_count=count).fit_transform(texts)
        words[count] = (width, width + block.shape[1])
        width += block.shape[1]
        blocks.append(block)
    n_numbers = 0 if sentences is None else sentences.shape[1]
    if sentences is not None:
        blocks.append(csr_matrix(sentences))
    return hstack(blocks, format="csr", dtype=np.float32), Layout(words, (width, width + n_numbers))
