"""Whether the words around a value refuse it: `not on Monday`, `anywhere but Paris`, `Sunday is out`."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import Enum, auto
from functools import lru_cache

from serving.dialogue.answers.phrasing import PhraseTable, Spellings, Unit
from serving.dialogue.answers.words.tables import AnswerWords

_REACH = 16
"""How many units away from a value its refusal may stand; it bounds the cost of a message of many values."""
_ROOM_AFTER_REJECTION = 2
"""Unknown words allowed after `I do not want`: `to spend Christmas in Paris`."""
_ROOM_PER_LINK = 4
"""Unknown words allowed for each other value that `or` joins to this one."""
_ROOM_BEFORE_BARRING = 3
"""Units allowed between `any` and its `but`."""
_LIST_SIGNS = frozenset("/&+|\u3001")
_ASKS_OR_LISTS = frozenset("?:\uff1f\uff1a\u061f-\u2013\u2014")
_QUESTION_MARKS = frozenset("?\uff1f\u061f")
_COMMAS = frozenset(",\uff0c\u060c")


class Kind(Enum):
    """What a phrase contributes to a refusal; `RefusalWords` describes each."""

    MARK = auto()
    CONTENT = auto()
    SMALL = auto()
    VERB = auto()
    SUBJECT = auto()
    FILLER = auto()
    LINK = auto()
    BREAK = auto()
    ANY = auto()
    NOTHING = auto()
    OWNER = auto()
    PRAISE = auto()
    BARRING = auto()
    NOT = auto()
    DETERMINER = auto()
    DENIAL = auto()
    FACT = auto()
    PREFERENCE = auto()
    THAN = auto()
    REJECTION = auto()
    EXCEPTION = auto()
    SUBSTITUTION = auto()
    VERDICT = auto()
    HARMLESS = auto()


_VERBAL = frozenset({Kind.VERB, Kind.SUBJECT, Kind.FILLER, Kind.PRAISE})
_FUNCTION_WORDS = _VERBAL | {Kind.SMALL, Kind.ANY, Kind.OWNER}
_UNKNOWN = frozenset({Kind.CONTENT, Kind.NOTHING})
_ENDS_CLAUSE = frozenset({Kind.MARK, Kind.LINK, Kind.BREAK})
_NEGATES = frozenset({Kind.NOT, Kind.REJECTION, Kind.DETERMINER, Kind.DENIAL})
_REFUSES_NEXT = (_NEGATES - {Kind.DENIAL}) | {Kind.THAN, Kind.FACT, Kind.EXCEPTION, Kind.SUBSTITUTION, Kind.BARRING}
_REFUSES = _REFUSES_NEXT | {Kind.VERDICT, Kind.DENIAL}
_LEAVES_NOTHING = _NEGATES | {Kind.NOTHING}
_BEGINS_QUESTION = frozenset({Kind.VERB, Kind.PRAISE, Kind.BREAK})

_Unit = Unit[Kind]


class RefusalReader:
    """Reads which values of a text are refused, in one language."""

    def __init__(self, words: AnswerWords, spellings: Spellings) -> None:
        refusals, grammar = words.refusals, words.grammar
        self._table = PhraseTable(
            {
                Kind.SMALL: grammar.small,
                Kind.VERB: grammar.verbs,
                Kind.SUBJECT: grammar.subjects,
                Kind.FILLER: words.fillers,
                Kind.PRAISE: refusals.praise,
                Kind.ANY: refusals.any_words,
                Kind.NOTHING: refusals.nothing_words,
                Kind.OWNER: refusals.owners,
                Kind.LINK: refusals.links,
                Kind.BREAK: refusals.breaks,
                Kind.BARRING: refusals.barring,
                Kind.NOT: refusals.negators,
                Kind.DETERMINER: refusals.determiners,
                Kind.DENIAL: refusals.denials,
                Kind.FACT: refusals.facts,
                Kind.PREFERENCE: refusals.preferences,
                Kind.THAN: refusals.than_words,
                Kind.REJECTION: refusals.rejections,
                Kind.EXCEPTION: refusals.exceptions,
                Kind.SUBSTITUTION: refusals.substitutions,
                Kind.VERDICT: refusals.verdicts,
                Kind.HARMLESS: refusals.harmless,
            },
            spellings,
            unknown=Kind.CONTENT,
            mark=Kind.MARK,
        )
        self._spellings = spellings
        self._clues = self._table.longest_words(_REFUSES)
        self._clauses = lru_cache(maxsize=8)(self._read)

    def is_refused(self, text: str, start: int, end: int) -> bool:
        """Whether the words around the value `[start, end)` refuse it."""
        read = self._clauses(text)
        if read is None:
            return False
        units, starts, ends = read
        before = units[max(0, bisect_right(ends, start) - _REACH) : bisect_right(ends, start)]
        after = units[bisect_left(starts, end) : bisect_left(starts, end) + _REACH]
        value = text[start:end]
        return _Surroundings(before, after, value).refuse()

    def is_mere_refusal(self, text: str, values: Sequence[tuple[int, int]]) -> bool:
        """Whether a text says nothing but that some values are refused: `I don't want Paris`."""
        read = self._clauses(text)
        return read is not None and all(
            unit.kind not in _UNKNOWN or any(start <= unit.start and unit.end <= end for start, end in values)
            for unit in read[0]
        )

    def _read(self, text: str) -> tuple[list[_Unit], list[int], list[int]] | None:
        """Return the units of a text with their starts and ends; None if nothing in it refuses anything."""
        if self._clues.isdisjoint([word.text for word in self._spellings.read(text)]):
            return None
        units = self._table.units(text)
        return units, [unit.start for unit in units], [unit.end for unit in units]


class _Surroundings:
    """The units before and after one value."""

    def __init__(self, before: Sequence[_Unit], after: Sequence[_Unit], value: str) -> None:
        self.before, self.after = before, after
        self.is_name = value[:1].isupper() or any(sign.isdigit() for sign in value)
        self.asks = self._is_question()
        self.is_refused_after = not self.asks and self._refused_after()
        self.is_praised = not self.is_refused_after and self._is_praised()

    def refuse(self) -> bool:
        """Whether the units refuse the value."""
        return self.is_refused_after or self._refused_before()

    def _refused_before(self) -> bool:
        """Walk back through the clause to what refuses the value, over function words and other values of its list."""
        room, seen, has_verb = 0, 0, False
        for place in range(len(self.before) - 1, -1, -1):
            unit = self.before[place]
            if unit.kind in _REFUSES_NEXT:
                return self._is_refusing(place, missed=seen - room, has_verb=has_verb)
            if unit.kind in _FUNCTION_WORDS:
                has_verb = has_verb or unit.kind in _VERBAL
            elif unit.kind in _UNKNOWN:
                seen += 1
            elif self._continues_list(unit, place, has_verb=has_verb):
                room += _ROOM_PER_LINK
            else:
                return False
            if seen > room + _ROOM_AFTER_REJECTION:
                return False
        return False

    def _is_refusing(self, place: int, *, missed: int, has_verb: bool) -> bool:
        """Whether the refusing phrase at a place reaches the value, over `missed` unknown words."""
        kind = self.before[place].kind
        if kind is Kind.BARRING:
            return missed <= 0 and self._is_exception(place, has_verb=has_verb)
        if kind is Kind.DETERMINER:
            return missed <= 0 and self._is_determiner(place)
        if kind is Kind.FACT:
            return missed <= 0 and not has_verb
        if kind is Kind.EXCEPTION and any(
            one.kind in _LEAVES_NOTHING for one in self.before[max(0, place - 3) : place]
        ):
            return False  # `nothing except Paris`
        if kind is Kind.THAN:
            return self._is_less_preferred(place)
        is_question = kind in _NEGATES and (self.asks or self._is_inverted(place))
        return missed <= (_ROOM_AFTER_REJECTION if kind is Kind.REJECTION else 0) and not is_question

    def _continues_list(self, joint: _Unit, place: int, *, has_verb: bool) -> bool:
        """Whether a joint before the value belongs to a list: `not Monday, Tuesday or Friday`."""
        if has_verb or self.is_praised:
            return False
        if joint.kind is Kind.LINK or joint.text in _LIST_SIGNS:
            return True
        if joint.text not in _COMMAS or (place and self.before[place - 1].kind in _NEGATES):
            return False
        follows = self.after[0].kind if self.after else Kind.MARK
        if follows is Kind.LINK or any(unit.kind is Kind.LINK for unit in self.before[place:]):
            return True
        clause = self.before[:place]
        is_exception = any(unit.kind in (Kind.EXCEPTION, Kind.BARRING) for unit in clause)
        return is_exception and follows is Kind.MARK

    def _is_exception(self, place: int, *, has_verb: bool) -> bool:
        """Whether the `but` at a place follows a word such as `any`: `any day but Sunday`."""
        if has_verb:
            return False
        for distance, unit in enumerate(reversed(self.before[:place])):
            if unit.kind in (Kind.MARK, Kind.NOTHING, Kind.BREAK) or distance > _ROOM_BEFORE_BARRING:
                return False
            if unit.kind is Kind.ANY:  # `I don't want anything but Paris` wants Paris
                is_negated = any(one.kind in _NEGATES for one in self.before[: place - distance - 1])
                return not is_negated and (distance <= 1 or not self.is_praised)
        return False

    def _is_less_preferred(self, place: int) -> bool:
        """Whether the value is what something else is preferred to: `rather Rome than Paris`."""
        clause: list[Kind] = []
        for unit in reversed(self.before[:place]):
            if unit.kind is Kind.MARK:
                return False
            if unit.kind is Kind.PREFERENCE:
                return Kind.CONTENT in clause
            clause.append(unit.kind)
        return False

    def _is_question(self) -> bool:
        """Whether the value stands in a question, whose negator refuses nothing: `isn't Monday possible?`."""
        end = next((unit.text for unit in self.after if unit.kind is Kind.MARK), "")
        if end not in _QUESTION_MARKS or not end:
            return False
        marks = (place + 1 for place in range(len(self.before) - 1, -1, -1) if self.before[place].kind is Kind.MARK)
        clause = self.before[next(marks, 0) :]
        kinds = [unit.kind for unit in clause if unit.kind is not Kind.NOT]
        return bool(kinds) and kinds[0] in _BEGINS_QUESTION

    def _is_inverted(self, place: int) -> bool:
        """Whether a negator is part of a question: `don't you fly to Paris?`."""
        follows = self.before[place + 1].kind if place + 1 < len(self.before) else None
        comes_after = self.before[place - 1].kind if place else Kind.MARK
        return follows is Kind.SUBJECT and comes_after is Kind.VERB

    def _is_determiner(self, place: int) -> bool:
        """Whether a `no` belongs to the value (`with no onions`) rather than correcting another (`no Rome`)."""
        comes_after = self.before[place - 1].kind if place else Kind.MARK
        if not self.is_name:
            return True
        if comes_after in (Kind.MARK, Kind.CONTENT, Kind.FILLER):
            return bool(self.after) and self.after[0].kind is Kind.FILLER
        return True

    def _is_praised(self) -> bool:
        """Whether a predicate that is not negated follows: `Sunday is fine`."""
        for unit in self.after:
            if unit.kind is Kind.PRAISE:
                return True
            if unit.kind not in _FUNCTION_WORDS:
                return False
        return False

    def _refused_after(self) -> bool:
        """Walk forward to a negator that ends the clause, over function words: `Monday does not work for me`."""
        if self._is_owned():
            return False
        is_negated, room, has_verb = False, 0, False
        for place, unit in enumerate(self.after):
            is_link = unit.kind is Kind.LINK or unit.text in _LIST_SIGNS
            if unit.kind is Kind.VERDICT:
                return True
            if unit.kind in _NEGATES:
                is_negated = True
            elif is_link and not is_negated and not has_verb:
                room += _ROOM_PER_LINK
            elif unit.kind in _ENDS_CLAUSE:
                if place or unit.text not in _ASKS_OR_LISTS:
                    return is_negated
            elif self._continues_clause(place, is_negated=is_negated):
                has_verb = has_verb or unit.kind in _VERBAL
            elif room and not is_negated and not has_verb and unit.kind in _UNKNOWN:
                room -= 1
            else:
                return False
        return is_negated

    def _continues_clause(self, place: int, *, is_negated: bool) -> bool:
        """Whether a function word after the value goes on with its clause, unlike `Paris and it does not work`."""
        unit = self.after[place]
        begins_clause = unit.kind in _VERBAL and place > 0 and self.after[place - 1].kind is Kind.LINK
        return (unit.kind in _FUNCTION_WORDS or unit.kind is Kind.PREFERENCE) and (is_negated or not begins_clause)

    def _is_owned(self) -> bool:
        """Whether the value names something of the customer's: `my order 12 does not work`."""
        return any(unit.kind is Kind.OWNER for unit in self.before[-3:])
