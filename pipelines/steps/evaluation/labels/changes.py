"""Labels that changed: a candidate's examples beside those that the version in production was trained with.

Held-out rows carry the new labels too, so no figure shows that labels were changed. Texts are matched by their words,
or nearly so; one that was deleted or added is not relabelled.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal, NamedTuple

import pandas as pd

from pipelines.errors import NotFound
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.runs import Runs
from pipelines.registry.verdict import DATA_TAG
from pipelines.schemas.examples import LabelledSpan, name_of
from pipelines.steps.data.labels import LABEL
from pipelines.steps.data.snapshot import read_snapshot
from pipelines.steps.validation.similar import NearDuplicateIndex, words_only

RENAMED_SHARE = 0.9
"""An intent or entity type that is gone has a new name if that share of its labels got the same one, which is new."""
_CUSTOMERS = "(a customer's message)"
_SIGNS = re.compile(r"[\W_]+")

Fate = Literal["removed", "added", "of another type", "on other words", "with another value"]
"""What became of an annotation."""


class Row(NamedTuple):
    """An example: its id, intent and annotations."""

    example_id: str
    intent: str
    spans: frozenset["Span"]


class Span(NamedTuple):
    """An annotation, placed by words: so many characters before it, without punctuation, and its own words."""

    before: int
    words: str
    type: str
    role: str
    value: str


@dataclass(frozen=True)
class ChangedIntent:
    """A text whose intent is another than before; `example_id` is its id now."""

    example_id: str
    was: str
    now: str


@dataclass(frozen=True)
class ChangedSpan:
    """What became of one annotation; `now` is its type, empty if it was removed."""

    example_id: str
    type: str
    fate: Fate
    now: str = ""


@dataclass(frozen=True)
class LabelChanges:
    """What became of the labels since a version was trained.

    Attributes
    ----------
    version
        That version.
    n_texts
        Texts that were there then and still are.
    n_texts_by_intent, n_spans_by_type
        Of these, how many each intent had then, and how many annotations each entity type.
    intents, spans
        The changes, without those by a new name.
    renamed_intents, renamed_types
        New names by former names.
    rows_then, rows_now, spans_then, spans_now
        Texts of each intent and annotations of each type, including texts that are only in one of the two.
    texts
        The texts by the ids of the examples; a customer's message is only named as one.
    """

    version: str
    n_texts: int
    n_texts_by_intent: Mapping[str, int]
    n_spans_by_type: Mapping[str, int]
    intents: tuple[ChangedIntent, ...]
    spans: tuple[ChangedSpan, ...]
    renamed_intents: Mapping[str, str]
    renamed_types: Mapping[str, str]
    rows_then: Mapping[str, int]
    rows_now: Mapping[str, int]
    spans_then: Mapping[str, int]
    spans_now: Mapping[str, int]
    texts: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """Return one row per change: the text, what its label was, what it is, and the example's id.

        Of a labelled message of a customer the table has no words.
        """
        rows = [
            (each.example_id, f"intent {name_of(each.was)}", f"intent {name_of(each.now)}") for each in self.intents
        ]
        for each in self.spans:
            was = "no entity" if each.fate == "added" else f"entity {each.type!r}"
            fates: dict[Fate, str] = {"removed": "no entity", "added": f"entity {each.type!r}"}
            now = f"entity {each.now!r}" if each.fate == "of another type" else fates.get(each.fate, each.fate)
            rows.append((each.example_id, was, now))
        told = [(self.texts.get(example_id, ""), was, now, example_id) for example_id, was, now in sorted(rows)]
        return pd.DataFrame(told, columns=["text", "was", "is", "example"])


def labels_since(runs: Runs, version: RegisteredVersion, now: pd.DataFrame) -> LabelChanges | None:
    """Compare examples with those that a version was trained with; None if its run has logged none, or is gone."""
    data_hash = version.tags.get(DATA_TAG, "")
    try:
        content = runs.read(version.run_id, f"data/{data_hash[:16]}.parquet") if version.run_id and data_hash else None
        before = read_snapshot(BytesIO(content)) if content else None
    except (NotFound, ValueError, KeyError, OSError):  # deleted, or damaged
        return None
    return compare_labels(before, now, version=version.version) if before is not None else None


def compare_labels(before: pd.DataFrame, now: pd.DataFrame, *, version: str) -> LabelChanges:
    """Compare two tables of examples, with the columns `frame.COLUMNS`, text by text."""
    old, new = _rows_by_words(before), _rows_by_words(now)
    same = [(words, words) for words in old if words in new]
    alike = _nearly_equal([words for words in old if words not in new], [words for words in new if words not in old])
    intents = [change for then, words in (*same, *alike) for change in _changed_intents(old[then], new[words])]
    spans = [change for then, words in same for change in _changed_spans(old[then], new[words])]
    spans += [change for then, words in alike for change in _missing_spans(old[then], new[words])]
    (rows_then, spans_then), (rows_now, spans_now) = _count(old), _count(new)
    kept = {then: old[then] for then, _ in (*same, *alike)}
    kept_rows, kept_spans = _count(kept)
    moves = Counter((each.was, each.now) for each in intents)
    retyped = Counter((each.type, each.now) for each in spans if each.fate == "of another type")
    renamed = _renamed(moves, kept_rows, then=rows_then, now=rows_now)
    renamed_types = _renamed(retyped, kept_spans, then=spans_then, now=spans_now)
    return LabelChanges(
        version=version,
        n_texts=kept_rows.total(),
        n_texts_by_intent=kept_rows,
        n_spans_by_type=kept_spans,
        intents=tuple(each for each in intents if renamed.get(each.was) != each.now),
        spans=tuple(each for each in spans if renamed_types.get(each.type, "") != each.now or not each.now),
        renamed_intents=renamed,
        renamed_types=renamed_types,
        rows_then=rows_then,
        rows_now=rows_now,
        spans_then=spans_then,
        spans_now=spans_now,
        texts=_texts(now),
    )


def _texts(frame: pd.DataFrame) -> dict[str, str]:
    columns = (frame[name].tolist() for name in ("example_id", "text", "origin"))
    return {
        example_id: _CUSTOMERS if origin == LABEL else text for example_id, text, origin in zip(*columns, strict=True)
    }


def _words(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", text.casefold()).split()) or text


def _rows_by_words(frame: pd.DataFrame) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    columns = (frame[name].tolist() for name in ("example_id", "intent", "text", "entities"))
    for example_id, intent, text, entities in zip(*columns, strict=True):
        spans = frozenset(_placed(text, span) for span in entities)
        rows[_words(text)].append(Row(example_id, intent, spans))
    return rows


def _placed(text: str, span: LabelledSpan) -> Span:
    before = _words(text[: span.start]) if span.start > 0 else ""
    return Span(len(before), _words(text[span.start : span.end]), span.type, span.role or "", span.value)


def _nearly_equal(before: Sequence[str], now: Sequence[str]) -> list[tuple[str, str]]:
    """Pair texts that are gone with those that came in their stead, slightly reworded."""
    index = NearDuplicateIndex([words_only(words) for words in (*before, *now)])
    for row in range(len(before)):
        index.add(row)
    found = [
        (similarity, row, new)
        for new in range(len(before), len(before) + len(now))
        for row, similarity in index.find(new)
    ]
    pairs, taken = dict[int, int](), set[int]()
    for _, row, new in sorted(found, key=lambda each: (-each[0], each[1], each[2])):
        if row not in pairs and new not in taken:
            pairs[row] = new
            taken.add(new)
    return [(before[row], now[new - len(before)]) for row, new in pairs.items()]


def _changed_intents(old: Sequence[Row], new: Sequence[Row]) -> Iterator[ChangedIntent]:
    """Yield the rows of a text that has an intent now which it had not."""
    were, are = {row.intent for row in old}, {row.intent for row in new}
    gained = sorted(are - were)
    if not gained:
        return
    example_id = next(row.example_id for row in new if row.intent == gained[0])
    lost = were - are
    for row in old:
        if row.intent in lost or not lost:
            yield ChangedIntent(example_id, row.intent, gained[0])


def _spans_of(rows: Iterable[Row]) -> frozenset[Span]:
    return frozenset().union(*(row.spans for row in rows))


def _changed_spans(old: Sequence[Row], new: Sequence[Row]) -> Iterator[ChangedSpan]:
    were, are = _spans_of(old), _spans_of(new)
    lost, gained = sorted(were - are), sorted(are - were)
    example_id = new[0].example_id
    for span in lost:
        partner = next((other for other in gained if _is_successor(other, span)), None)
        if partner is not None:
            gained.remove(partner)
            yield ChangedSpan(example_id, span.type, _fate(span, partner), partner.type)
        else:
            yield ChangedSpan(example_id, span.type, "removed")
    for span in gained:
        yield ChangedSpan(example_id, span.type, "added", span.type)


def _missing_spans(old: Sequence[Row], new: Sequence[Row]) -> Iterator[ChangedSpan]:
    """Yield the annotations that a reworded text lacks; their places cannot be compared."""
    were, are = (Counter(span.type for span in _spans_of(rows)) for rows in (old, new))
    for name, count in sorted((were - are).items()):
        yield from (ChangedSpan(new[0].example_id, name, "removed") for _ in range(count))


def _is_successor(now: Span, was: Span) -> bool:
    """Whether an annotation took another's place: the same words, or the same type on words that overlap."""
    if (now.before, now.words) == (was.before, was.words):
        return True
    overlap = now.before < was.before + len(was.words) and was.before < now.before + len(now.words)
    return now.type == was.type and overlap


def _fate(was: Span, now: Span) -> Fate:
    if now.type != was.type:
        return "of another type"
    return "on other words" if (now.before, now.words) != (was.before, was.words) else "with another value"


def _renamed(
    moves: Mapping[tuple[str, str], int], kept: Mapping[str, int], *, then: Mapping[str, int], now: Mapping[str, int]
) -> dict[str, str]:
    """Return the new names: the old one is gone, the new one was not there, and nearly all labels went along."""
    arrived: Counter[str] = Counter()
    for (_, new), count in moves.items():
        arrived[new] += count
    return {
        old: new
        for (old, new), count in moves.items()
        if not now.get(old) and not then.get(new)
        if count >= RENAMED_SHARE * kept[old] and count >= RENAMED_SHARE * arrived[new]
    }


def _count(rows: Mapping[str, Sequence[Row]]) -> tuple[Counter[str], Counter[str]]:
    """Count the texts of each intent and the annotations of each type."""
    every = [row for same in rows.values() for row in same]
    return Counter(row.intent for row in every), Counter(span.type for row in every for span in row.spans)
