"""Reading customers' answers to the bot's questions, by the words of `languages.py`."""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache

from pipelines.nlu.text import split
from serving.dialogue.answers.joints import Joint, JointReader
from serving.dialogue.answers.languages import WORDS
from serving.dialogue.answers.phrasing import PhraseTable, Spellings, Unit, fold
from serving.dialogue.answers.refusals import RefusalReader
from serving.dialogue.answers.words.tables import SIGNS, AnswerWords
from serving.dialogue.answers.yes_no import YesNo, YesNoReader


class Correction(Enum):
    """How clearly a message corrects something."""

    NONE = "none"
    AFTERTHOUGHT = "afterthought"
    PLAIN = "plain"


class Turn(Enum):
    """How words turn from one value to another."""

    NONE = "none"
    AWAY = "away"
    """From the one that is wanted, or back to it: `not`, `instead of`, `but`."""
    TOWARDS = "towards"
    """To the one that is meant: `I meant`, `should be`."""


@lru_cache(maxsize=256)
def plain_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without accents and punctuation. A thumb counts as a word.

    Cached, because one message is read many times.
    """
    return tuple([token for token in split(fold(text)) if token[0].isalnum() or token in SIGNS])


class AnswerReader:
    """Reads answers in one language."""

    def __init__(self, words: AnswerWords) -> None:
        self._spellings = Spellings(words.grammar.spellings)
        self._words = lru_cache(maxsize=64)(self._read_words)
        self._yes_no = YesNoReader(words, self._spellings)
        self._read_yes_no = lru_cache(maxsize=64)(self._yes_no.read)
        self._refusals = RefusalReader(words, self._spellings)
        self._joints = JointReader(words.joints, self._spellings)
        self._fillers = frozenset(word for phrase in words.fillers for word in self._words(phrase)) | SIGNS.keys()
        self._no = self._phrases(words.no)
        self._none = self._phrases(words.none)
        self._ordinals = {word: place for name, place in words.ordinals.items() for word in self._words(name)}
        self._option_words = frozenset(word for phrase in words.option_words for word in self._words(phrase))
        self._corrections = self._phrases(words.corrections)
        self._afterthoughts = self._phrases(words.afterthoughts)
        self._marks = self._phrases(words.correction_marks)
        self._substitutions = self._phrases(words.refusals.substitutions)
        self._first_of_marks = frozenset(mark[0] for mark in self._marks)
        self._swaps = self._phrases(words.swaps)
        self._turns = PhraseTable(_turns(words), self._spellings, unknown=Turn.NONE, mark=Turn.NONE)

    def _read_words(self, text: str) -> tuple[str, ...]:
        return tuple([word.text for word in self._spellings.read(text) if not word.is_mark])

    def _phrases(self, phrases: Sequence[str]) -> frozenset[tuple[str, ...]]:
        return frozenset(map(self._words, phrases))

    def yes_no(self, text: str) -> YesNo:
        """Read a text as the answer to a yes-or-no question; `of course not` is a no."""
        return self._read_yes_no(text)

    def is_bare(self, text: str) -> bool:
        """Whether the whole text is a yes, a no or neither: an answer, and no request of its own, as `stop` is."""
        return self._yes_no.is_bare(text)

    def is_reply_word(self, text: str) -> bool:
        """Whether the whole text is a yes, a no, a correction's beginning or a filler: `sorry`, and no value."""
        words = self._words(text)
        begins_correction = words in self._corrections or words in self._afterthoughts
        return begins_correction or set(words) <= self._fillers or self._yes_no.is_bare(text)

    def is_stop(self, text: str) -> bool:
        """Whether the whole text ends what is under way: `never mind`."""
        return self._yes_no.is_stop(text)

    def is_unsure(self, text: str) -> bool:
        """Whether the text begins by saying that the customer does not know: `not sure yet`."""
        return self._yes_no.is_unsure(text)

    def is_none(self, text: str) -> bool:
        """Whether the whole text declines every option."""
        return self._is_one_of(text, self._none)

    def ordinal(self, text: str, n_options: int) -> int | None:
        """Return the zero-based option that the whole text refers to by position, or None."""
        words = self._without_fillers(self._words(text))
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
        words = self._words(text)
        if any(
            self._marks_correction(words[place:]) for place, word in enumerate(words) if word in self._first_of_marks
        ):
            return Correction.PLAIN
        begun = self._without_leading_fillers(words)
        if _begins_with_any(begun, self._corrections):
            return Correction.PLAIN
        is_afterthought = _begins_with_any(begun, self._afterthoughts)
        return Correction.AFTERTHOUGHT if is_afterthought else Correction.NONE

    def turns(self, text: str) -> list[Unit[Turn]]:
        """Return the phrases of a text that turn from one value to another, in text order."""
        return [unit for unit in self._turns.units(text) if unit.kind is not Turn.NONE]

    def _marks_correction(self, words: tuple[str, ...]) -> bool:
        is_substitution = _begins_with_any(words, self._substitutions)  # `instead of Paris`
        return _begins_with_any(words, self._marks) and not is_substitution

    def is_swap(self, text: str) -> bool:
        """Whether the whole text asks to swap two values."""
        words = self._without_fillers(self._words(text))
        if words[:1] and words[:1] in self._no:
            words = words[1:]  # `no, the other way round`
        return words in self._swaps

    def is_negated(self, text: str, start: int, end: int | None = None) -> bool:
        """Whether the words around the value `[start, end)` refuse it: `not Paris`, `anywhere but Paris`."""
        return self._refusals.is_refused(text, start, start if end is None else end)

    def is_mere_refusal(self, text: str, values: Sequence[tuple[int, int]]) -> bool:
        """Whether the text says nothing but that the values `[start, end)` are refused: `I don't want Paris`."""
        return self._refusals.is_mere_refusal(text, values)

    def joint(self, between: str, before: str = "") -> Joint:
        """Return how the text between two values joins them; `before` is the text before the first one."""
        return self._joints.joint(between, before)

    def _is_one_of(self, text: str, phrases: frozenset[tuple[str, ...]]) -> bool:
        words = self._words(text)
        return words in phrases or self._without_fillers(words) in phrases

    def _without_fillers(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(word for word in words if word not in self._fillers)

    def _without_leading_fillers(self, words: tuple[str, ...]) -> tuple[str, ...]:
        first = next((place for place, word in enumerate(words) if word not in self._fillers), len(words))
        return words[first:]


def _turns(words: AnswerWords) -> dict[Turn, tuple[str, ...]]:
    refusals = words.refusals
    refuses = {*refusals.negators, *refusals.rejections, *refusals.facts, *refusals.barring, *refusals.exceptions}
    # `No 5 Elm Street` corrects nothing
    towards = {*words.corrections, *words.afterthoughts, *words.correction_marks} - refuses - {*words.no}
    return {
        Turn.AWAY: (*refuses, *refusals.breaks, *refusals.substitutions),
        Turn.TOWARDS: tuple(towards),
    }


def _begins_with_any(words: tuple[str, ...], phrases: Iterable[tuple[str, ...]]) -> bool:
    return any(words[: len(phrase)] == phrase for phrase in phrases)


def base_language(tag: str) -> str:
    """Return the language of a tag: `pt` for `pt-BR`."""
    return tag.replace("_", "-").split("-")[0].lower()


def answer_reader(language: str) -> AnswerReader:
    """Return the reader for a language tag, the English one if there is none."""
    base = base_language(language)
    return _reader(base if base in WORDS else "en")


def forget_answers() -> None:
    """Drop the readers with the recent texts that they remember."""
    _reader.cache_clear()
    plain_words.cache_clear()


@lru_cache
def _reader(language: str) -> AnswerReader:
    return AnswerReader(WORDS[language])
