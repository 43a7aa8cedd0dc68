"""Annotations with wrong offsets in a bot file, repaired or dropped, and reported one by one.

Offsets become wrong when a text is edited after it was annotated, when a browser counted from the wrong place, and
because browsers count UTF-16 units where Python counts characters. A value may also be written differently than in the
text: as the entity's value for a synonym, with another apostrophe, composed from other characters.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Entity, EntityValue

_SAME_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u02bc\u02b9\u2032\u0060\u00b4\uff07", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\t\r\n\u0085", " ")
)
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")

_offset = TypeAdapter(int)

Place = tuple[int, int]


def repair_spans(
    intents: list[Any], *, entities: Iterable[Mapping[str, Any]] = ()
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Find each annotation's `value` in its `text` if it is not at its offsets.

    Return the intents, copied where something was repaired, and one sentence per repair or loss. The intents and
    entities come from a checked bot file and are not changed.
    """
    repaired, report = [], []
    known = _Known(entities, intents)
    for intent in intents:
        field = _examples_field(intent)
        rows = [_Example(row, known).repaired() for row in intent.get(field) or []]
        for number, (_, sentences) in enumerate(rows, start=1):
            report += [
                f'intent "{intent.get("intentId") or intent.get("intent_id")}", example {number}: {sentence}'
                for sentence in sentences
            ]
        changed = any(sentences for _, sentences in rows)
        repaired.append({**intent, field: [row for row, _ in rows]} if changed else intent)
    return repaired, tuple(report)


def _examples_field(intent: Mapping[str, Any]) -> str:
    return "trainingData" if "trainingData" in intent else "training_data"


def is_same_value(one: str, other: str) -> bool:
    """Whether two texts differ only in case, composition, blanks, or the form of apostrophes, hyphens and quotes."""
    return _form(one) == _form(other) != ""


class _Known:
    """The values of the bot's entities, by the form in which they are compared, and the words that are no values."""

    def __init__(self, entities: Iterable[Mapping[str, Any]], intents: Sequence[Mapping[str, Any]]) -> None:
        self._intents = intents
        self._value_by_form: dict[tuple[str, str], str] = {}
        for entity in entities:
            for listed in entity.get("entity_values") or []:
                for written in (listed["value"], *(listed.get("synonyms") or ())):
                    self._value_by_form.setdefault((entity["name"], _form(written)), listed["value"])

    def value(self, entity: str, written: str) -> str | None:
        """Return the value that some words are, or are a synonym of; None if the entity does not list them."""
        return self._value_by_form.get((entity, _form(written)))

    def is_ordinary(self, words: str) -> bool:
        """Whether all of some words stand in an example without being annotated there."""
        return all(token.text.lower() in self._ordinary for token in tokenize(words))

    @cached_property
    def _ordinary(self) -> frozenset[str]:
        """Every word that stands outside of all annotations in some example."""
        found: set[str] = set()
        for intent in self._intents:
            for example in intent.get(_examples_field(intent)) or []:
                taken = [_offsets(row) for row in example.get("entities") or []]
                found.update(
                    token.text.lower()
                    for token in tokenize(example["text"])
                    if all(token.end <= begin or end <= token.start for begin, end in taken)
                )
        return frozenset(found)


@dataclass(frozen=True)
class _Found:
    """Where an annotation belongs, and a sentence about it; no sentence if nothing was wrong."""

    place: Place
    sentence: str


class _Example:
    """One example, and the places that its annotations already take."""

    def __init__(self, example: dict[str, Any], known: _Known) -> None:
        self.example = example
        self.text: str = example["text"]
        self.rows: list[dict[str, Any]] = example.get("entities") or []
        self.known = known
        self.taken = [_offsets(row) for row in self.rows if self._holds(row)]

    def repaired(self) -> tuple[dict[str, Any], list[str]]:
        """Return the example with its annotations repaired, and a sentence for each that was."""
        kept: list[dict[str, Any]] = []
        report: list[str] = []
        for row in self.rows:
            if self._holds(row):
                kept.append(row)
                continue
            found = self._find(row)
            if found is None:
                report.append(
                    f"{_where(row)} nor anywhere else in the text; the annotation was dropped, annotate it again"
                )
                continue
            begin, end = found.place
            self.taken.append(found.place)
            kept.append({**row, "value": self.text[begin:end], "begin": begin, "end": end})
            report.append(found.sentence)
        return ({**self.example, "entities": kept}, report) if report else (self.example, report)

    def _holds(self, row: Mapping[str, Any]) -> bool:
        begin, end = _offsets(row)
        return 0 <= begin < end <= len(self.text) and bool(self.text[begin:end] == row["value"])

    def _find(self, row: Mapping[str, Any]) -> _Found | None:
        """Try the offsets, as characters and as a browser counts; then look for the value; then trust the offsets."""
        places = list(self._given(row))
        for place in places:
            if self.text[slice(*place)] == row["value"]:
                return _Found(place, f"{_where(row)}; repaired to {place[0]} to {place[1]}")
        for place in places:
            if self._is_same(row, place):
                return self._as_written(row, place)
        moved = self._search(row)
        if moved is not None:
            return _Found(moved, f"{_where(row)}; repaired to {moved[0]} to {moved[1]}")
        trusted = next((place for place in places if self._may_mean(row, place)), None)
        return None if trusted is None else self._as_written(row, trusted, is_synonym=False)

    def _given(self, row: Mapping[str, Any]) -> Iterator[Place]:
        """Yield the annotation's place as its offsets give it, and as they do in UTF-16; only places still free."""
        begin, end = _offsets(row)
        units = _characters_of_utf16(self.text, begin, end)
        for place in dict.fromkeys(((begin, end), *((units,) if units else ()))):
            if 0 <= place[0] < place[1] <= len(self.text) and self._is_free(place):
                yield place

    def _is_same(self, row: Mapping[str, Any], place: Place) -> bool:
        """Whether whole words at a place are the value, written differently or as its synonym."""
        written = self.text[slice(*place)]
        if not self._is_whole(place):
            return False
        if is_same_value(written, row["value"]) or place in _phrase_places(self.text, row["value"]):
            return True
        value = self.known.value(row["name"], written)
        return value is not None and value == self.known.value(row["name"], row["value"])

    def _may_mean(self, row: Mapping[str, Any], place: Place) -> bool:
        """Whether whole words at a place may be meant by a value that is listed but stands nowhere in the text.

        Not so for words that other texts use without a mark: they stand there because the text was edited.
        """
        written = self.text[slice(*place)]
        if not self._is_whole(place) or self.known.value(row["name"], row["value"]) is None:
            return False
        return self.known.value(row["name"], written) is not None or not self.known.is_ordinary(written)

    def _is_whole(self, place: Place) -> bool:
        written = self.text[slice(*place)]
        return written == written.strip() and any(map(str.isalnum, written)) and stands_alone(self.text, *place)

    def _is_free(self, place: Place) -> bool:
        return all(place[1] <= begin or end <= place[0] for begin, end in self.taken)

    def _as_written(self, row: Mapping[str, Any], place: Place, *, is_synonym: bool = True) -> _Found:
        written = self.text[slice(*place)]
        sentence = f'"{row["value"]}" ({row["name"]}) is written "{written}" at {place[0]} to {place[1]}; kept'
        if not is_synonym and self.known.value(row["name"], written) is None:
            sentence += f'; list "{written}" as a synonym of "{row["value"]}" if it means that'
        return _Found(place, sentence)

    def _search(self, row: Mapping[str, Any]) -> Place | None:
        """Return the value's nearest free place: first as written, then written differently."""
        value, (wanted, _) = row["value"], _offsets(row)
        if not value:
            return None
        for find in (_places, _same_places, _phrase_places):
            places = find(self.text, value)
            free = [place for place in places if self._is_free(place)]
            if free:
                return min(free, key=lambda place: (not stands_alone(self.text, *place), abs(place[0] - wanted)))
        return None


def _offsets(row: Mapping[str, Any]) -> Place:
    """Read the offsets; some programs write them as text or with a decimal point."""
    return _offset.validate_python(row["begin"]), _offset.validate_python(row["end"])


def _where(row: Mapping[str, Any]) -> str:
    return f'"{row["value"]}" ({row["name"]}) is not at {row["begin"]} to {row["end"]}'


def _characters_of_utf16(text: str, begin: int, end: int) -> Place | None:
    """Convert offsets as browsers count them; None if they lie outside the text or in the middle of a character."""
    units = text.encode("utf-16-le", errors="surrogatepass")
    if not 0 <= begin < end <= len(units) // 2:
        return None
    before, between = units[: 2 * begin], units[2 * begin : 2 * end]
    try:
        first = len(before.decode("utf-16-le"))
        return first, first + len(between.decode("utf-16-le"))
    except UnicodeDecodeError:
        return None


def _places(text: str, value: str) -> list[Place]:
    return [
        (begin, begin + len(value))
        for begin in range(len(text) - len(value) + 1)
        if text.startswith(value, begin)
    ]  # fmt: skip


def _same_places(text: str, value: str) -> list[Place]:
    """Return the places where a value stands in another form: in other case, composition, apostrophes or blanks."""
    signs, wanted = list(_signs(text)), _form(value)
    form, offsets = "".join(sign for sign, _, _ in signs), []
    for sign, begin, end in signs:
        offsets += [(begin, end)] * len(sign)
    found = []
    for begin, end in _places(form, wanted) if wanted else ():
        place = offsets[begin][0], offsets[end - 1][1]
        is_cut = (begin and offsets[begin] == offsets[begin - 1]) or offsets[end - 1] in offsets[end : end + 1]
        if not is_cut:
            found.append(place)
    return found


def _phrase_places(text: str, value: str) -> list[Place]:
    """Return the places where a message's value would be found: also without accents, hyphens or apostrophes."""
    known = KnownValues([Entity(name="value", entity_values=(EntityValue(value=value),))])
    tokens = tokenize(text)
    return [(tokens[one.first].start, tokens[one.last - 1].end) for one in known.find(tokens)]


def _form(text: str) -> str:
    """Return the form in which values are compared."""
    return "".join(sign for sign, _, _ in _signs(text)).strip()


def _signs(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each sign of a text, a base with its combining marks, in the form compared, and its place."""
    begin = 0
    while begin < len(text):
        end = begin + 1
        while end < len(text) and _continues(text[end]):
            end += 1
        written = "".join(sign for sign in text[begin:end] if sign not in _INVISIBLE)
        sign = unicodedata.normalize("NFKC", written.translate(_SAME_SIGNS)).casefold().translate(_SAME_SIGNS)
        yield sign, begin, end
        begin = end


def _continues(character: str) -> bool:
    """Whether a character belongs to the sign before it: a mark, a Korean vowel or final consonant, or nothing seen."""
    is_jamo = "\u1160" <= character <= "\u11ff"
    return is_jamo or character in _INVISIBLE or unicodedata.category(character).startswith("M")
