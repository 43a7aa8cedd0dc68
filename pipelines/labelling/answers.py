"""Messages that answer a question of the bot, or hold nothing but values: neither is a label for an intent.

A real wish inside a form is the most valuable label of all. So a message is an answer only if no word of a wish is in
it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from pipelines.labelling.words import (
    ACTIONS,
    ANSWERS_ELSEWHERE,
    COURTESIES,
    OPENERS,
    SIGNALS,
    SMALL,
    STREET_ENDINGS,
    STREETS,
    STRONG,
    YES_NO,
)
from pipelines.nlu.system.entities import SYSTEM_TYPES, SystemEntities
from pipelines.nlu.text import clean, fold_text
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.release import BotDefinition

Moment = Literal["open", "asked", "accepted", "ended"]
"""What the dialogue was doing when a message came.

`open`: it had asked nothing, or took the message for a wish; `asked`: it had asked something, or just given up asking;
`accepted`: it took the message for the answer; `ended`: it had just completed a form.
"""
_MANY_WORDS, _LONG_TEXT = 5, 12
"""So many words that carry a meaning are no failed answer; a text of so many words is no value."""
_MOST_PLACES = 4
"""Words in an address, besides what its parts are called."""
_TYPICAL_SHARE, _TYPICAL_EXAMPLES, _TYPICAL_RATIO = 0.03, 2, 3.0
"""Least share and number of an intent's examples that hold a word which points to it, and how many times larger that
share is than in the form's own intent."""
SharesByWord = Mapping[str, Mapping[str, float]]
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_WITH_DIGIT, _POSTCODE = re.compile(r"[^\s,;]*\d[^\s,;]*"), re.compile(r"\d{4}")
_BUTTON = re.compile(r"\s*/\w+\s*")


class _Parts(NamedTuple):
    """A text taken apart: its words of meaning, and what else is in it."""

    content: tuple[str, ...]
    words: frozenset[str]
    is_opened: bool
    has_value: bool
    is_address: bool
    is_name: bool
    is_question: bool


class AnswerFilter:
    """Tells answers from wishes, in a bot's language.

    `shares_by_word` says how often the examples of each intent hold a word: `shares_of_words`.
    """

    def __init__(self, definition: BotDefinition, shares_by_word: SharesByWord | None = None) -> None:
        language = definition.language.replace("_", "-").split("-")[0].lower()
        self._has_tables, self._has_capital_nouns = language in YES_NO, language == "de"
        tables = [table.get(language, table["en"]) for table in (YES_NO, COURTESIES, SMALL, SIGNALS, ACTIONS, STRONG)]
        self._yes_no, self._courtesies, self._small, self._signals, self._actions, self._strong = tables
        self._streets, self._openers = (table.get(language, table["en"]) for table in (STREETS, OPENERS))
        self._shares_by_word = shares_by_word or {}
        self._system = SystemEntities(SYSTEM_TYPES, language=definition.language)
        self._values = frozenset(map(_plain, _values_of(definition)))
        self._longest_value = max((len(value.split()) for value in self._values), default=0)
        self._payloads = frozenset(
            fold_text(option.payload) for intent in definition.intents for option in intent.quick_replies
        )
        self._parts = lru_cache(maxsize=1024)(self._take_apart)

    def is_answer(self, text: str, moment: Moment, *, form: str = "") -> bool:
        """Whether a message is an answer, or nothing but values; `form` is the intent that had asked."""
        if _BUTTON.fullmatch(text) or fold_text(text) in self._payloads:
            return True
        parts = self._parts(clean(text))
        if not self._has_tables:
            return moment == "accepted" or not parts.content or fold_text(text).strip(".!") in ANSWERS_ELSEWHERE
        strong = {word for word in parts.words & self._strong if form not in self._shares_by_word.get(word, ())}
        has_signal = parts.is_question or bool(parts.words & (self._signals | self._actions))
        elsewhere = [word for word in parts.content if self._is_of_another_intent(word, form)]
        match moment:
            case "accepted":
                return not (strong or (elsewhere and has_signal) or len(elsewhere) > 1)
            case "asked":
                is_wish = (has_signal and parts.content) or elsewhere or len(parts.content) >= _MANY_WORDS
                return not (strong or parts.is_opened or (is_wish and not (parts.is_address and not has_signal)))
        if strong or elsewhere:
            return False
        if parts.content:
            return not has_signal and (parts.is_address or (moment == "ended" and parts.is_name))
        is_courtesy = not (parts.has_value or parts.words & self._yes_no)
        is_asking = has_signal or parts.is_opened  # as `do you take paypal`, where each word is a value or a small one
        return not (is_asking and parts.has_value) if moment == "ended" else not (is_asking or is_courtesy)

    def _is_of_another_intent(self, word: str, form: str) -> bool:
        shares = self._shares_by_word.get(word, {})
        return max(shares.values(), default=0.0) > _TYPICAL_RATIO * shares.get(form, 0.0)

    def _take_apart(self, text: str) -> _Parts:
        plain, rest = _plain(text), text
        is_value = plain in self._values
        if len(text.split()) <= _LONG_TEXT:
            for span in self._system.find(text):
                rest = rest[: span.start] + " " * (span.end - span.start) + rest[span.end :]
        rest = _WITH_DIGIT.sub(" ", rest)
        known = self._yes_no | self._courtesies | self._small | self._signals
        said = [] if is_value else _WORD.findall(rest)
        spoken = [word for word in said if not set(_plain(word).split()) <= known]
        places = [word for word in spoken if not self._is_of_a_street(_plain(word))]
        content = self._without_values(said, spoken)
        has_street = len(places) < len(spoken)
        is_capitalized = all(word.istitle() for word in places)
        return _Parts(
            content=tuple(map(_plain, content)),
            words=frozenset(plain.split()),
            is_opened=self._is_opened(plain.split()),
            has_value=is_value or rest != text or len(content) < len(spoken),
            is_address=any(sign.isdecimal() for sign in text)
            and len(places) <= _MOST_PLACES
            and (has_street or (is_capitalized and bool(_POSTCODE.search(text)))),
            is_name=len(content) in (2, 3) and is_capitalized and not self._has_capital_nouns,
            is_question=any(sign in "?\u00bf\uff1f" for sign in text),
        )

    def _without_values(self, said: Sequence[str], spoken: Sequence[str]) -> list[str]:
        """Return the words that carry a meaning, and are no part of a listed value."""
        plain, taken = [_plain(word) for word in said], set[int]()
        for length in range(min(self._longest_value, len(said)), 0, -1):
            for start in range(len(said) - length + 1):
                if " ".join(plain[start : start + length]) in self._values:
                    taken |= set(range(start, start + length))
        free = Counter(word for place, word in enumerate(said) if place not in taken)
        return [word for word in spoken if free[word]]

    def _is_of_a_street(self, word: str) -> bool:
        return word in self._streets or (word.endswith(STREET_ENDINGS) and len(word) > len("strasse"))

    def _is_opened(self, words: Sequence[str]) -> bool:
        """Whether a text begins as a question does, and goes on: not `when?` or `how about 5`."""
        begun = [word for word in words if word not in self._courtesies]
        return len(begun) > 2 and begun[0] in self._openers and begun[1] not in ("about", "it", "that", "this")


def shares_of_words(rows: Iterable[tuple[str, str, Sequence[LabelledSpan]]]) -> SharesByWord:
    """Map each word to the share of an intent's examples that hold it, by intent; only of intents that it may point to.

    Each row is an example's text, intent and annotations; annotated values do not count.
    """
    texts_by_intent: dict[str, list[set[str]]] = {}
    for text, intent, spans in rows:
        for span in spans:
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
        texts_by_intent.setdefault(intent, []).append(set(_plain(text).split()))
    found: dict[str, dict[str, float]] = {}
    for intent, texts in texts_by_intent.items():
        least = min(len(texts), max(_TYPICAL_EXAMPLES, _TYPICAL_SHARE * len(texts)))
        counts = Counter(word for words in texts for word in words)
        for word, count in counts.items():
            if count >= least:
                found.setdefault(word, {})[intent] = count / len(texts)
    return found


def _plain(text: str) -> str:
    """Return the words in lower case, without accents, apostrophes and signs."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    bare = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())


def _values_of(definition: BotDefinition) -> Iterable[str]:
    for entity in definition.entities:
        for value in entity.entity_values:
            yield from (value.value, *value.synonyms)
    for intent in definition.intents:
        for parameter in intent.parameters:
            yield from parameter.choices
