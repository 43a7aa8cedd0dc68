"""Text to features: the one place where an utterance is read, for training and for serving alike."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.nlu.encoder import SentenceEncoder, TokenStates
from pipelines.nlu.sparse import SparseFeatures, SparseVector
from pipelines.nlu.text import Token, clean, tokenize

LARGE = 2000
"""From this many utterances on, an n-gram must occur twice: half the columns, and 0.2 points better on public data."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance, read once; everything that understands it works on this.

    Attributes
    ----------
    text
        The cleaned text; positions are those of the text as it was sent.
    tokens
        Words and signs with their positions.
    sparse
        Words and character n-grams.
    encoded
        Token states and sentence vector of the encoder; None for a model without one.
    """

    text: str
    tokens: list[Token]
    sparse: SparseVector
    encoded: TokenStates | None

    @property
    def sentence(self) -> npt.NDArray[np.float32] | None:
        """The sentence vector, of unit length. Shape ``(dimension,)``."""
        return None if self.encoded is None else self.encoded.sentence


def stack_sentences(utterances: Sequence[Utterance]) -> npt.NDArray[np.float32] | None:
    """Give the sentence vectors of several utterances. Shape ``(n_utterances, dimension)``; None without encoder."""
    rows = [utterance.sentence for utterance in utterances]
    present = [row for row in rows if row is not None]
    return np.stack(present) if present else None


def encoded_of(utterance: Utterance) -> TokenStates:
    """Give the encoder's states of an utterance that was read with one."""
    if utterance.encoded is None:
        raise ValueError("this utterance was read without an encoder")
    return utterance.encoded


class Featurizer:
    """Reads utterances.

    Parameters
    ----------
    encoder
        The sentence encoder; None: sparse features alone.
    sparse
        The fitted vocabulary; None before `fit_transform`.
    """

    def __init__(self, encoder: SentenceEncoder | None, sparse: SparseFeatures | None = None) -> None:
        self.encoder = encoder
        if sparse is not None:
            self.sparse_ = sparse

    def fit_transform(
        self, texts: Sequence[str], *, progress: Callable[[float, str], None]
    ) -> tuple[list[Utterance], Any]:
        """Learn the vocabulary and read the training texts.

        Parameters
        ----------
        texts
            Cleaned utterances.
        progress
            Called with the share done, in [0, 1], and what is being done.

        Returns
        -------
        tuple[list[Utterance], scipy.sparse.csr_matrix]
            The utterances, and their sparse features, shape ``(n_texts, n_features)``.
        """
        self.sparse_ = SparseFeatures(min_document_count=2 if len(texts) >= LARGE else 1)
        progress(0.0, "counting words and characters")
        X = self.sparse_.fit_transform(texts)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # the encoder lets go of the interpreter while it works
            encoded = []
            for number, states in enumerate(pool.map(self._encode, texts)):
                encoded.append(states)
                if number % 50 == 0:
                    progress(0.1 + 0.9 * number / len(texts), f"reading {number:,} of {len(texts):,} utterances")
        utterances = [
            Utterance(text, tokenize(text), SparseVector(row.indices, row.data), states)
            for text, row, states in zip(texts, X, encoded, strict=True)
        ]
        return utterances, X

    def read(self, text: str) -> Utterance:
        """Read one utterance: a single pass of the encoder, about a millisecond."""
        cleaned = clean(text)
        return Utterance(cleaned, tokenize(cleaned), self.sparse_.transform(cleaned), self._encode(cleaned))

    def _encode(self, text: str) -> TokenStates | None:
        return None if self.encoder is None else self.encoder.encode(text)
