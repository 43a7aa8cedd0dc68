"""Word coverage: the share of a text's words and word pairs that occur in an intent's examples."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


class WordCoverage:
    """Remembers which word n-grams occur in which intent's examples, one bit for each pair.

    An out-of-scope message often resembles an intent as a whole but uses words that none of its examples contain. This
    share alone is a weaker signal than the decisions (AUROC .83 on BANKING77, .81 on HWU64, with a third of the intents
    left out of the training part), but an independent one: see `out_of_scope`. `presence_` packs eight intents into a
    byte: ``(n_ngrams, ceil(n_intents / 8))``, 100 kB for BANKING77.
    """

    def fit(self, words: Any, labels: LabelArray, *, n_intents: int) -> Self:
        """Record which intent has which n-gram, from a CSR matrix ``(n, n_ngrams)`` and each row's intent column."""
        self.presence_ = np.packbits(_counts(words, labels, n_intents).T > 0, axis=1)
        return self

    def share(self, columns: npt.NDArray[np.integer], n_ngrams: int, *, intent: int) -> float:
        """Return the share of a text's n-grams that the intent's examples contain, in [0, 1]; 0 without words.

        `columns` are its known n-grams, each once (columns beyond the word n-grams are ignored), and `n_ngrams` is the
        number of distinct ones, known or not.
        """
        byte, bit = divmod(intent, 8)
        found = self.presence_[columns[columns < len(self.presence_)], byte] & np.uint8(128 >> bit)
        return float(np.count_nonzero(found)) / max(n_ngrams, 1)

    def to_parts(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to store as NPZ."""
        return {"word_presence": self.presence_}

    @classmethod
    def from_parts(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from the result of `to_parts`."""
        coverage = cls()
        coverage.presence_ = arrays["word_presence"]
        return coverage


def held_out_shares(
    words: Any, n_ngrams: LabelArray, labels: LabelArray, tops: LabelArray, folds: LabelArray, *, min_count: int
) -> FloatArray:
    """Return `WordCoverage.share` of the training rows against the intents `tops`, each from a fit on the other folds.

    All arrays have one entry per row; `words` are the known word n-grams as CSR matrix, `n_ngrams` counts distinct
    ones, known or not. An n-gram counts as known from `min_count` rows on: one that the held-out row shares with only
    one other row would be unknown without it.
    """
    n_intents = int(max(labels.max(), tops.max())) + 1
    shares = np.zeros(len(labels))
    for fold in np.unique(folds):
        rows, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        counts = _counts(words[others], labels[others], n_intents)
        presence: BoolArray = (counts > 0) & (counts.sum(axis=0) >= min_count)
        held_out = words[rows]
        row_of_entry = np.repeat(np.arange(len(rows)), np.diff(held_out.indptr))
        found = presence[tops[rows][row_of_entry], held_out.indices]
        shares[rows] = np.bincount(row_of_entry, weights=found, minlength=len(rows)) / np.maximum(n_ngrams[rows], 1)
    return shares


def _counts(words: Any, labels: LabelArray, n_intents: int) -> FloatArray:
    """Return the number of each intent's rows that have each n-gram. Shape ``(n_intents, n_ngrams)``."""
    from scipy.sparse import csr_matrix

    has = csr_matrix((np.ones(words.nnz, dtype=np.float32), words.indices, words.indptr), shape=words.shape)
    rows = np.arange(len(labels))
    is_of = csr_matrix((np.ones(len(labels), dtype=np.float32), (labels, rows)), shape=(n_intents, len(labels)))
    counts: FloatArray = (is_of @ has).toarray()
    return counts
