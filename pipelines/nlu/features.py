"""Text to features: the one place where an utterance is read, for training and for serving alike."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.encoder import SentenceEncoder, TokenStates
from pipelines.nlu.sparse import SparseFeatures, SparseVector
from pipelines.nlu.spelling import Edit, Spelling, apply_edits, original_offsets
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
    read_as
        The text as features saw it: misspelt words corrected.
    sparse
        Words and character n-grams.
    encoded
        Token states and sentence vector of the encoder, with the positions of `text`; None for a model without one.
    """

    text: str
    tokens: list[Token]
    read_as: str
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


def usual_document_count(n_utterances: int) -> int:
    """Give how many training texts must have an n-gram, where nothing else was chosen."""
    return 2 if n_utterances >= LARGE else 1


class Featurizer:
    """Reads utterances.

    Parameters
    ----------
    encoder
        The sentence encoder; None: sparse features alone.
    min_document_count
        Training texts that must have an n-gram. None: 2 from `LARGE` utterances on, else 1.

    Attributes
    ----------
    sparse_
        Vocabulary of words and character n-grams.
    spelling_
        What misspelt words are read as; a model without an encoder does not know what is misspelt, and corrects none.
    """

    def __init__(self, encoder: SentenceEncoder | None, *, min_document_count: int | None = None) -> None:
        self.encoder = encoder
        self.min_document_count = min_document_count

    def fit_transform(
        self, own: Sequence[str], extra: Sequence[str] = (), *, progress: Callable[[float, str], None]
    ) -> tuple[list[Utterance], Any]:
        """Learn the vocabulary and read the training texts.

        Parameters
        ----------
        own
            Cleaned utterances.
        extra
            Texts that nobody said, to learn from as well; how people spell is not learnt from them.
        progress
            Called with the share done, in [0, 1], and what is being done.

        Returns
        -------
        tuple[list[Utterance], scipy.sparse.csr_matrix]
            All of them as utterances, own ones first, and their sparse features, shape ``(n_texts, n_features)``.
        """
        texts = [*own, *extra]
        min_count = self.min_document_count or usual_document_count(len(own))
        self.sparse_ = SparseFeatures(min_document_count=min_count)
        progress(0.0, "counting words and characters")
        self.spelling_ = None if self.encoder is None else Spelling(self.encoder.knows_word).fit(own)
        edits = [self._edits(text) for text in texts]
        read_as = [apply_edits(text, each) for text, each in zip(texts, edits, strict=True)]
        X = self.sparse_.fit_transform(read_as)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # the encoder lets go of the interpreter while it works
            encoded = []
            for number, states in enumerate(pool.map(self._encode, read_as, edits)):
                encoded.append(states)
                if number % 50 == 0:
                    progress(0.1 + 0.9 * number / len(texts), f"reading {number:,} of {len(texts):,} utterances")
        utterances = [
            Utterance(text, tokenize(text), read, SparseVector(row.indices, row.data), states)
            for text, read, row, states in zip(texts, read_as, X, encoded, strict=True)
        ]
        return utterances, X

    def read(self, text: str) -> Utterance:
        """Read one utterance: a single pass of the encoder, about a millisecond."""
        cleaned = clean(text)
        edits = self._edits(cleaned)
        read_as = apply_edits(cleaned, edits) if edits else cleaned
        sparse = self.sparse_.transform(read_as)
        return Utterance(cleaned, tokenize(cleaned), read_as, sparse, self._encode(read_as, edits))

    def is_misspelt(self, text: str) -> bool:
        """Tell whether an utterance is read with other words than those in it."""
        return bool(self._edits(clean(text)))

    def _edits(self, text: str) -> list[Edit]:
        return [] if self.spelling_ is None else self.spelling_.edits(text)

    def _encode(self, read_as: str, edits: list[Edit]) -> TokenStates | None:
        if self.encoder is None:
            return None
        encoded = self.encoder.encode(read_as)
        return replace(encoded, offsets=original_offsets(encoded.offsets, edits)) if edits else encoded

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what a file needs: settings for JSON, arrays for NPZ."""
        sparse, arrays = self.sparse_.to_parts()
        return {"sparse": sparse, "spelling": self.spelling_.to_parts() if self.spelling_ else None}, arrays

    @classmethod
    def from_parts(
        cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], encoder: SentenceEncoder | None
    ) -> Self:
        """Rebuild from what `to_parts` gave, with the encoder that it was trained with."""
        features = cls(encoder)
        features.sparse_ = SparseFeatures.from_parts(settings["sparse"], arrays)
        features.spelling_ = None
        if settings["spelling"] is not None and encoder is not None:
            features.spelling_ = Spelling.from_parts(settings["spelling"], encoder.knows_word)
        return features
