"""Correct misspelt words towards the bot's vocabulary: `cacnel my oder` becomes `cancel my order`.

A word that is in neither the training texts nor the encoder's vocabulary, one edit away from a word of the training
texts, is replaced by that word. Training and serving correct alike; offsets and results refer to the original text. On
the sample bot (cross-validated on its training part), swapping two letters inside a word left the intent unchanged in
82 % of the utterances without correction and in 98 % with it, and accuracy on unchanged utterances rose by 0.7 points;
on BANKING77 and HWU64 nothing changed by more than 0.1 points.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipelines.nlu.characters import MARKS, UNSPACED

_WORD = re.compile(rf"[^\W\d_{UNSPACED}](?:[^\W\d_{UNSPACED}]|[{MARKS}])*")
_FORMER_WORD = re.compile(r"[^\W\d_]+")
"""What releases of before take for a word: without marks, and whole runs of Han or kana."""
SHORTEST, LONGEST = 4, 24
"""Letters of a word that may be corrected; with four letters, only a swap is."""
_MANY_LETTERS = 64
"""From this many distinct letters on, a script is not alphabetic, and only omissions and swaps are tried."""
_FAMILIAR = 2
"""A word this frequent in the training texts is never misspelt; one that occurs once is, if close to one this
frequent."""
_MAX_CORRECTIONS = 10
"""Maximum unknown words to check in one text; a text with more is in another language, or in none."""


class Edit(NamedTuple):
    """Characters `[start, end)` of a text, to be replaced by `word`."""

    start: int
    end: int
    word: str


class Spelling:
    """Finds the intended word for a misspelt one, among the bot's own words.

    `is_word` tells whether a lower-cased word exists independently of the training texts. `counts_` is the number of
    training texts with each word that is long enough. Scripts without blanks have no words here: to leave a character
    out of a sentence may turn its meaning round.
    """

    def __init__(self, is_word: Callable[[str], bool]) -> None:
        self._is_word = is_word
        self._word = _WORD

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn the words of the training texts."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update({word for word in self._word.findall(text.lower()) if SHORTEST <= len(word) <= LONGEST})
        return self._use(dict(sorted(counts.items())))

    def _use(self, counts: dict[str, int]) -> Self:
        self.counts_ = counts
        letters = sorted(set("".join(counts)))
        self._letters = letters if len(letters) <= _MANY_LETTERS else []
        return self

    def edits(self, text: str) -> list[Edit]:
        """Return the corrections of a text, in order."""
        found = []
        unknown = 0
        for match in self._word.finditer(text):
            word = match.group().lower()
            if not SHORTEST <= len(word) <= LONGEST:
                continue
            count = self.counts_.get(word, 0)
            if count >= _FAMILIAR or self._is_word(word):
                continue
            meant = self._meant(word, count)
            if meant is not None:
                found.append(Edit(*match.span(), meant))
            unknown += 1
            if unknown == _MAX_CORRECTIONS:
                break
        return found

    def _meant(self, word: str, count: int) -> str | None:
        """Return the most frequent familiar word one edit away, swaps before other edits."""
        least = _FAMILIAR if count else 1
        for candidates in (_swapped(word), self._others(word)):
            known = [(self.counts_.get(candidate, 0), candidate) for candidate in candidates]
            best = max((row for row in known if row[0] >= least and row[1] != word), default=None)
            if best is not None:
                return best[1]
        return None

    def _others(self, word: str) -> Iterator[str]:
        """Yield the words with a letter added, removed or changed, except at the end, where endings carry meaning."""
        if len(word) <= SHORTEST:
            return
        for place in range(len(word)):
            left, right = word[:place], word[place + 1 :]
            if right and len(word) - 1 > SHORTEST:
                yield left + right
            for letter in self._letters:
                yield left + letter + right
                yield left + letter + word[place:]

    def to_parts(self) -> dict[str, Any]:
        """Return the word counts for JSON."""
        return {"counts": self.counts_, "has_marks": self._word is _WORD}

    @classmethod
    def from_parts(cls, parts: dict[str, Any], is_word: Callable[[str], bool]) -> Self:
        """Rebuild from the result of `to_parts`."""
        spelling = cls(is_word)
        spelling._word = _WORD if parts.get("has_marks") else _FORMER_WORD
        return spelling._use(parts["counts"])


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return the corrected text."""
    parts, position = [], 0
    for edit in edits:
        parts += [text[position : edit.start], edit.word]
        position = edit.end
    return "".join([*parts, text[position:]])


def original_offsets(offsets: npt.NDArray[np.int32], edits: Sequence[Edit]) -> npt.NDArray[np.int32]:
    """Map offsets ``[start, end)`` in the corrected text, shape ``(n, 2)``, none empty, to the original text."""
    if not edits:
        return offsets
    rows = [(_original(start, edits, is_end=False), _original(end, edits, is_end=True)) for start, end in offsets]
    return np.array(rows, dtype=np.int32).reshape(-1, 2)


def _original(position: int, edits: Sequence[Edit], *, is_end: bool) -> int:
    grown = 0
    for start, end, word in edits:
        inside = position - start - grown
        if inside < is_end:
            break
        if is_end and inside == len(word):
            return end
        if inside < len(word):
            return min(start + inside, end if is_end else end - 1)
        grown += len(word) - (end - start)
    return position - grown


def _swapped(word: str) -> Iterator[str]:
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]
