"""Reading customers' answers to the bot's questions, by the words of `answer_words.py`."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from pipelines.nlu.text import split
from serving.dialogue.answer_words import WORDS, AnswerWords
from serving.dialogue.joints import Joint


class Correction(Enum):
    """How clearly a message corrects something."""

    NONE = "none"
    AFTERTHOUGHT = "afterthought"
    PLAIN = "plain"


_NEGATION_CHARS = 40
"""How far before a value its `not` may begin; a wider window makes a message of many values slow."""


@dataclass(frozen=True)
class YesNo:
    """An answer to a yes-or-no question.

    Attributes
    ----------
    is_yes
        None if it is neither.
    n_more_words
        Words after it, fillers aside.
    is_qualified
        Whether it cannot be taken at face value: a `but` follows, or a yes is withdrawn or is itself a question.
    """

    is_yes: bool | None
    n_more_words: int = 0
    is_qualified: bool = False


_IS_YES = {"\U0001f44d": True, "\U0001f44c": True, "\u2705": True, "\U0001f44e": False, "\u274c": False}
"""Thumbs up, OK hand, check mark; thumbs down, cross mark: a yes or no in every language."""


@lru_cache(maxsize=256)
def plain_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without accents and punctuation. A thumb counts as a word.

    Cached, because one message is read many times.
    """
    return tuple([token for token in split(_plain(text)) if token[0].isalnum() or token in _IS_YES])


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.lower().replace("\u00df", "ss"))
    return "".join(sign for sign in decomposed if not "\u0300" <= sign <= "\u036f")


_STOPS = frozenset(("stop", "stopp", "halt", "para", "basta", "arrete"))
"""Words that answer no to a question, and end what is under way."""
_Phrases = frozenset[tuple[str, ...]]


class AnswerReader:
    """Reads answers in one language."""

    def __init__(self, words: AnswerWords) -> None:
        self._polarity: dict[tuple[str, ...], bool | None] = {
            **{plain_words(phrase): True for phrase in words.yes},
            **{plain_words(phrase): False for phrase in words.no},
            **{plain_words(phrase): None for phrase in words.unsure},
            **{(sign,): is_yes for sign, is_yes in _IS_YES.items()},
        }
        self._longest = max(map(len, self._polarity))
        self._fillers = frozenset(word for phrase in words.fillers for word in plain_words(phrase)) | _IS_YES.keys()
        self._but = frozenset(word for phrase in words.but for word in plain_words(phrase))
        self._none = _phrases(words.none)
        self._ordinals = {word: place for name, place in words.ordinals.items() for word in plain_words(name)}
        self._option_words = frozenset(word for phrase in words.option_words for word in plain_words(phrase))
        self._corrections = _phrases(words.corrections)
        self._afterthoughts = _phrases(words.afterthoughts)
        self._marks = _phrases(words.correction_marks)
        self._negations = _phrases(words.negations)
        self._swaps = _phrases(words.swaps)
        signs = {(sign,) for sign, is_yes in _IS_YES.items() if not is_yes}
        self._doubts = self._afterthoughts | _phrases((*words.no, *words.unsure)) | signs

    def yes_no(self, text: str) -> YesNo:
        """Read the beginning of a text, after fillers, as a yes or no."""
        as_written = plain_words(text)
        for words in (as_written, self._without_fillers(as_written)):  # `please do`, and `well, yes`
            for length in range(min(self._longest, len(words)), 0, -1):
                if words[:length] in self._polarity:
                    is_yes, rest = self._polarity[words[:length]], words[length:]
                    n_more = sum(word not in self._fillers for word in rest)
                    has_but = not self._but.isdisjoint(self._without_yes(rest))
                    return YesNo(is_yes, n_more, has_but or (is_yes is True and self._is_doubtful(text, rest)))
        return YesNo(None)

    def is_bare(self, text: str) -> bool:
        """Whether the whole text is a yes, a no or neither: an answer, and no request of its own, as `stop` is."""
        words = plain_words(text)
        is_answer = words in self._polarity or self._without_fillers(words) in self._polarity
        return is_answer and _STOPS.isdisjoint(words)

    def is_reply_word(self, text: str) -> bool:
        """Whether the whole text is a yes, a no, a correction's beginning or a filler: `sorry`, and no value."""
        words = plain_words(text)
        return (
            words in self._polarity or words in self._corrections | self._afterthoughts or set(words) <= self._fillers
        )

    def is_unsure(self, text: str) -> bool:
        """Whether the text begins by saying that the customer does not know: `not sure yet`."""
        words = self._without_leading_fillers(plain_words(text))
        lengths = range(min(self._longest, len(words)), 0, -1)
        known = next((words[:length] for length in lengths if words[:length] in self._polarity), None)
        return known is not None and self._polarity[known] is None

    def _is_doubtful(self, text: str, rest: tuple[str, ...]) -> bool:
        """Whether a yes is not a full one: `yes?`, `ok wait`, `yes no`, but not `yes, why not`."""
        words = self._without_yes(rest)
        return "?" in text or any(
            words[place : place + length] in self._doubts
            for place in range(len(words))
            for length in range(1, self._longest + 1)
        )

    def _without_yes(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Drop further ways of saying yes from the beginning."""
        lengths = range(min(self._longest, len(words)), 0, -1)
        length = next((length for length in lengths if self._polarity.get(words[:length])), None)
        return words if length is None else self._without_yes(words[length:])

    def is_none(self, text: str) -> bool:
        """Whether the whole text declines every option."""
        return self._is_one_of(text, self._none)

    def ordinal(self, text: str, n_options: int) -> int | None:
        """Return the zero-based option that the whole text refers to by position, or None."""
        words = self._without_fillers(plain_words(text))
        positions = {self._ordinals[word] for word in words if word in self._ordinals}
        positions -= {1} if len(positions) > 1 else set()  # `the second one`
        others = [word for word in words if word not in self._ordinals and word not in self._option_words]
        if len(positions) != 1 or others:
            return None
        position = positions.pop()
        place = n_options - 1 if position < 0 else position - 1
        return place if place < n_options else None

    def correction(self, text: str) -> Correction:
        """Return how clearly the text corrects something: `no, I meant Rome`, or perhaps `sorry, Rome`."""
        words = plain_words(text)
        places = range(len(words))
        if any(words[place : place + len(phrase)] == phrase for phrase in self._marks for place in places):
            return Correction.PLAIN
        begun = self._without_leading_fillers(words)
        if any(begun[: len(phrase)] == phrase for phrase in self._corrections):
            return Correction.PLAIN
        is_afterthought = any(begun[: len(phrase)] == phrase for phrase in self._afterthoughts)
        return Correction.AFTERTHOUGHT if is_afterthought else Correction.NONE

    def is_swap(self, text: str) -> bool:
        """Whether the whole text asks to swap two values."""
        words = self._without_fillers(plain_words(text))
        if words[:1] and self._polarity.get(words[:1]) is False:
            words = words[1:]  # `no, the other way round`
        return words in self._swaps

    def is_negated(self, text: str, start: int, end: int | None = None) -> bool:
        """Whether the words around the value `[start, end)` refuse it: `not Paris`."""
        before = text[max(0, start - _NEGATION_CHARS) : start].rstrip()
        if before and not before[-1].isalnum():
            return False  # `no, Paris` means Paris
        words = plain_words(before)
        return any(words[-len(phrase) :] == phrase for phrase in self._negations)

    def joint(self, between: str, before: str = "") -> Joint:
        """Return how the text between two values joins them; `before` is the text before the first one."""
        words = plain_words(between)
        if not words:
            return Joint.NONE
        if any(word in ("or", "oder", "o", "u") for word in words):
            return Joint.ALTERNATIVE
        is_between = plain_words(before[-_NEGATION_CHARS:])[-3:]
        if words in (("and",), ("und",), ("y",), ("e",)):
            return Joint.RANGE if {"between", "zwischen", "entre"} & set(is_between) else Joint.ADDITION
        return Joint.RANGE if words in (("to",), ("until",), ("bis",), ("a",), ("hasta",)) else Joint.NONE

    def _is_one_of(self, text: str, phrases: _Phrases) -> bool:
        words = plain_words(text)
        return words in phrases or self._without_fillers(words) in phrases

    def _without_fillers(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(word for word in words if word not in self._fillers)

    def _without_leading_fillers(self, words: tuple[str, ...]) -> tuple[str, ...]:
        first = next((place for place, word in enumerate(words) if word not in self._fillers), len(words))
        return words[first:]


def _phrases(phrases: Sequence[str]) -> _Phrases:
    return frozenset(map(plain_words, phrases))


_READERS = {language: AnswerReader(words) for language, words in WORDS.items()}


def base_language(tag: str) -> str:
    """Return the language of a tag: `pt` for `pt-BR`."""
    return tag.replace("_", "-").split("-")[0].lower()


def answer_reader(language: str) -> AnswerReader:
    """Return the reader for a language tag, the English one if there is none."""
    return _READERS.get(base_language(language), _READERS["en"])
