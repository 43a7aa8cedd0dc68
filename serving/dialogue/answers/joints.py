"""How the text between two values joins them: as alternatives, as an addition or as the ends of a range."""

import re
from enum import Enum, auto

from serving.dialogue.answers.phrasing import PhraseTable, Spellings
from serving.dialogue.answers.words.tables import JointWords

_BEFORE_CHARS = 40
"""How far before the first value the `between` of `between 7 and 8` may begin."""


class Joint(Enum):
    """How the text between two values joins them."""

    NONE = "none"
    ALTERNATIVE = "alternative"
    """Either one: `Paris or Rome`."""
    ADDITION = "addition"
    """Both: `Paris and Rome`."""
    RANGE = "range"
    """From one to the other: `3-5`, `between 7 and 8`."""


class _Kind(Enum):
    OTHER = auto()
    MARK = auto()
    SMALL = auto()
    BETWEEN = auto()
    RANGE = auto()
    ADDITION = auto()
    ALTERNATIVE = auto()


_SIGNS = {
    **dict.fromkeys(",\u3001\uff0c\u060c;\uff1b\u061b&+", _Kind.ADDITION),
    **dict.fromkeys("-\u2013\u2014~\u301c\uff5e\u2192", _Kind.RANGE),
    **dict.fromkeys("/|\uff0f", _Kind.ALTERNATIVE),
}
_ABBREVIATED = re.compile(r"(?<=\w)\.")
_DOTS = ("..", "...", "\u2026")


class JointReader:
    """Reads what joins two values, in one language."""

    def __init__(self, words: JointWords, spellings: Spellings) -> None:
        self._table = PhraseTable(
            {
                _Kind.SMALL: words.small,
                _Kind.BETWEEN: words.between,
                _Kind.RANGE: words.ranges,
                _Kind.ADDITION: words.additions,
                _Kind.ALTERNATIVE: words.alternatives,
            },
            spellings,
            unknown=_Kind.OTHER,
            mark=_Kind.MARK,
        )

    def joint(self, between: str, before: str = "") -> Joint:
        """Return how the text between two values joins them; `before` is the text before the first one.

        `and` joins the ends of a range after `between`. A text that says more than a joint is none.
        """
        signs = {
            _SIGNS.get(sign) for sign in _ABBREVIATED.sub("", between) if not sign.isalnum() and not sign.isspace()
        }
        if between.strip() in _DOTS:
            return Joint.RANGE
        units = self._table.units(between)
        kinds: set[_Kind] = {unit.kind for unit in units} - {_Kind.MARK, _Kind.SMALL}
        if _Kind.OTHER in kinds or None in signs:
            return Joint.NONE
        kinds |= {sign for sign in signs if sign is not None}
        if _Kind.ALTERNATIVE in kinds:
            return Joint.ALTERNATIVE
        if _Kind.ADDITION in kinds:
            return Joint.RANGE if self._follows_between(before) and not signs else Joint.ADDITION
        return Joint.RANGE if _Kind.RANGE in kinds else Joint.NONE

    def _follows_between(self, before: str) -> bool:
        units = self._table.units(before[-_BEFORE_CHARS:])
        for unit in reversed(units):
            if unit.kind is _Kind.BETWEEN:
                return True
            if unit.kind is not _Kind.SMALL:
                return False
        return False
