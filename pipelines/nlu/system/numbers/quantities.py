"""Fractions and multiples: `two and a half`, `2 1/2`, `half a million`, `2 dozen`, `5 lakh`, `20k`."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from math import gcd
from typing import Literal, NamedTuple

from text_to_num import text2num

from pipelines.nlu.system.boundaries import is_word_character
from pipelines.nlu.system.locale import alternation, dictionary_form, large_number_words, without_accents
from pipelines.nlu.system.numbers.number_words import NUMBER_WORDS, NumberWords
from pipelines.nlu.system.values import Numeral, words_of

_Kind = Literal["number", "share", "half", "bare_half", "alone", "added", "part", "room", "multiple", "idiom"]

_SIGN = "\u00bc-\u00be\u2150-\u215e"  # ¼ ½ ¾ and the like
_SHARE_BY_SIGN = {
    "\u00bc": (1, 4), "\u00bd": (1, 2), "\u00be": (3, 4), "\u2150": (1, 7), "\u2151": (1, 9), "\u2152": (1, 10),
    "\u2153": (1, 3), "\u2154": (2, 3), "\u2155": (1, 5), "\u2156": (2, 5), "\u2157": (3, 5), "\u2158": (4, 5),
    "\u2159": (1, 6), "\u215a": (5, 6), "\u215b": (1, 8), "\u215c": (3, 8), "\u215d": (5, 8), "\u215e": (7, 8),
}  # fmt: skip
_IN_SIGNS = re.compile(
    rf"(?P<sign>[{_SIGN}])|(?<![\d.,:/\u2044+-])(?P<above>[1-9])\s?[/\u2044]\s?(?P<below>\d0?)"
    r"(?!\d|\s?[/\u2044]|[.,:-]\d)|(?<=\d)\s?[kK](?![^\W_])"
)
_SIGNS = re.compile(rf"[{_SIGN}/\u2044]")
_THOUSANDS = re.compile(r"\d\s?[kK](?![^\W_])")
_NO_THOUSANDS = re.compile(
    r"\s(?:tvs?|televisions?|monitors?|screens?|displays?|videos?|cameras?|resolution|hd|uhd|run|race|fernseher|kamera"
    r"|bildschirm|auflösung|lauf|televisor|televisión|tele|pantalla|cámara|carrera|video|vídeo)\b",
    re.IGNORECASE,
)
_DENOMINATORS = (2, 3, 4, 5, 6, 8, 10)
_HALF_INSIDE = re.compile(r"hal[bfv]", re.IGNORECASE)
_CLOSE = re.compile(r"[\s-]{0,2}")
_ONE_NOUN = re.compile(r"\s([^\W\d_]{1,20})\s")
_NOTHING_AFTER = re.compile(r"\s*(?:[^\w\s-]|-\s|$)")
_ANY_WORD = re.compile(r"[\s-]{0,2}([^\W\d_]+)")
_LAST_WORD = re.compile(r"([^\W\d_]+)\s{1,3}$")
_AROUND = " \t\r\n.,;:!?"
_LONGEST_WORD = 21
_DOZEN = 12
_LARGE = 1_000_000
_SMALLEST_POWER = 100
_MOST_PARTS = 20


class _Piece(NamedTuple):
    """A number, or a word that makes one together with its neighbours."""

    start: int
    end: int
    value: Decimal
    kind: _Kind
    scale: Decimal = Decimal(1)
    other: Decimal | None = None
    noun: tuple[int, int] | None = None


class QuantityGrammar:
    """Joins the plain numbers of a text with the fractions and multiples around them."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._words = words = NUMBER_WORDS.get(language, NumberWords())
        listed = words.multiples if language in NUMBER_WORDS else large_number_words(language)
        self._attached = {word: value for word, value in listed.items() if not is_word_character(word[0])}
        spaced = {word: value for word, value in listed.items() if word not in self._attached}
        self._meaning = dict(_meanings(words, spaced))
        self._triggers = {max(words_of(phrase), key=lambda word: (len(word), word)) for phrase in self._meaning}
        self._multiple_after = re.compile(rf"(?<=\d)\s?({alternation(self._attached)})")
        self._phrase = re.compile(rf"(?<!\w)(?:{alternation(self._meaning)})(?![^\W_])", re.IGNORECASE)
        self._joined_half = re.compile(rf"(?<!\w){words.joined_half or '(?!)'}(?!\w)", re.IGNORECASE)
        self._dozen = frozenset(phrase.split()[-1] for phrase, value in words.numbers.items() if value == _DOZEN)
        self._joint = re.compile(rf"\s(?:{alternation(words.joints)})\s", re.IGNORECASE)
        self._of = re.compile(rf"\s(?:{alternation(words.of)})(?!\w)\s?", re.IGNORECASE)
        self._one_thing = re.compile(rf"(?<!\w)(?:{alternation(words.articles)})\s([^\W\d_]{{1,20}})\s$", re.IGNORECASE)
        self._clock_prefix = re.compile(rf"(?<!\w)(?:{alternation(words.clock_prefixes)})\s$", re.IGNORECASE)
        self._measures = frozenset(
            form
            for noun in words.measures
            for form in (noun, without_accents(noun), f"{noun}s", f"{noun}n", f"{without_accents(noun)}es")
        )

    def joined(self, text: str, plain: list[Numeral]) -> list[Numeral]:
        """Return the numbers of a text in text order, each with its fraction and multiple.

        `plain` are the numbers in digits and in words, in text order.
        """
        extra = self._extra(text, has_digits=bool(plain))
        if not extra and not any(_is_spelled(text, one.start) for one in plain):
            return plain
        pieces = [*extra]
        for one in plain:
            if not any(other.start < one.end and one.start < other.end for other in extra):
                pieces.append(_Piece(one.start, one.end, one.value, "number", one.scale))
        folded: list[_Piece] = []
        for piece in sorted(pieces):
            folded.append(piece)
            while len(folded) > 1 and (both := self._join(text, *folded[-2:])):
                folded[-2:] = [both]
            if len(folded) == 1 or folded[-1] == piece:
                folded[-1] = self._with_one_thing(text, folded[-1])
        kept = [piece for piece in folded if self._is_complete(text, piece)]
        return [
            Numeral(one.start, one.end, one.value, one.scale, one.other, one.noun) for one in _with_hundreds(text, kept)
        ]

    def _extra(self, text: str, *, has_digits: bool) -> list[_Piece]:
        found: list[_Piece] = []
        if not self._triggers.isdisjoint(words_of(text)):
            for match in self._phrase.finditer(text):
                meaning = self._meaning.get(without_accents(dictionary_form(match[0])))
                if meaning is None:
                    continue  # a long `s` matches an `s`
                value, kind = meaning
                is_first = not text[: match.start()].strip() and match[0].lower() in self._dozen
                kind = "number" if is_first else kind
                scale = value if kind == "number" and value > 2 else Decimal(1)
                found.append(_Piece(*match.span(), value, kind, scale))
        if self._words.joined_half and _HALF_INSIDE.search(text):
            for match in self._joined_half.finditer(text):
                whole = Decimal(match[1]) if match[1].isdecimal() else self._spelled(match[1])
                if whole is not None:
                    found.append(_Piece(*match.span(), whole + Decimal("0.5"), "number"))
        if self._attached and has_digits:
            for match in self._multiple_after.finditer(text):
                found.append(_Piece(*match.span(1), Decimal(self._attached[match[1]]), "multiple"))
        if _SIGNS.search(text) or (has_digits and _THOUSANDS.search(text)):
            found += _in_signs(text)
        return found

    def _spelled(self, words: str) -> Decimal | None:
        try:
            return Decimal(str(text2num(words.lower(), self._language)))
        except ValueError:
            return None

    def _join(self, text: str, left: _Piece, right: _Piece) -> _Piece | None:
        """Return two neighbours as one number, or None if they are none."""
        gap = text[left.end : right.start]
        is_close = _CLOSE.fullmatch(gap) is not None
        if right.kind == "added" and left.kind == "number":
            return self._added(text, left, right, is_close=is_close)
        if right.kind in ("part", "room") and left.kind == "number" and is_close:
            return _counted(left, right)
        if right.kind == "share" and left.kind == "number":
            is_digits = not _is_spelled(text, right.start)
            is_mixed = left.value == left.value.to_integral_value() and left.scale == 1 and right.value < 1
            if is_mixed and ((is_digits and is_close) or self._joint.fullmatch(gap)):
                return left._replace(end=right.end, value=left.value + right.value)
            return None
        if left.kind in ("number", "share", "half", "bare_half", "alone"):
            is_of = left.kind != "number" and self._of.fullmatch(gap)
            multiple = self._multiple(text, right) if is_close or is_of else None
            if multiple is not None:
                value = left.value * multiple
                value += right.value - multiple if right.kind == "number" else 0
                return _Piece(left.start, right.end, value, "number", left.scale * multiple)
        return None

    def _added(self, text: str, left: _Piece, right: _Piece, *, is_close: bool) -> _Piece | None:
        if self._clock_prefix.search(text[max(0, left.start - _LONGEST_WORD) : left.start]):
            return right._replace(start=left.start)  # `las dos y media` is a time
        if is_close:
            unit = left.scale if left.scale in (1, _DOZEN) or left.scale >= _LARGE else Decimal(1)
            if left.value >= _LARGE:
                unit = _largest_power(left.value)
            return left._replace(end=right.end, value=left.value + unit * right.value, scale=unit)
        noun = _ONE_NOUN.fullmatch(text, left.end, right.start)
        if noun is None or not self._ends_here(text, right.end):
            return None
        return left._replace(end=right.end, value=left.value + right.value, noun=noun.span(1))

    def _multiple(self, text: str, piece: _Piece) -> Decimal | None:
        """Return what the piece multiplies the number before it by: 1000 for `thousand five hundred`."""
        if piece.kind == "multiple":
            return piece.value
        if piece.kind != "number" or not _is_spelled(text, piece.start):
            return None
        if _is_power(piece.value):
            return piece.value
        first = self._spelled(text[piece.start : piece.end].split()[0])
        return first if first is not None and _is_power(first) and piece.value < 2 * first else None

    def _with_one_thing(self, text: str, piece: _Piece) -> _Piece:
        """Complete `an hour and a half`."""
        if piece.kind != "added" or not self._ends_here(text, piece.end):
            return piece
        begin = max(0, piece.start - 2 * _LONGEST_WORD)
        thing = self._one_thing.search(text[begin : piece.start])
        if thing is None:
            return piece
        noun = (begin + thing.start(1), begin + thing.end(1))
        return _Piece(begin + thing.start(), piece.end, 1 + piece.value, "number", noun=noun)

    def _is_complete(self, text: str, piece: _Piece) -> bool:
        if piece.kind == "number":
            return piece.scale > 1 or not self._is_vague(text, piece)
        if piece.kind == "share":
            word = _ANY_WORD.match(text, piece.end)
            is_either = "/" in text[piece.start : piece.end] and word is not None
            return not (is_either and word is not None and word[1].lower() in self._words.things)
        if piece.kind == "half":
            return _ANY_WORD.match(text, piece.end) is not None or _NOTHING_AFTER.match(text, piece.end) is not None
        is_all = text.strip(_AROUND) == text[piece.start : piece.end]
        of = self._of.match(text, piece.end)
        if piece.kind == "alone":
            return is_all or of is not None
        if piece.kind == "bare_half":
            word = _ANY_WORD.match(text, of.end() if of else piece.end)
            return is_all or (word is not None and word[1].lower() in self._measures)
        if piece.kind == "added":
            return is_all and text[piece.start : piece.end].split()[0].lower() not in self._words.joints
        return False

    def _is_vague(self, text: str, piece: _Piece) -> bool:
        """Whether the piece is `millions` or the hundred of `a few hundred`."""
        if not _is_spelled(text, piece.start):
            return False
        if text[piece.start : piece.end].lower() in self._words.vague:
            return True
        before = _LAST_WORD.search(text, max(0, piece.start - _LONGEST_WORD), piece.start)
        return before is not None and before[1].lower() in self._words.vague_before and _is_power(piece.value)

    def _ends_here(self, text: str, position: int) -> bool:
        if _NOTHING_AFTER.match(text, position) or self._of.match(text, position):
            return True
        word = _ANY_WORD.match(text, position)
        return word is not None and word[1].lower() in self._words.closers


@lru_cache(maxsize=32)
def quantity_grammar(language: str) -> QuantityGrammar:
    """Return the grammar of a language; the same object on every call."""
    return QuantityGrammar(language)


def _meanings(words: NumberWords, multiples: Mapping[str, int]) -> Iterator[tuple[str, tuple[Decimal, _Kind]]]:
    """Yield every phrase without its accents, with its value and kind; a later kind replaces an earlier one."""
    tables: tuple[tuple[Mapping[str, Decimal | int], _Kind], ...] = (
        (words.halves, "half"),
        (words.bare_halves, "bare_half"),
        (words.shares, "share"),
        (words.alone, "alone"),
        (words.added, "added"),
        (words.parts, "part"),
        (words.rooms, "room"),
        (multiples, "multiple"),
        (words.numbers, "number"),
        (dict.fromkeys(words.idioms, 0), "idiom"),
    )
    for table, kind in tables:
        for phrase, value in table.items():
            for spelling in (phrase, without_accents(phrase)):
                yield spelling, (Decimal(value), kind)


def _in_signs(text: str) -> Iterator[_Piece]:
    for match in _IN_SIGNS.finditer(text):
        if match["sign"]:
            above, below = _SHARE_BY_SIGN[match["sign"]]
            yield _Piece(*match.span(), Decimal(above) / below, "share")
        elif match["above"]:
            above, below = int(match["above"]), int(match["below"])
            if above < below and below in _DENOMINATORS and gcd(above, below) == 1:
                yield _Piece(*match.span(), Decimal(above) / below, "share")
        elif not _NO_THOUSANDS.match(text, match.end()):
            yield _Piece(*match.span(), Decimal(1000), "multiple")
        else:
            yield _Piece(*match.span(), Decimal(0), "idiom")


def _counted(count: _Piece, part: _Piece) -> _Piece | None:
    """Return `three quarters`; where the quarters may be rooms, either reading."""
    if not 1 <= count.value <= _MOST_PARTS or count.value != count.value.to_integral_value():
        return None
    value = count.value / part.value
    if part.kind == "room":
        return count._replace(other=value) if count.value < part.value else None
    return count._replace(end=part.end, value=value, kind="share")


def _with_hundreds(text: str, pieces: list[_Piece]) -> list[_Piece]:
    """Join `2 mil 500` and `2 million 500 thousand`."""
    joined: list[_Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        is_rest = before is not None and text[before.end : piece.start] in ("", " ") and _is_power(before.scale)
        if before and is_rest and _SMALLEST_POWER <= piece.value < before.scale:
            joined[-1] = before._replace(end=piece.end, value=before.value + piece.value)
        else:
            joined.append(piece)
    return joined


def _is_spelled(text: str, start: int) -> bool:
    return text[start].isalpha()


def _is_power(value: Decimal) -> bool:
    return value >= _SMALLEST_POWER and value == Decimal(10) ** value.adjusted()


def _largest_power(value: Decimal) -> Decimal:
    return Decimal(1000) ** (value.adjusted() // 3)
