"""From the rows of a table to texts with a label: marks taken out, annotations placed, oddities noted."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import repeat

from pipelines.errors import DataRejected
from pipelines.importing.annotations import Mark, Marked, find_words, read_marks, read_spans
from pipelines.importing.columns import Columns, split_of
from pipelines.importing.table import Cell, Table, counted, listed, text_of

_BREAKS = re.compile("[\x00-\x1f\x7f\u2028\u2029]+")
"""Ends of lines and what nobody can type: a message is one line."""
_NAME_WORDS = 5
"""Words of a question that name its intent where a file has none."""


@dataclass(frozen=True)
class LabelledText:
    """One row: what was written, what it was labelled, the entities in it, the reply if the file has one."""

    place: str
    label: str
    text: str
    marks: tuple[Mark, ...]
    reply: str
    is_test: bool


class Oddities:
    """What is odd about some rows: a sentence each, with the places."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = defaultdict(list)

    def add(self, what: str, place: str) -> None:
        """Note that something is so at a place."""
        self._places[what].append(place)

    def sentences(self) -> list[str]:
        """Return a sentence for each oddity, with its rows."""
        return [f"{counted(len(places), 'row')} {what}: {listed(places)}" for what, places in self._places.items()]


def read_cells(table: Table, columns: Columns, oddities: Oddities) -> list[LabelledText]:
    """Read each row that has a text and a label; `DataRejected` names each annotation that cannot be read."""
    rows: list[LabelledText] = []
    problems: list[str] = []
    label_by_reply: dict[str, str] = {}
    spans = table.cells(columns.spans)
    values = [
        dict(zip(columns.entities, row, strict=True)) for row in zip(*map(table.texts, columns.entities), strict=True)
    ]
    labels, replies, splits = (
        table.texts(name) if name is not None else repeat("") for name in (columns.intent, columns.reply, columns.split)
    )
    texts = table.cells(columns.text)
    for row, written, label, reply, split, cell, named in zip(
        table.rows, texts, labels, replies, splits, spans, values or repeat({}), strict=False
    ):
        text = written if isinstance(written, str) and text_of(written) else text_of(written)
        if not text:
            if label:
                oddities.add("left out for lack of a text", row.place)
            continue
        marked = _annotated(text, cell, named)
        problems += [f"{row.place}, column {_columns_of(columns)}: {problem}" for problem in marked.problems]
        if columns.intent is None and reply:
            label = label_by_reply.setdefault(reply, " ".join(marked.text.split()[:_NAME_WORDS]))
        if not label:
            oddities.add("left out for lack of an intent; label them, those out of scope as `oos`", row.place)
            continue
        for value in marked.missing:
            oddities.add("with annotations that are not in the text, which were dropped", f"{row.place} ({value})")
        marked, n_dropped = _apart(_in_one_line(marked))
        if n_dropped:
            oddities.add("with annotations that overlap, of which the longest were kept", row.place)
        rows.append(LabelledText(row.place, label, marked.text, marked.marks, reply, split_of(split) == "test"))
    if problems:
        raise DataRejected(table.source, problems)
    return rows


def _annotated(text: str, cell: Cell, named: dict[str, str]) -> Marked:
    """Return a text with its annotations: marks in it, a cell of spans, cells of single entities."""
    inline = read_marks(text)
    listed_spans = read_spans(cell, inline.text)
    marks = [*inline.marks, *listed_spans.marks]
    missing = list(listed_spans.missing)
    for name, words in named.items():
        place = find_words(inline.text, words, taken=marks) if words else None
        if place is not None:
            marks.append(Mark(*place, name))
        elif words:
            missing.append(f"{name} {words!r}")
    problems = (*inline.problems, *listed_spans.problems)
    return Marked(inline.text, tuple(marks), problems, tuple(missing))


def _in_one_line(marked: Marked) -> Marked:
    """Return a text without ends of lines and blanks at its ends, its marks where their words are now."""
    text, shifts = "", []
    position = 0
    for found in _BREAKS.finditer(marked.text):
        text += marked.text[position : found.start()] + " "
        shifts.append((found.end(), len(text) - found.end()))
        position = found.end()
    text += marked.text[position:]
    n_before = len(text) - len(text.lstrip())

    def moved(place: int) -> int:
        return place + next((shift for begin, shift in reversed(shifts) if place >= begin), 0) - n_before

    marks = [replace(mark, start=moved(mark.start), end=moved(mark.end)) for mark in marked.marks]
    return replace(marked, text=text.strip(), marks=tuple(marks))


def _apart(marked: Marked) -> tuple[Marked, int]:
    """Keep the longer of two marks that overlap; return the number dropped too."""
    kept: list[Mark] = []
    for mark in sorted((_trimmed(marked.text, mark) for mark in marked.marks), key=_length, reverse=True):
        if mark.start < mark.end and all(mark.end <= other.start or other.end <= mark.start for other in kept):
            kept.append(mark)
    kept.sort(key=lambda mark: mark.start)
    return replace(marked, marks=tuple(kept)), len(marked.marks) - len(kept)


def _trimmed(text: str, mark: Mark) -> Mark:
    """Return a mark without the blanks at its ends."""
    start, end = max(0, mark.start), min(len(text), mark.end)
    words = text[start:end]
    return replace(mark, start=start + len(words) - len(words.lstrip()), end=end - len(words) + len(words.rstrip()))


def _length(mark: Mark) -> int:
    return mark.end - mark.start


def _columns_of(columns: Columns) -> str:
    return columns.spans if columns.spans is not None else columns.text
