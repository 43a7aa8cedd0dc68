"""Reading an answer to a yes-or-no question."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from serving.dialogue.answers.phrasing import PhraseTable, Spellings, Unit, fold
from serving.dialogue.answers.words.tables import SIGNS, AnswerWords

MAX_ANSWER_CHARACTERS = 400
"""The rest of a longer text says more than yes or no."""


@dataclass(frozen=True)
class YesNo:
    """An answer to a yes-or-no question.

    Attributes
    ----------
    is_yes
        None if it is neither, or contradicts itself.
    n_more_words
        Words after it, fillers aside.
    is_qualified
        Whether it cannot be taken at face value: a `but` follows, or it is uncertain, withdrawn or itself a question.
    is_contradictory
        Whether it begins with a yes and takes it back: `yes, no`.
    """

    is_yes: bool | None
    n_more_words: int = 0
    is_qualified: bool = False
    is_contradictory: bool = False

    @property
    def begins_with_yes(self) -> bool:
        """Whether a yes comes first, even one that is taken back."""
        return self.is_yes is True or self.is_contradictory


class Kind(Enum):
    """What a phrase contributes to an answer; `AnswerWords` describes each."""

    MARK = auto()
    CONTENT = auto()
    FILLER = auto()
    SMALL = auto()
    VERB = auto()
    SUBJECT = auto()
    HEDGE = auto()
    AFTERTHOUGHT = auto()
    BUT = auto()
    NEUTRAL = auto()
    UNSURE = auto()
    NEITHER = auto()
    ELLIPSIS = auto()
    YES = auto()
    ASSENT = auto()
    EMPHATIC = auto()
    NO = auto()
    NOT = auto()
    WRONG = auto()


_FUNCTION_WORDS = frozenset({Kind.SMALL, Kind.VERB, Kind.SUBJECT, Kind.ELLIPSIS})
_AGREES = frozenset({Kind.YES, Kind.ASSENT, Kind.EMPHATIC})
_DENIES = frozenset({Kind.NO, Kind.NOT, Kind.WRONG})
_DOUBTS = _DENIES | {Kind.UNSURE, Kind.NEITHER, Kind.AFTERTHOUGHT, Kind.BUT, Kind.HEDGE}
_WITHOUT_CONTENT = _AGREES | _DENIES | {Kind.MARK, Kind.FILLER, Kind.HEDGE, Kind.NEUTRAL, Kind.UNSURE, Kind.NEITHER}
_MAY_LEAD = frozenset({Kind.MARK, Kind.FILLER, Kind.SUBJECT, Kind.AFTERTHOUGHT})
_ENDS_ELLIPSIS = frozenset({Kind.MARK, Kind.FILLER, Kind.AFTERTHOUGHT})

_Unit = Unit[Kind]


class YesNoReader:
    """Reads answers to yes-or-no questions in one language.

    The first word that agrees or denies decides, but a negator turns agreement into its opposite (`of course not`), and
    a yes and a no together are neither. Set phrases (`no doubt`) count as a whole.
    """

    def __init__(self, words: AnswerWords, spellings: Spellings) -> None:
        grammar = words.grammar
        signs = {wanted: [sign for sign, is_yes in SIGNS.items() if is_yes is wanted] for wanted in (True, False, None)}
        self._table = PhraseTable(
            {
                Kind.SMALL: (*words.refusals.praise, *grammar.small),
                Kind.VERB: grammar.verbs,
                Kind.SUBJECT: grammar.subjects,
                Kind.AFTERTHOUGHT: words.afterthoughts,
                Kind.FILLER: words.fillers,
                Kind.BUT: words.but,
                Kind.HEDGE: words.hedges,
                Kind.ELLIPSIS: words.ellipses,
                Kind.EMPHATIC: words.emphatic,
                Kind.ASSENT: words.assent,
                Kind.YES: (*words.yes, *signs[True]),
                Kind.NO: (*words.no, *signs[False]),
                Kind.NOT: words.negators,
                Kind.WRONG: words.wrong,
                Kind.NEUTRAL: words.neutral,
                Kind.NEITHER: words.neither,
                Kind.UNSURE: (*words.unsure, *signs[None]),
            },
            spellings,
            unknown=Kind.CONTENT,
            mark=Kind.MARK,
        )
        self._units = lru_cache(maxsize=8)(self._table.units)  # one message is read several times
        self._stops = frozenset(map(fold, words.stops))
        self._negators = frozenset(map(fold, (*words.negators, *words.no)))
        self._questions = frozenset(word for phrase in words.but for word in fold(phrase).split())
        self._wishes = frozenset(map(fold, grammar.wishes))

    def read(self, text: str) -> YesNo:
        """Read a text as a yes or no."""
        units = self._units(text[:MAX_ANSWER_CHARACTERS])
        place = self._first_decisive(units)
        if place is None:
            return YesNo(None, is_qualified=any(unit.kind in (Kind.UNSURE, Kind.NEITHER) for unit in units))
        unit, begins = units[place], _clause_start(units, place)
        light = [one for one in units[begins:place] if one.kind in _FUNCTION_WORDS]
        hedged = any(one.kind is Kind.HEDGE for one in units[:place])
        if unit.kind in _DENIES:
            return self._read_no(units, place, light=light, is_hedged=hedged)
        if light and unit.kind is not Kind.ELLIPSIS and (unit.kind is not Kind.YES or light[0].kind is Kind.VERB):
            turned = self._read_yes(units, place, is_hedged=hedged)  # `is that right?` is no answer
            return turned if turned.is_yes is False else YesNo(None)
        return self._read_yes(units, place, is_hedged=hedged)

    def is_bare(self, text: str) -> bool:
        """Whether the whole text is a yes, a no or neither: an answer, and no request of its own, as `stop` is."""
        if len(text) > MAX_ANSWER_CHARACTERS:
            return False
        units = self._units(text)
        if any(unit.text in self._stops for unit in units):
            return False
        kinds = {unit.kind for unit in units}
        kinds -= {Kind.ELLIPSIS} if self._first_decisive(units) is not None else set()
        return kinds <= _WITHOUT_CONTENT and not kinds <= {Kind.MARK, Kind.FILLER}

    def is_stop(self, text: str) -> bool:
        """Whether the whole text ends what is under way: `never mind`."""
        said = [unit for unit in self._units(text[:MAX_ANSWER_CHARACTERS]) if unit.kind not in _ENDS_ELLIPSIS]
        return bool(said) and all(unit.text in self._stops for unit in said)

    def is_unsure(self, text: str) -> bool:
        """Whether a text begins by saying that the customer does not know or care; `never mind` stops instead."""
        units = self._units(text[:MAX_ANSWER_CHARACTERS])
        first = next((unit for unit in units if unit.kind not in _MAY_LEAD), None)
        return first is not None and first.kind is Kind.UNSURE and first.text not in self._stops

    def _first_decisive(self, units: Sequence[_Unit]) -> int | None:
        """Return the place of the first unit that agrees or denies; None if other words or doubts come before it."""
        for place, unit in enumerate(units):
            if unit.kind in _AGREES or unit.kind in _DENIES:
                return place
            if unit.kind is Kind.ELLIPSIS and all(one.kind in _ENDS_ELLIPSIS for one in units[place + 1 : place + 2]):
                return place
            if unit.kind in (Kind.CONTENT, Kind.BUT, Kind.UNSURE, Kind.NEITHER):
                return None
        return None

    def _read_yes(self, units: Sequence[_Unit], place: int, *, is_hedged: bool) -> YesNo:
        """Read what follows a word of agreement, which may turn it into a no."""
        first, is_same_clause = units[place], True
        for after, unit in enumerate(units[place + 1 :], start=place + 1):
            if unit.kind is Kind.MARK:
                if _is_question(unit):
                    break
                is_same_clause = False
            elif unit.kind in _DENIES:
                return self._read_turn(units, place, after, is_same_clause=is_same_clause)
            elif unit.kind in (Kind.UNSURE, Kind.NEITHER):
                return YesNo(None, is_qualified=True)
            elif unit.kind in (Kind.CONTENT, Kind.BUT):
                break
        rest = units[place + 1 :]
        if (first.kind is not Kind.YES and self._is_asked_back(first, units, rest)) or self._is_denied_later(
            first, rest
        ):
            return YesNo(None, is_qualified=True)
        is_qualified = is_hedged or any(one.kind in _DOUBTS for one in rest) or self._asks(units)
        return YesNo(True, _n_words(rest), is_qualified)

    def _is_asked_back(self, first: _Unit, units: Sequence[_Unit], rest: Sequence[_Unit]) -> bool:
        """Whether agreement is only the beginning of a question: `sure?`, `why not in red?`."""
        follows = rest[0] if rest else None
        is_bare_question = follows is not None and _is_question(follows) and self._asks(units)
        begins_question = not self._questions.isdisjoint(first.text.split())
        return is_bare_question or (begins_question and follows is not None and follows.kind is Kind.CONTENT)

    def _read_turn(self, units: Sequence[_Unit], place: int, after: int, *, is_same_clause: bool) -> YesNo:
        """Read agreement (at `place`) that meets a denial (at `after`): `of course not`, `yes, no onions`."""
        first, denial, rest = units[place], units[after], units[after + 1 :]
        is_about_content = bool(rest) and rest[0].kind is Kind.CONTENT
        if first.kind is Kind.EMPHATIC and is_same_clause and (denial.kind is Kind.NOT or not is_about_content):
            return YesNo(False, _n_words(rest), any(one.kind is Kind.BUT for one in rest))
        if first.kind is Kind.YES:
            is_extra = is_about_content and denial.kind is Kind.NO
            is_yes = True if is_extra else None
            return YesNo(is_yes, _n_words(units[place + 1 :]), is_qualified=True, is_contradictory=not is_extra)
        if is_about_content or any(one.kind is Kind.YES for one in rest):
            return YesNo(None, is_qualified=True)
        is_qualified = first.kind is Kind.ASSENT or any(one.kind in (Kind.BUT, Kind.UNSURE) for one in rest)
        return YesNo(False, _n_words(rest), is_qualified)

    def _is_denied_later(self, first: _Unit, rest: Sequence[_Unit]) -> bool:
        """Whether the agreement is taken back further on: `sure the red one not`, `yes, but not now`."""
        turn = next((place for place, unit in enumerate(rest) if unit.kind is Kind.BUT or _is_question(unit)), None)
        if turn is not None and any(unit.kind in _DENIES for unit in rest[turn:]):
            return True
        end = next((place for place, unit in enumerate(rest) if unit.kind is Kind.MARK), len(rest))
        return first.kind is not Kind.YES and any(unit.kind in _DENIES for unit in rest[:end])

    def _read_no(self, units: Sequence[_Unit], place: int, *, light: Sequence[_Unit], is_hedged: bool) -> YesNo:
        """Read what follows a word of denial, which may be part of a statement or a question."""
        denial, rest = units[place], units[place + 1 :]
        following = rest[0].kind if rest else Kind.MARK
        is_double = denial.kind is Kind.NOT and following in (Kind.WRONG, Kind.NO)
        asks = following is Kind.SUBJECT and ((bool(light) and light[-1].kind is Kind.VERB) or denial.n_words > 1)
        asks = asks or self._is_negated_question(units, place)
        if is_double or asks or (light and self._is_statement(units[place:])):
            return YesNo(None)
        if following is Kind.YES and rest[0].n_words > 1 and denial.text.split()[-1] in self._negators:
            rest = rest[1:]  # `don't do it`
        for unit in rest:
            if unit.kind is Kind.CONTENT:
                break
            is_negative = unit.kind is Kind.ASSENT and not self._negators.isdisjoint(unit.text.split())
            is_polite = unit.text in SIGNS and denial.text not in SIGNS  # a thumb below a no
            if (unit.kind in (Kind.YES, Kind.UNSURE, Kind.NEITHER) or is_negative) and not is_polite:
                return YesNo(None, is_qualified=True)
        is_qualified = is_hedged or self._asks(units) or any(one.kind is Kind.BUT for one in rest)
        return YesNo(False, _n_words(rest), is_qualified)

    def _is_negated_question(self, units: Sequence[_Unit], place: int) -> bool:
        """Whether a denial stands in a question of some words: `isn't that too much?`, but not `no?`."""
        end = next((after for after in range(place, len(units)) if units[after].kind is Kind.MARK), None)
        if end is None or not _is_question(units[end]):
            return False
        return any(unit.kind in (Kind.VERB, Kind.SUBJECT) for unit in units[_clause_start(units, place) : end])

    def _is_statement(self, units: Sequence[_Unit]) -> bool:
        """Whether a negated sentence says something else than no: `I do not see the price`."""
        end = next((place for place, unit in enumerate(units) if unit.kind is Kind.MARK), len(units))
        clause = units[:end]
        has_content = any(unit.kind is Kind.CONTENT for unit in clause)
        return has_content and not any(unit.text in self._wishes for unit in clause)

    def _asks(self, units: Sequence[_Unit]) -> bool:
        """Whether a text is a question in itself; `why not?` is a yes."""
        return any(
            _is_question(unit) and (not place or self._questions.isdisjoint(units[place - 1].text.split()))
            for place, unit in enumerate(units)
        )


def _is_question(unit: _Unit) -> bool:
    return unit.kind is Kind.MARK and unit.text in "?\uff1f\u061f"


def _clause_start(units: Sequence[_Unit], place: int) -> int:
    return next((before + 1 for before in range(place - 1, -1, -1) if units[before].kind is Kind.MARK), 0)


def _n_words(units: Sequence[_Unit]) -> int:
    return sum(unit.n_words for unit in units if unit.kind is not Kind.FILLER and unit.text not in SIGNS)
