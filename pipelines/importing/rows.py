"""What a table says: labelled texts by intent, texts out of scope, rows for the test set, replies, and notes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Self

from pipelines.errors import DataRejected
from pipelines.importing.cells import LabelledText, Oddities, read_cells
from pipelines.importing.columns import Columns, find_columns
from pipelines.importing.entities import spans_of, types_with_values
from pipelines.importing.labels import name_intents, readable
from pipelines.importing.languages import guess_language
from pipelines.importing.table import Table, counted, listed, text_of
from pipelines.nlu.text import fold_text, has_content
from pipelines.schemas import html
from pipelines.schemas.examples import OUT_OF_SCOPE, Example

SHOWN_ROWS = 3
_CONFLICTS_SHOWN = 5


@dataclass(frozen=True)
class ImportedRows:
    """The rows of a table, read and named.

    Attributes
    ----------
    table
        The table that they were read from.
    columns
        Which of its columns held what.
    examples
        What to learn from, by intent in the order of the table; a text once per intent.
    test
        Rows that the table keeps for testing, out-of-scope ones too.
    out_of_scope
        Texts that no intent should take.
    name_by_id
        What the intents are called where people read it.
    replies
        By intent, as far as the table has any.
    has_spans
        Whether the table annotates entities.
    language
        The tag of the texts' language; None if it is not plain.
    notes
        What was made of the table, a sentence each.
    """

    table: Table
    columns: Columns
    examples: Mapping[str, tuple[Example, ...]]
    test: tuple[Example, ...]
    out_of_scope: tuple[Example, ...]
    name_by_id: Mapping[str, str]
    replies: Mapping[str, str]
    has_spans: bool
    language: str | None
    notes: tuple[str, ...]

    @property
    def n_examples(self) -> int:
        """How many texts there are to learn from."""
        return sum(map(len, self.examples.values()))

    def rows(self) -> Iterator[Example]:
        """Yield the rows to learn from."""
        for rows in self.examples.values():
            yield from rows

    def with_ids(self, id_by_id: Mapping[str, str]) -> Self:
        """Return the rows with other ids for some intents; two that get the same id become one."""
        examples: dict[str, tuple[Example, ...]] = {}
        for old, rows in self.examples.items():
            new = id_by_id.get(old, old)
            examples[new] = (*examples.get(new, ()), *(row.model_copy(update={"intent": new}) for row in rows))
        return replace(
            self,
            examples=examples,
            test=tuple(row.model_copy(update={"intent": id_by_id.get(row.intent, row.intent)}) for row in self.test),
            name_by_id={id_by_id.get(one, one): name for one, name in self.name_by_id.items()},
            replies={id_by_id.get(one, one): reply for one, reply in self.replies.items()},
        )

    def uses(self) -> list[tuple[str, str]]:
        """Return what each column is used for, with its name."""
        columns = self.columns
        used = [
            ("text", columns.text),
            ("intent", columns.intent or f"none; one for each {columns.reply}"),
            ("entities", ", ".join(filter(None, (columns.spans, *columns.entities)))),
            ("reply", columns.reply),
            ("train or test", columns.split),
            ("language", columns.language),
            ("not used", ", ".join(columns.unused)),
        ]
        return [(use, name) for use, name in used if name]

    def size(self) -> str:
        """Count the rows of each kind, in words."""
        entities = Counter(span.type for row in self.rows() for span in row.entities)
        spans = f", {counted(entities.total(), 'annotation')}" if entities else ""
        kept = f"{len(self.out_of_scope):,} out of scope, {len(self.test):,} for testing"
        return f"{counted(self.n_examples, 'example')} of {counted(len(self.examples), 'intent')}{spans}; {kept}"

    def _repr_html_(self) -> str:
        """Render for a notebook: columns, counts, the first rows of each intent, notes."""
        uses = "; ".join(f"{use}: {name}" for use, name in self.uses())
        rows = [
            (intent, f"{len(found):,}", " · ".join(row.text for row in found[:SHOWN_ROWS]))
            for intent, found in self.examples.items()
        ]
        head = (f"{self.table.source}: {self.size()}", self.table.layout, uses)
        table = html.table(("intent", "examples", f"first {SHOWN_ROWS}"), rows)
        return html.block(*map(html.line, head), table, *map(html.line, self.notes))


def import_rows(
    table: Table, *, text_column: str | None = None, intent_column: str | None = None, language: str | None = None
) -> ImportedRows:
    """Read what a table says.

    Parameters
    ----------
    table
        The table, from a file or a data frame.
    text_column, intent_column
        Columns that hold the texts and their intents, by name or by number from 1; None finds out.
    language
        Tag of the texts' language; None guesses it.

    Raises
    ------
    DataRejected
        It is not certain which column is which, an annotation cannot be read, or nothing is left to learn from.
    """
    if not table.rows:
        raise DataRejected(table.source, ["it has names of columns and no rows; write a row for each text"])
    columns = find_columns(table, text=text_column, intent=intent_column)
    oddities = Oddities()
    texts = [text for text in read_cells(table, columns, oddities) if _says_something(text, oddities)]
    names = name_intents(text.label for text in texts)
    rows = _rows(texts, names.id_by_label, source=table.source)
    parts = _parts(rows, oddities)
    if not parts.examples:
        raise DataRejected(table.source, ["it has no text with an intent; write one row per text, with its intent"])
    said, about_language = _language(table, columns, texts, language)
    replies = {one: text.reply for text, one in _with_ids(reversed(texts), names.id_by_label) if text.reply}
    return ImportedRows(
        table=table,
        columns=columns,
        examples=parts.examples,
        test=parts.test,
        out_of_scope=parts.out_of_scope,
        name_by_id={one: readable(names.name_by_id[one]) for one in parts.examples},
        replies={one: replies[one] for one in parts.examples if one in replies},
        has_spans=columns.spans is not None or bool(columns.entities) or any(text.marks for text in texts),
        language=said,
        notes=(*table.notes, *names.notes, *oddities.sentences(), *_conflicts(rows), *about_language),
    )


@dataclass(frozen=True)
class _Placed:
    """A row, and where it stands in the table."""

    place: str
    example: Example
    is_test: bool


@dataclass(frozen=True)
class _Parts:
    examples: dict[str, tuple[Example, ...]]
    test: tuple[Example, ...]
    out_of_scope: tuple[Example, ...]


def _says_something(text: LabelledText, oddities: Oddities) -> bool:
    if has_content(text.text):
        return True
    oddities.add("left out for lack of a letter or digit in the text", text.place)
    return False


def _rows(texts: Sequence[LabelledText], id_by_label: Mapping[str, str | None], *, source: str) -> list[_Placed]:
    values, stem = types_with_values(texts), PurePath(source).stem
    return [
        _Placed(
            text.place,
            Example(
                id=f"{stem}-{text.place.replace(' ', '-')}",
                text=text.text,
                intent=id_by_label[text.label] or OUT_OF_SCOPE,
                entities=spans_of(text, with_values=values) if id_by_label[text.label] else (),
            ),
            text.is_test,
        )
        for text in texts
    ]


def _with_ids(
    texts: Iterable[LabelledText], id_by_label: Mapping[str, str | None]
) -> Iterator[tuple[LabelledText, str]]:
    for text in texts:
        found = id_by_label[text.label]
        if found is not None:
            yield text, found


def _parts(rows: Sequence[_Placed], oddities: Oddities) -> _Parts:
    """Sort the rows: to learn from, for testing, out of scope; each text once, and none to learn from that tests."""
    tested = {fold_text(row.example.text) for row in rows if row.is_test}
    seen: set[tuple[str, str, bool]] = set()
    examples: dict[str, list[Example]] = defaultdict(list)
    test: list[Example] = []
    out_of_scope: list[Example] = []
    for row in rows:
        folded = fold_text(row.example.text)
        key = (row.example.intent, folded, row.is_test)
        if key in seen:
            oddities.add("left out as a repetition within the intent", row.place)
        elif row.is_test:
            test.append(row.example)
        elif folded in tested:
            oddities.add("to learn from left out, as the same text is for testing", row.place)
        elif row.example.intent == OUT_OF_SCOPE:
            out_of_scope.append(row.example)
        else:
            examples[row.example.intent].append(row.example)
        seen.add(key)
    found = {intent: tuple(rows) for intent, rows in examples.items()}
    return _Parts(found, tuple(test), tuple(out_of_scope))


def _conflicts(rows: Sequence[_Placed]) -> list[str]:
    """Name texts that have more than one intent; nobody but the author knows which is right."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        places[fold_text(row.example.text)].setdefault(row.example.intent, row.place)
    conflicts = [
        f'"{text[:40]}" as ' + " and ".join(f"`{intent}` ({place})" for intent, place in found.items())
        for text, found in places.items()
        if len(found) > 1
    ]
    if not conflicts:
        return []
    shown = "; ".join(conflicts[:_CONFLICTS_SHOWN])
    return [f"more than one intent for {counted(len(conflicts), 'text')}, keep one of each: {shown}"]


def _language(
    table: Table, columns: Columns, texts: Sequence[LabelledText], said: str | None
) -> tuple[str | None, list[str]]:
    """Return the language and what to say about it: as the user says, as a column says, as the words tell."""
    if said is not None:
        return said, []
    if columns.language is not None:
        counts = Counter(filter(None, map(text_of, table.cells(columns.language))))
        language = counts.most_common(1)[0][0].replace("_", "-")
        others = listed([f"`{tag}`" for tag in counts if tag.replace("_", "-") != language])
        if others:
            return language, [f"a bot has one language, `{language}` here; there are rows in {others} too"]
        return language, []
    guessed = guess_language([text.text for text in texts])
    if guessed is None:
        return None, ["the language of the texts is not plain; --language says it, English is the default"]
    return guessed, [f"the language of the texts is `{guessed}`; --language says another"]
