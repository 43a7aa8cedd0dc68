"""Profiles of messages for drift detection: one is stored at training, later ones are compared with it."""

from collections import Counter
from collections.abc import Iterable, Set
from typing import Self

from pydantic import BaseModel, ConfigDict

from pipelines.nlu.text import tokenize

CONFIDENCE_BINS = 10
"""Bins of equal width over [0, 1]; the last one includes 1."""


class Profile(BaseModel):
    """Counts over a set of messages, without any of their text."""

    model_config = ConfigDict(frozen=True)

    intents: dict[str, int]  # messages by top intent
    confidence: tuple[int, ...]  # messages by confidence of the top intent, in `CONFIDENCE_BINS`
    n_words: int
    n_unknown_words: int  # words that occur in no training example

    @classmethod
    def of(
        cls, intents: Iterable[str], confidences: Iterable[float], texts: Iterable[str], *, vocabulary: Set[str]
    ) -> Self:
        """Count messages by the top intent, confidence and text of each."""
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
        """Number of messages."""
        return sum(self.confidence)

    @property
    def unknown_share(self) -> float:
        """Share of words that occur in no training example, in [0, 1]."""
        return self.n_unknown_words / self.n_words if self.n_words else 0.0


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without numbers and punctuation."""
    return [token.text.casefold() for token in tokenize(text) if token.text.isalpha()]
