"""A few training examples of each intent, kept in the model to show which ones a text resembles."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.features.features import Featurizer, Utterance
from pipelines.nlu.features.sparse import SparseVector
from pipelines.nlu.intents.prototypes import unit

PER_INTENT = 8
LONGEST = 160
"""Maximum characters of a shown text; longer ones are kept only if the intent has no shorter one."""
_CANDIDATES = 300
_STEPS = 127.0

FloatArray = npt.NDArray[np.floating]


class NearestExamples:
    """Up to eight representative examples of each intent, with the column of their intent.

    `vectors_` are their sentence vectors, one byte per number (a third of a megabyte for a hundred intents). It has no
    columns without an encoder: examples are then compared by their sparse features.
    """

    def fit(self, utterances: Sequence[Utterance], columns: npt.NDArray[np.intp], X: Any) -> Self:
        """Choose examples, given each utterance's intent column and the sparse features, CSR ``(n, n_features)``."""
        chosen: list[int] = []
        for column in np.unique(columns):
            rows = np.flatnonzero(columns == column).tolist()
            short = [row for row in rows if len(utterances[row].text) <= LONGEST]
            candidates = (short or rows)[:_CANDIDATES]
            chosen += [candidates[place] for place in _representatives(_similarities(utterances, X, candidates))]
        self.texts_ = [utterances[row].text for row in chosen]
        self.columns_ = columns[chosen]
        sentences = [sentence for row in chosen if (sentence := utterances[row].sentence) is not None]
        self.vectors_ = np.zeros((len(chosen), 0), dtype=np.int8)
        if sentences:
            stacked = np.stack(sentences)
            scale = _STEPS / np.abs(stacked).max(axis=1, keepdims=True)
            self.vectors_ = np.rint(stacked * scale).astype(np.int8)
        return self

    def find(self, utterance: Utterance, features: Featurizer, *, count: int) -> list[tuple[str, int, float]]:
        """Return text, intent column and cosine of the most similar examples, best first."""
        if utterance.sentence is not None:
            cosines = unit(self.vectors_.astype(np.float32)) @ utterance.sentence
        else:
            cosines = np.array([_cosine(utterance.sparse, features.sparse_.transform(text)) for text in self.texts_])
        order = np.argsort(-cosines, kind="stable")[:count]
        return [(self.texts_[row], int(self.columns_[row]), min(1.0, float(cosines[row]))) for row in order]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ."""
        return {"texts": self.texts_, "columns": self.columns_.tolist()}, {"example_vectors": self.vectors_}

    @classmethod
    def from_parts(cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from the result of `to_parts`."""
        examples = cls()
        examples.texts_ = settings["texts"]
        examples.columns_ = np.array(settings["columns"], dtype=np.intp)
        examples.vectors_ = arrays["example_vectors"]
        return examples


def _similarities(utterances: Sequence[Utterance], X: Any, rows: list[int]) -> FloatArray:
    """Return the similarity of each pair of rows. Shape ``(n_rows, n_rows)``."""
    vectors = [sentence for row in rows if (sentence := utterances[row].sentence) is not None]
    if vectors:
        stacked = np.stack(vectors)
        dense: FloatArray = stacked @ stacked.T
        return dense
    chosen = X[rows]
    similarities: FloatArray = (chosen @ chosen.T).toarray()
    return similarities


def _representatives(similarities: FloatArray) -> list[int]:
    """Choose rows greedily so that every row is similar to a chosen one (facility location)."""
    chosen: list[int] = []
    best = np.full(len(similarities), -1.0)
    for _ in range(min(PER_INTENT, len(similarities))):
        gains = np.maximum(similarities, best[:, None]).sum(axis=0)
        gains[chosen] = -np.inf
        chosen.append(int(gains.argmax()))
        best = np.maximum(best, similarities[:, chosen[-1]])
    return chosen


def _cosine(one: SparseVector, other: SparseVector) -> float:
    weights = dict(zip(one.columns.tolist(), one.weights.tolist(), strict=True))
    product = sum(
        weights.get(column, 0.0) * weight for column, weight in zip(other.columns, other.weights, strict=True)
    )
    lengths = float(np.sqrt((one.weights @ one.weights) * (other.weights @ other.weights)))
    return product / lengths if lengths > 0.0 else 0.0
