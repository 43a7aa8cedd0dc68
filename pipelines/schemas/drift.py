"""How the messages of a time look to a model: what is kept at training, and what is compared with it later."""

from collections import Counter
from collections.abc import Iterable, Set
from typing import Self

from pydantic import BaseModel, ConfigDict

from pipelines.nlu.text import tokenize

CONFIDENCE_BINS = 10
"""Bins of equal width over [0, 1]; the last one holds 1 too."""


class Profile(BaseModel):
    """Counts of some messages, without a word of them.

    Attributes
    ----------
    intents
        How often each intent was the first guess.
    confidence
        How many first guesses were as sure as each bin says.
    n_words, n_unknown_words
        Words of all messages, and those that no example to learn from has.
    """

    model_config = ConfigDict(frozen=True)

    intents: dict[str, int]
    confidence: tuple[int, ...]
    n_words: int
    n_unknown_words: int

    @classmethod
    def of(
        cls, intents: Iterable[str], confidences: Iterable[float], texts: Iterable[str], *, vocabulary: Set[str]
    ) -> Self:
        """Count messages: the first guess about each, how sure it was, and the words."""
        bins = Counter(min(int(confidence * CONFIDENCE_BINS), CONFIDENCE_BINS - 1) for confidence in confidences)
        words = [word for text in texts for word in words_of(text)]
        return cls(
            intents=dict(sorted(Counter(intents).items())),
            confidence=tuple(bins[number] for number in range(CONFIDENCE_BINS)),
            n_words=len(words),
            n_unknown_words=sum(word not in vocabulary for word in words),
        )

    @property
    def n_messages(self) -> int:
        """How many messages were counted."""
        return sum(self.confidence)

    @property
    def unknown_share(self) -> float:
        """Share of the words that no example has, in [0, 1]."""
        return self.n_unknown_words / self.n_words if self.n_words else 0.0


def words_of(text: str) -> list[str]:
    """Give the words of a text in small letters; numbers and signs are none."""
    return [token.text.casefold() for token in tokenize(text) if token.text.isalpha()]
