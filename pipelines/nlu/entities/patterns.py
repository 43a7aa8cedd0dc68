r"""Entities defined by a regular expression: order numbers, postcodes, licence plates.

The engine is RE2, which takes linear time, so that no pattern and no message can block a worker (Python's own `re`
needs hours for `(a+)+b` on forty letters). It supports neither look-around nor back-references. Each pattern may use
one megabyte; beyond that, RE2 falls back to a slower, still linear, matcher.
"""

from collections.abc import Iterable, Iterator

import re2

from pipelines.nlu.entities.forms import PlainText
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.system.boundaries import UNSPACED_SCRIPTS, stands_alone
from pipelines.nlu.text import clean
from pipelines.schemas.bot import Entity
from pipelines.schemas.parameter import why_unreadable
from pipelines.schemas.understanding import EntitySpan

MAX_PATTERN_LENGTH = 1000
MAX_SPANS = 50
"""Values of one type in one text; finding all of an endless list would be quadratic even with a linear matcher."""
VALUE_GROUP = "value"
"""A group of this name is the value; the rest of the pattern is only context."""

_MEMORY_BYTES = 1 << 20
_MATCH_GROUP = 1
# RE2's `\b` knows ASCII only; it serves values that begin or end with punctuation, such as `#12` in `order#12`.
_BOUNDARY = rf"[^\pL\pN\pM{UNSPACED_SCRIPTS}]|[{UNSPACED_SCRIPTS}]|\b"


class PatternEntities:
    """Finds the values of all entities of a bot that have a `pattern`; an invalid one raises ValueError.

    A match counts only if it cuts no word in two. A pattern that matches nothing in the text as written is tried on it
    with plain hyphens, apostrophes and blanks, usual width and composed letters; that is its value then. Case is
    ignored unless the pattern begins with `(?-i)`. `known` holds the canonical forms of an entity that lists values
    besides its pattern.
    """

    def __init__(self, entities: Iterable[Entity], *, known: KnownValues | None = None) -> None:
        self._known = known
        self._patterns: list[tuple[str, re2._Regexp]] = []
        for entity in entities:
            if entity.pattern is None:
                continue
            problem = check_pattern(entity.pattern)
            if problem:
                raise ValueError(f"entity {entity.name!r}: {problem}")
            self._patterns.append((entity.name, _compile_between_words(entity.pattern)))

    def find(self, text: str) -> list[EntitySpan]:
        """Find all values, ordered by type and start; values of one type never overlap."""
        if not self._patterns:
            return []
        readable = clean(text)
        plain = None if readable.isascii() else PlainText.of(readable)
        found = []
        for entity_type, pattern in self._patterns:
            written = [(start, end, readable[start:end]) for start, end in _matches(pattern, readable)]
            if not written and plain is not None:
                written = [(*plain.place(*match), plain.text[slice(*match)]) for match in _matches(pattern, plain.text)]
            found += [self._span(entity_type, *one) for one in written]
        return found

    def _span(self, entity_type: str, start: int, end: int, written: str) -> EntitySpan:
        value = self._known.canonical(entity_type, written) if self._known else written
        return EntitySpan(start=start, end=end, type=entity_type, value=value, source="pattern")


def check_pattern(pattern: str) -> str | None:
    """Return why a pattern cannot be used, in a sentence that ends in the repair; None for a valid pattern."""
    shown = repr(pattern if len(pattern) <= 60 else pattern[:57] + "...")
    if len(pattern) > MAX_PATTERN_LENGTH:
        return f"the pattern {shown} has {len(pattern)} characters; write one of at most {MAX_PATTERN_LENGTH}"
    try:
        compiled = re2.compile(pattern, _options())
        _compile_between_words(pattern)
    except (re2.error, UnicodeEncodeError) as error:
        return f"the pattern {shown} is not a valid RE2 regular expression: {why_unreadable(pattern, error)}"
    if compiled.search("") is not None:
        return f"the pattern {shown} also matches the empty text; require a character, for example `+` instead of `*`"
    return None


def _matches(pattern: "re2._Regexp", text: str) -> Iterator[tuple[int, int]]:
    value_group = pattern.groupindex.get(VALUE_GROUP, _MATCH_GROUP)
    position = 0
    for _ in range(MAX_SPANS):
        match = pattern.search(text, position)
        if match is None:
            return
        start, end = match.span(_MATCH_GROUP)
        if start < end and stands_alone(text, start, end):
            value_start, value_end = match.span(value_group)
            if value_start < value_end:
                yield value_start, value_end
        # the boundary after a value may be the one before the next, so resume at the end of the value itself
        position = max(end, position + 1)


def _compile_between_words(pattern: str) -> "re2._Regexp":
    return re2.compile(f"(?:^|{_BOUNDARY})({pattern})(?:$|{_BOUNDARY})", _options())


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = _MEMORY_BYTES
    options.log_errors = False
    return options
