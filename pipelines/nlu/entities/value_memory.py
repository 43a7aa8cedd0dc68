"""Values annotated in the training examples, as features for the tagger.

A bot's entities list some values; its annotated examples contain many more (a town, a colour that nobody listed). If
one of them occurs again, its type is a feature and no more: the tagger decides.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

from pipelines.nlu.entities.forms import typed
from pipelines.nlu.entities.synonyms import KnownPhrase
from pipelines.nlu.text import Token, split
from pipelines.schemas.examples import LabelledSpan

LONGEST = 5
Words = tuple[str, ...]


class ValueMemory:
    """How often each phrase, as tokens in their `typed` form, was annotated with each entity type."""

    def fit(self, sentences: Sequence[list[Token]], spans: Sequence[Sequence[LabelledSpan]]) -> Self:
        """Count the annotated phrases of up to `LONGEST` tokens."""
        self.counts_: dict[Words, Counter[str]] = {}
        for tokens, marked in zip(sentences, spans, strict=True):
            for words, entity_type in _annotations(tokens, marked):
                self.counts_.setdefault(words, Counter())[entity_type] += 1
        return self._index()

    def _index(self) -> Self:
        self._first_words = frozenset(words[0] for words in self.counts_)
        return self

    def find(self, tokens: list[Token], *, own: Sequence[LabelledSpan] = ()) -> list[KnownPhrase]:
        """Return every remembered phrase and type, overlapping ones too.

        `own` are the annotations of a training utterance. They are subtracted from the counts, so that the utterance is
        described as if it were new.
        """
        words = [typed(token.text) for token in tokens]
        mine = Counter(_annotations(tokens, own))
        found = []
        for first, word in enumerate(words):
            if word not in self._first_words:
                continue
            for last in range(first + 1, min(len(words), first + LONGEST) + 1):
                phrase = tuple(words[first:last])
                for entity_type, count in self.counts_.get(phrase, {}).items():
                    if count > mine[phrase, entity_type]:
                        found.append(KnownPhrase(first, last, entity_type, " ".join(phrase)))
        return found

    def holds(self, entity_type: str, phrase: str) -> bool:
        """Whether an example annotates a phrase with a type."""
        return entity_type in self.counts_.get(tuple(typed(word) for word in split(phrase)), {})

    def to_parts(self) -> list[Any]:
        """Return each phrase with its counts, sorted, for JSON."""
        return [[list(words), dict(sorted(counts.items()))] for words, counts in sorted(self.counts_.items())]

    @classmethod
    def from_parts(cls, parts: list[Any]) -> Self:
        """Rebuild from the result of `to_parts`."""
        memory = cls()
        memory.counts_ = {}
        for words, counts in parts:  # an older release has them lower-cased only
            memory.counts_.setdefault(tuple(map(typed, words)), Counter()).update(counts)
        return memory._index()


def _annotations(tokens: list[Token], spans: Sequence[LabelledSpan]) -> list[tuple[Words, str]]:
    found = []
    for span in spans:
        words = tuple(typed(token.text) for token in tokens if token.start < span.end and span.start < token.end)
        if 0 < len(words) <= LONGEST:
            found.append((words, span.type))
    return found
