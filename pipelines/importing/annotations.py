"""Annotations as tables hold them: marks in the text, lists of spans, a tag per word.

I live in [Oslo](city)              a mark, as Rasa writes it; also [Oslo](city:origin) and
I live in [Oslo]{"entity": "city"}  the same with more fields
I live in [city : Oslo]             a mark of the MASSIVE data set
[{"start": 10, "end": 14, "type": "city", "value": "Oslo"}]   or begin and name, entity, label ...
[[10, 14, "city"]]                  as spaCy writes it
{"city": "Oslo"}                    values by type
O O O B-city                        a tag per word
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.botfile.spans import is_same_value
from pipelines.importing.table import Cell

_MARK = re.compile(
    r"\[(?P<words>[^\[\]]+)\](?:\((?P<name>[^\W\d][\w.-]*)(?::(?!//)(?P<more>[^()]+))?\)|(?P<fields>\{[^{}]*\}))"
    r"|\[(?P<name_before>[^\W\d][\w.-]*) : (?P<words_after>[^\[\]]+)\]"
)
_START = ("start", "begin", "from", "start_offset", "startpos", "start_pos", "offset", "startindex", "start_char")
_END = ("end", "to", "end_offset", "endindex", "end_char", "stop")
_LAST = ("endpos", "end_pos")
"""The last character itself, not the place behind it."""
_TYPE = ("type", "name", "entity", "label", "category", "entity_type", "entity_group", "tag", "slot")
_WORDS = ("text", "word", "words", "surface", "body")
_TAG = re.compile(r"O|[BIESLU]-[\w.-]+")
_TRIPLE = 3


@dataclass(frozen=True)
class Mark:
    """A value in a text: characters `[start, end)`; `value` is its canonical form if it is another."""

    start: int
    end: int
    type: str
    value: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class Marked:
    """A text without its marks, and what they marked.

    Attributes
    ----------
    problems
        What cannot be read, a sentence each.
    missing
        Values that are not where they should be, nor anywhere else in the text.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def read_marks(text: str) -> Marked:
    """Take the marks out of a text.

    What stands behind a colon, `[NYC](city:New York)`, becomes the role; `build` decides whether it is a value instead.
    """
    if "[" not in text:
        return Marked(text)
    parts: list[str] = []
    marks, problems, position, length = [], [], 0, 0
    for found in _MARK.finditer(text):
        words = found["words"] or found["words_after"]
        before = text[position : found.start()]
        length += len(before)
        parts += [before, words]
        mark = _mark_of(found, start=length, words=words)
        if mark is None:
            problems.append(f"the mark {found.group()!r} names no entity; write [{words}](entity)")
        else:
            marks.append(mark)
        length += len(words)
        position = found.end()
    return Marked("".join([*parts, text[position:]]), tuple(marks), tuple(problems))


def read_spans(cell: Cell, text: str) -> Marked:
    """Read a cell of annotations about a text.

    A span whose offsets do not hold its value is placed where the value stands.
    """
    if cell in (None, ""):
        return Marked(text)
    loaded = _loaded(cell)
    if loaded is None:
        return _tagged(text, cell.split() if isinstance(cell, str) else [])
    marks: list[Mark] = []
    problems, missing = [], []
    for entry in _entries(loaded):
        given = _given(entry)
        if isinstance(given, str):
            problems.append(given)
            continue
        mark = _placed(given, text, taken=marks)
        if mark is None:
            missing.append(f"{given.type} {given.words!r}" if given.words else f"{given.type} at {given.start}")
        else:
            marks.append(mark)
    return Marked(text, tuple(sorted(marks, key=lambda mark: mark.start)), tuple(problems), tuple(missing))


def are_spans(cell: Cell, text: str) -> bool:
    """Whether a cell holds annotations of a text, as far as its form tells."""
    loaded = _loaded(cell)
    if loaded is None:
        tags = cell.split() if isinstance(cell, str) else []
        return bool(tags) and len(tags) == len(text.split()) and all(map(_TAG.fullmatch, tags))
    return isinstance(loaded, dict) or all(isinstance(entry, dict | list | tuple) for entry in loaded)


def find_words(text: str, words: str, *, taken: list[Mark]) -> tuple[int, int] | None:
    """Return where words stand in a text, outside of what is marked: whole words rather than parts of them."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    for form in (rf"(?<!\w){pattern}(?!\w)", pattern):
        for found in re.finditer(form, text, re.IGNORECASE) if pattern else ():
            if all(found.end() <= mark.start or mark.end <= found.start() for mark in taken):
                return found.span()
    return None


def _mark_of(found: re.Match[str], *, start: int, words: str) -> Mark | None:
    end = start + len(words)
    if found["fields"] is None:
        return Mark(start, end, found["name"] or found["name_before"], role=found["more"])
    fields = _loaded(found["fields"])
    if not isinstance(fields, dict) or not isinstance(fields.get("entity"), str):
        return None
    value, role = fields.get("value"), fields.get("role")
    return Mark(start, end, fields["entity"], None if value is None else str(value), role and str(role))


def _loaded(cell: Cell) -> Any:
    """Return the list or object that a cell holds, as JSON or as Python writes it; None if it holds none."""
    if isinstance(cell, list | dict):
        return cell
    if not isinstance(cell, str) or cell.strip()[:1] not in ("[", "{", "("):
        return None
    for load in (json.loads, ast.literal_eval):
        try:
            loaded = load(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return list(loaded) if isinstance(loaded, tuple) else loaded if isinstance(loaded, list | dict) else None
    return None


def _entries(loaded: Any) -> Iterator[Any]:
    """Yield the annotations: of an array, of an object around one, or one per type of an object of values."""
    if isinstance(loaded, list):
        yield from loaded
        return
    lower = {str(name).lower() for name in loaded}
    if isinstance(loaded.get("entities"), list):
        yield from loaded["entities"]
    elif lower & set(_TYPE) and lower & {*_START, *_WORDS, "value"}:
        yield loaded
    else:
        for name, values in loaded.items():
            for value in values if isinstance(values, list) else [values]:
                if value not in (None, ""):
                    yield {"type": name, "text": value}


@dataclass(frozen=True)
class _Given:
    """An annotation as a list holds it; None for what it leaves out.

    `words` is what the text should hold, as far as it says so, and `value` their canonical form.
    """

    type: str
    start: int | None
    end: int | None
    words: str
    value: str | None
    role: str | None


def _given(entry: Any) -> _Given | str:
    """Read an annotation, or say what is wrong with it."""
    if isinstance(entry, list | tuple) and len(entry) == _TRIPLE:
        start, end, name = entry if isinstance(entry[0], int) else (*entry[1:], entry[0])
        entry = {"start": start, "end": end, "type": name}
    if not isinstance(entry, dict):
        return f'{entry!r} is no annotation; write {{"start": 0, "end": 4, "type": "city"}}'
    fields = {str(name).lower(): value for name, value in entry.items()}
    name = _first(fields, _TYPE)
    if not isinstance(name, str) or not name.strip():
        return f"{entry!r} names no type of entity; add a field `type`"
    start, end, last = (_number(_first(fields, names)) for names in (_START, _END, _LAST))
    if end is None and start is not None:
        end = last + 1 if last is not None else start + (_number(fields.get("length")) or 0)
    value, role = fields.get("value"), fields.get("role")
    canonical = None if value is None or isinstance(value, list | dict) else str(value)
    words = _first(fields, _WORDS)
    if words is None and start is None and canonical is None:
        return f"{entry!r} names no place; add `start` and `end`, or the words as `value`"
    return _Given(name.strip(), start, end, "" if words is None else str(words), canonical, role and str(role))


def _placed(given: _Given, text: str, *, taken: list[Mark]) -> Mark | None:
    """Return the mark of an annotation: at its offsets, else where its words stand; None if they stand nowhere."""
    words = given.words or given.value or ""
    place = None
    if given.start is not None and given.end is not None and 0 <= given.start < given.end <= len(text):
        place = (given.start, given.end)
    if place is None or (words and not is_same_value(text[slice(*place)], words)):
        found = find_words(text, words, taken=taken)
        # words that stand nowhere may be what the marked ones mean, unless the row says that they are in the text
        place = found or (None if given.words else place)
    return Mark(*place, given.type, given.value, given.role) if place else None


def _tagged(text: str, tags: list[str]) -> Marked:
    """Read a tag per word: `B-city I-city O`."""
    words = list(re.finditer(r"\S+", text))
    if len(words) != len(tags):
        return Marked(text, (), (f"there are {len(tags)} tags for {len(words)} words; give one to each word",))
    marks: list[Mark] = []
    for word, tag in zip(words, tags, strict=True):
        sign, _, name = tag.partition("-")
        is_continued = sign in ("I", "E", "L") and marks and marks[-1].type == name
        if is_continued and text[marks[-1].end : word.start()].isspace():
            marks[-1] = Mark(marks[-1].start, word.end(), name)
        elif name:
            marks.append(Mark(word.start(), word.end(), name))
    return Marked(text, tuple(marks))


def _first(fields: dict[str, Any], names: Any) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _number(value: Any) -> int | None:
    try:
        return None if value is None or isinstance(value, bool) else int(float(value))
    except (TypeError, ValueError):
        return None
