"""Values that were found in an answer, grown to the whole answer: `12 Market Street`, of which the tagger knew the end.

Only for a parameter that takes whole answers (`freeText`). What is around its value belongs to it, unless these are
words that merely lead to it (`deliver it to ... please`) or the value of another parameter. In doubt more is kept: a
word too many can be read over, a house number that is missing cannot be guessed.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pipelines.nlu.system.boundaries import UNSPACED_RUN
from pipelines.nlu.system.entities import SYSTEM_TYPES_BY_ALIAS
from pipelines.nlu.text import fold_text
from pipelines.schemas.bot import Intent
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.answers.carriers import (
    CARRIERS,
    COPULAS,
    DETERMINERS,
    NAME_ARTICLES,
    NEVER_FIRST,
    PEOPLE,
    QUESTIONS,
    STREET_WORDS,
    TAILS,
    UNSPACED_LEADS,
    UNSPACED_TAILS,
)
from serving.dialogue.answers.glue import ANNOUNCING, ARTICLES, GLUE, NAME_LINKS
from serving.dialogue.answers.joints import Joint
from serving.dialogue.answers.phrasing import fold
from serving.dialogue.answers.reader import AnswerReader, Correction, plain_words
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.constraints import Problem, check_value

_CHUNK = re.compile(r"[^\s,;:!?\u3001\u3002\uff0c\uff1a]+")
_SENTENCE_END = re.compile(r"[!\n\u3002]|(?<=\w\w)\.(?=\s)")
_EDGE = ' \t\r\n,;:.!?-\u2013\u2014\u3001\u3002\uff0c\uff1a"\u201c\u201d\u00bf\u00a1'
_NEAR = 60
"""Characters before a value among which the words that announce it are looked for."""
_NUMBERS = frozenset(("sys.number", "sys.integer"))
_OF = frozenset(("de", "del", "da", "do", "di", "du", "des", "von", "van", "of"))
"""Words between the parts of a name, `Calle del 2 de Mayo`, which announce nothing there."""
_SUBJECTS = frozenset(("you", "we", "i", "it", "they"))
_AND = frozenset(("and", "und", "y", "e", "et", "en"))


def _folded(words: Collection[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


_LINKS = _folded(GLUE | ANNOUNCING | ARTICLES | NAME_LINKS)
_LEADS = _LINKS | _folded(CARRIERS)
_TAILS, _COPULAS, _DETERMINERS = _folded(TAILS), _folded(COPULAS), _folded(DETERMINERS)
_NAME_ARTICLES, _STREET_WORDS, _QUESTIONS = _folded(NAME_ARTICLES), _folded(STREET_WORDS), _folded(QUESTIONS)
_NEVER_FIRST, _ARTICLES, _PEOPLE = _folded(NEVER_FIRST), _folded(ARTICLES), _folded(PEOPLE)
_ANNOUNCING, _BEFORE_OTHERS = _folded(ANNOUNCING), _folded(ANNOUNCING | ARTICLES) | _AND
_CONTRACTED, _ELIDED = frozenset(("s", "m", "d", "re", "ll", "ve")), frozenset(("j", "c"))


class _Chunk(NamedTuple):
    """What stands between blanks or commas: `[start, end)` of the text."""

    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The folded letters and digits."""
        return "".join(plain_words(self.text))

    @property
    def is_capitalised(self) -> bool:
        return self.text[:1].isupper() and self.text != "I"

    def is_one_of(self, words: Collection[str]) -> bool:
        """Whether it is one of some words, perhaps with `'s` or the like; a mere sign is."""
        parts = plain_words(self.text)
        if len(parts) > 1 and parts[0] in _ELIDED:
            parts = parts[1:]
        return all(part in words or (place > 0 and part in _CONTRACTED) for place, part in enumerate(parts))


def with_whole_answer(
    interpretation: Interpretation, intent: Intent, asked: Parameter | None, *, answers: AnswerReader
) -> Interpretation:
    """Return the interpretation with the value that was asked for as long as the answer, where it takes all of it.

    Values that an author listed stay as they are, and so do refusals, lists, and values among which a parameter's
    choices or pattern decide.
    """
    nlu = interpretation.nlu
    if nlu is None or asked is None or not asked.free_text or asked.many or asked.choices:
        return interpretation
    own = [span for span in nlu.entities if span.type == asked.type]
    if not own or not all(_may_grow(span, asked, nlu.text, answers) for span in own):
        return interpretation
    grown = _Grower(nlu, intent, asked, answers).grow(own)
    if not grown:
        return interpretation
    others = [
        span
        for span in nlu.entities
        if span not in own and not any(span.start < one.end and one.start < span.end for one in grown)
    ]
    entities = tuple(sorted([*others, *grown], key=lambda span: span.start))
    return interpretation.model_copy(update={"nlu": nlu.model_copy(update={"entities": entities})})


def grown_within(
    nlu: NluResult,
    own: Sequence[EntitySpan],
    intent: Intent,
    asked: Parameter,
    bounds: tuple[int, int],
    *,
    answers: AnswerReader,
) -> list[EntitySpan]:
    """Return values of one parameter as they are in the part `bounds` of the text, `[start, end)`."""
    return _Grower(nlu, intent, asked, answers).grow(own, bounds)


def _may_grow(span: EntitySpan, asked: Parameter, text: str, answers: AnswerReader) -> bool:
    """Whether a value was learnt, and neither mapped to another one, nor refused, nor what the pattern wants."""
    if span.source != "tagger" or fold_text(span.value) != fold_text(text[span.start : span.end]):
        return False
    if asked.pattern is not None and not isinstance(check_value(asked, span.value, said_at=None), Problem):
        return False
    return not answers.is_negated(text, span.start, span.end)


@dataclass(frozen=True)
class _Grower:
    """Grows the values of one answer."""

    nlu: NluResult
    intent: Intent
    asked: Parameter
    answers: AnswerReader

    @property
    def text(self) -> str:
        return self.nlu.text

    def grow(self, own: Sequence[EntitySpan], bounds: tuple[int, int] | None = None) -> list[EntitySpan]:
        """Return the values as they are in the whole answer, or in `bounds`; none if it is not clear where they end."""
        start, end = own[0].start, own[-1].end
        low, high = self._without_others(start, end, *(bounds or self._statement(end)))
        if high <= low:
            return []
        if len(own) == 1:
            return [self._grown(own[0], own[0].end, low, high)]
        starts = [self._start_of_next(one, other) for one, other in pairwise(own)]
        if all(start is not None for start in starts):
            edges = [low, *(start for start in starts if start is not None), high]
            return [self._grown(span, span.end, *edges[place : place + 2]) for place, span in enumerate(own)]
        is_shared = sum(one.type == self.asked.type for one in self.intent.parameters) > 1
        if is_shared or not all(map(self._are_parts, own, own[1:])):
            return []
        return [self._grown(own[0], own[-1].end, low, high)]

    def _statement(self, end: int) -> tuple[int, int]:
        """Return the part of the text that is no question; nothing if values that end at `end` are in one."""
        high = len(self.text)
        if self.text.rstrip().endswith(("?", "\uff1f")):
            ends = [match.end() for match in _SENTENCE_END.finditer(self.text)]
            question = max([0, *ends])
            first = _CHUNK.search(self.text, question)
            asks = first is not None and (first.group()[0] == "\u00bf" or fold(first.group()) in _QUESTIONS)
            if asks and question < end:
                return (0, 0)
            high = question if asks else high
        return 0, high

    def _without_others(self, start: int, end: int, low: int, high: int) -> tuple[int, int]:
        """Return the part of `[low, high)` that may belong to values in `[start, end)`, and not to other parameters."""
        types = {kind for one in self.intent.parameters for kind in _types(one)} - {self.asked.type}
        for other in self.nlu.entities:
            if other.type not in types:
                continue
            if other.end <= start and self._is_apart(other, self.text[other.end : start]):
                low = max(low, other.end)
            elif other.start >= end and self._is_apart_after(other, self.text[end : other.start]):
                high = min(high, self._before(other, end))
        return low, high

    def _is_apart(self, other: EntitySpan, between: str) -> bool:
        """Whether a value before the one that was asked for is another parameter's."""
        surface = self.text[other.start : other.end]
        if not between.strip():  # `12` of `12 Market Street`, but not the `two` of `two canoes`
            return other.type in _NUMBERS and surface.isalpha() and surface.islower()
        return self._is_announced(other) or (self._is_known(other) and other.type not in _NUMBERS)

    def _is_apart_after(self, other: EntitySpan, between: str) -> bool:
        if self._is_announced(other):
            return True
        has_digit = any(sign.isdigit() for sign in self.text[other.start : other.end])
        is_joined = not between.strip(" ") or _words_of(between) <= _OF
        is_joined = is_joined and not between.strip(" ").startswith(",")
        return self._is_known(other) and other.type not in _NUMBERS and not (is_joined and has_digit)

    def _is_known(self, other: EntitySpan) -> bool:
        """Whether a value is no guess: one that is listed or typed, or of a parameter that takes no whole answers."""
        is_open = any(one.free_text and other.type in _types(one) for one in self.intent.parameters)
        return other.source != "tagger" or not is_open

    def _is_announced(self, other: EntitySpan) -> bool:
        before = _chunks(self.text, max(0, other.start - _NEAR), other.start)
        while before and (before[-1].word in _ARTICLES or before[-1].word.isdigit()):
            before.pop()
        if not before:
            return False
        names = _names([one for one in self.intent.parameters if other.type in _types(one)])
        words = names | (_ANNOUNCING if other.source == "tagger" else _ANNOUNCING - _OF)
        return before[-1].word in words

    def _before(self, other: EntitySpan, end: int) -> int:
        """Return where the words that lead to a later value begin."""
        names = _names([one for one in self.intent.parameters if other.type in _types(one)])
        start = other.start
        for chunk in reversed(_chunks(self.text, max(end, other.start - _NEAR), other.start)):
            if not (chunk.is_one_of(_BEFORE_OTHERS | names) or chunk.word.isdigit()):
                break
            start = chunk.start
        return start

    def _start_of_next(self, one: EntitySpan, other: EntitySpan) -> int | None:
        """Return where the words begin that announce the second of two values, or None."""
        words = (_ANNOUNCING - _OF) | self._cues()
        found = _chunks(self.text, one.end, other.start)
        return next((each.start for each in reversed(found) if each.word in words), None)

    def _are_parts(self, one: EntitySpan, other: EntitySpan) -> bool:
        """Whether two values may be parts of one, such as flat and street."""
        between = self.text[one.end : other.start]
        is_corrected = self.answers.correction(between) is not Correction.NONE
        is_choice = self.answers.joint(between, self.text[: one.start]) in (Joint.ALTERNATIVE, Joint.RANGE)
        return not is_corrected and not is_choice and not (_words_of(between) & _AND)

    def _cues(self) -> frozenset[str]:
        same = [one for one in self.intent.parameters if one.type == self.asked.type]
        return frozenset(word for one in same for cue in one.cues for word in plain_words(cue))

    def _grown(self, span: EntitySpan, end: int, low: int, high: int) -> EntitySpan:
        """Return a value that takes `[low, high)` without what leads to it and what ends the sentence."""
        start, end = self._without_lead(low, high, span.start), self._without_tail(high, end)
        if (start, end) == (span.start, span.end):
            return span
        return span.model_copy(update={"start": start, "end": end, "value": self.text[start:end]})

    def _without_lead(self, low: int, high: int, found: int) -> int:
        """Return where the value begins, at `found` or before it."""
        chunks = [chunk for chunk in _chunks(self.text, low, high) if chunk.start < found]
        has_number = any(sign.isdigit() for sign in self.text[low:high])
        names = _names([self.asked]) | self._cues()
        for place, chunk in enumerate(chunks):
            if chunk.end > found:  # in a script without blanks, both are in one chunk
                return _past_unspaced_lead(self.text, chunk.start, found)
            earlier = chunks[place - 1].word if place else ""
            is_lead = chunk.is_one_of(_LEADS | names) or self._is_filler(chunk)
            if not is_lead or self._begins_name(chunk, earlier, found, has_number=has_number):
                return self._at_letter(chunk.start, found)
        return found

    def _begins_name(self, chunk: _Chunk, earlier: str, found: int, *, has_number: bool) -> bool:
        """Whether a word that may lead to a value is rather its beginning: `Los Angeles`, `Am Markt 5`."""
        word, letters = chunk.word, [sign for sign in chunk.text if sign.isalpha()]
        after = self.text[chunk.end :].lstrip()[:1]
        is_next = not self.text[chunk.end : found].strip(" ")
        if len(letters) > 1 and all(map(str.isupper, letters)) and not self.text.isupper():
            return True
        if len(letters) == 1 and chunk.text[0].isupper() and word not in ("i", "a"):
            return True
        if not earlier and word in _NEVER_FIRST - _names([self.asked]):
            return not _begins_with_any(self.text[chunk.end :], _SUBJECTS)
        if word in _STREET_WORDS and has_number:
            return chunk.is_capitalised or (word in ("am", "im") and is_next and earlier not in ("i", "ich"))
        is_particle = word in _OF and _words_of(self.text[chunk.end : found]) <= _OF | _ARTICLES
        if is_particle and self._is_person and self.text[found].isupper():  # `van der Berg`, but not `de Madrid`
            return True
        if word in _NAME_ARTICLES:
            return chunk.is_capitalised and after.isupper()
        is_plain = word in _LINKS or word in _TAILS
        return chunk.is_capitalised and is_next and not is_plain and word not in _names([self.asked])

    @property
    def _is_person(self) -> bool:
        return not _PEOPLE.isdisjoint(plain_words(f"{self.asked.name} {self.asked.type}".replace("_", " ")))

    def _is_filler(self, chunk: _Chunk) -> bool:
        words = plain_words(chunk.text)
        is_spaced = UNSPACED_RUN.search(chunk.text) is None
        is_number_sign = words == ("no",) and not self.text.startswith(",", chunk.end)  # `No 5 Elm Street`
        return is_spaced and self.answers.is_reply_word(chunk.text) and not is_number_sign

    def _without_tail(self, high: int, found: int) -> int:
        """Return where the value ends, at `found` or after it."""
        chunks = _chunks(self.text, found, high)
        while chunks and self._is_tail(chunks[-1]):
            chunks.pop()
        chunks = self._without_naming(chunks)
        end = chunks[-1].end if chunks else found
        end = max(found, found + len(self.text[found:end].rstrip(_EDGE)))
        for tail in UNSPACED_TAILS:
            if self.text[found:end].endswith(tail):
                end -= len(tail)
        return end

    def _is_tail(self, chunk: _Chunk) -> bool:
        if not plain_words(chunk.text):
            return True
        return len(chunk.word) > 1 and not chunk.text.isupper() and chunk.is_one_of(_TAILS)

    def _without_naming(self, chunks: list[_Chunk]) -> list[_Chunk]:
        """Drop `is my address` at the end."""
        names, left = _names([self.asked]), list(chunks)
        while left and left[-1].word in names:
            left.pop()
        if len(left) == len(chunks):
            return chunks
        while left and left[-1].word in _DETERMINERS:
            left.pop()
        return left[:-1] if left and left[-1].word in _COPULAS else chunks

    def _at_letter(self, start: int, found: int) -> int:
        """Return the place of the first sign that is no blank or mark."""
        return start + len(self.text[start:found]) - len(self.text[start:found].lstrip(_EDGE))


def _chunks(text: str, start: int, end: int) -> list[_Chunk]:
    return [_Chunk(match.group(), match.start(), match.end()) for match in _CHUNK.finditer(text, start, end)]


def _begins_with_any(text: str, words: Collection[str]) -> bool:
    first = _CHUNK.search(text)
    return first is not None and fold(first.group()) in words


def _words_of(text: str) -> frozenset[str]:
    return frozenset(plain_words(text))


def _names(parameters: Sequence[Parameter]) -> frozenset[str]:
    return frozenset(word for one in parameters for word in plain_words(one.name.replace("_", " ")))


def _types(parameter: Parameter) -> frozenset[str]:
    """Return the types of the spans that hold a parameter's values."""
    types = frozenset((parameter.type, *SYSTEM_TYPES_BY_ALIAS.get(parameter.type, ())))
    return types | {"sys.integer"} if "sys.number" in types else types


def _past_unspaced_lead(text: str, start: int, found: int) -> int:
    lead = next((one for one in UNSPACED_LEADS if text.startswith(one, start, found)), "")
    return start + len(lead)
