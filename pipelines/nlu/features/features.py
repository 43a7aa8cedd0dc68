"""Text to features: the one place where training and serving turn text into features."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.encoder.encoder import SentenceEncoder, TokenStates
from pipelines.nlu.features.signs import plain_edits
from pipelines.nlu.features.sparse import SparseFeatures, SparseVector
from pipelines.nlu.features.spelling import Edit, Spelling, apply_edits, original_offsets
from pipelines.nlu.text import JUDGED_CHARACTERS, Token, clean, tokenize

LARGE = 2000
"""From this many utterances on, an n-gram must occur twice: half the columns, and 0.2 points better on public data."""
_SIGNS = 2
"""How texts are read; a release without this number reads signs as they were typed."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance with its features, computed once."""

    text: str  # cleaned; offsets refer to the text as sent
    tokens: list[Token]
    read_as: (
        str  # its first `JUDGED_CHARACTERS` with plain signs, and misspelt words corrected: what features come from
    )
    sparse: SparseVector
    encoded: TokenStates | None  # with offsets into `text`; None for a model without an encoder

    @property
    def sentence(self) -> npt.NDArray[np.float32] | None:
        """The sentence vector, of unit length. Shape ``(dimension,)``."""
        return None if self.encoded is None else self.encoded.sentence


def stack_sentences(utterances: Sequence[Utterance]) -> npt.NDArray[np.float32] | None:
    """Return the sentence vectors, shape ``(n_utterances, dimension)``; None without an encoder."""
    rows = [utterance.sentence for utterance in utterances]
    present = [row for row in rows if row is not None]
    return np.stack(present) if present else None


def encoded_of(utterance: Utterance) -> TokenStates:
    """Return the encoder's states of an utterance; raise ValueError without an encoder."""
    if utterance.encoded is None:
        raise ValueError("this utterance was read without an encoder")
    return utterance.encoded


def usual_document_count(n_utterances: int) -> int:
    """Return the default number of training texts that must contain an n-gram."""
    return 2 if n_utterances >= LARGE else 1


class Featurizer:
    """Turns texts into utterances.

    An n-gram is a feature from `min_document_count` training texts on; by default 2 from `LARGE` utterances on, else 1.
    `spelling_` is None without an encoder, whose vocabulary is needed to tell what is misspelt.
    """

    def __init__(self, encoder: SentenceEncoder | None, *, min_document_count: int | None = None) -> None:
        self.encoder = encoder
        self.min_document_count = min_document_count
        self._signs = _SIGNS

    def fit_transform(
        self, own: Sequence[str], extra: Sequence[str] = (), *, progress: Callable[[float, str], None]
    ) -> tuple[list[Utterance], Any]:
        """Learn the vocabulary and compute the features of the training texts: all utterances, and a CSR matrix.

        `own` are cleaned utterances; `extra` are synthetic texts, from which spelling is not learnt and which come
        last.
        """
        written = [*own, *extra]
        texts = [text[:JUDGED_CHARACTERS] for text in written]
        min_count = self.min_document_count or usual_document_count(len(own))
        self.sparse_ = SparseFeatures(min_document_count=min_count)
        progress(0.0, "counting words and characters")
        self._signs = _SIGNS
        plain = [plain_edits(text) for text in texts]
        typed = [apply_edits(text, each) for text, each in zip(texts, plain, strict=True)]
        self.spelling_ = None if self.encoder is None else Spelling(self.encoder.knows_word).fit(typed[: len(own)])
        edits = [self._edits(text) for text in typed]
        read_as = [apply_edits(text, each) for text, each in zip(typed, edits, strict=True)]
        X = self.sparse_.fit_transform(read_as)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # the encoder releases the GIL
            encoded = []
            for number, states in enumerate(pool.map(self._encode, read_as, edits, plain)):
                encoded.append(states)
                if number % 50 == 0:
                    progress(0.1 + 0.9 * number / len(texts), f"reading {number:,} of {len(texts):,} utterances")
        utterances = [
            Utterance(text, tokenize(text), read, SparseVector(row.indices, row.data), states)
            for text, read, row, states in zip(written, read_as, X, encoded, strict=True)
        ]
        return utterances, X

    def read(self, text: str) -> Utterance:
        """Compute the features of one text: a single pass of the encoder, about a millisecond."""
        cleaned = clean(text)
        judged = cleaned[:JUDGED_CHARACTERS]
        plain = self._plain_edits(judged)
        typed = apply_edits(judged, plain) if plain else judged
        edits = self._edits(typed)
        read_as = apply_edits(typed, edits) if edits else typed
        sparse = self.sparse_.transform(read_as)
        return Utterance(cleaned, tokenize(cleaned), read_as, sparse, self._encode(read_as, edits, plain))

    def is_misspelt(self, text: str) -> bool:
        """Whether the features of a text come from corrected words."""
        judged = clean(text)[:JUDGED_CHARACTERS]
        return bool(self._edits(apply_edits(judged, self._plain_edits(judged))))

    def _plain_edits(self, text: str) -> list[Edit]:
        return plain_edits(text) if self._signs == _SIGNS else []

    def _edits(self, text: str) -> list[Edit]:
        return [] if self.spelling_ is None else self.spelling_.edits(text)

    def _encode(self, read_as: str, edits: list[Edit], plain: list[Edit]) -> TokenStates | None:
        if self.encoder is None:
            return None
        encoded = self.encoder.encode(read_as)
        if not edits and not plain:
            return encoded
        return replace(encoded, offsets=original_offsets(original_offsets(encoded.offsets, edits), plain))

    def to_parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return settings for JSON and arrays for NPZ."""
        sparse, arrays = self.sparse_.to_parts()
        spelling = self.spelling_.to_parts() if self.spelling_ else None
        return {"sparse": sparse, "spelling": spelling, "signs": self._signs}, arrays

    @classmethod
    def from_parts(
        cls, settings: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], encoder: SentenceEncoder | None
    ) -> Self:
        """Rebuild from the result of `to_parts`, with the encoder used in training."""
        features = cls(encoder)
        features._signs = settings.get("signs", 1)
        features.sparse_ = SparseFeatures.from_parts(settings["sparse"], arrays)
        features.spelling_ = None
        if settings["spelling"] is not None and encoder is not None:
            features.spelling_ = Spelling.from_parts(settings["spelling"], encoder.knows_word)
        return features
