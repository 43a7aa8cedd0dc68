"""Which column is which: what the user says, else names, else content."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.errors import DataRejected
from pipelines.importing.annotations import are_spans
from pipelines.importing.column_names import Role, rank_of
from pipelines.importing.table import Table
from pipelines.nlu.text import fold_text

_MOST_LABEL_SHARE = 0.5
"""Different values per row up to which a column may hold labels."""
_FEW_ROWS = 20
"""Up to here even labels that are all different are believed, if the column is named so."""
_MOST_LABEL_WORDS = 6
_LEAST_TEXT_WORDS = 1.5
_LEAST_TEXT_SHARE = 0.3
"""Different values per row from which a column may hold utterances."""
_FOUND_SHARE = 0.8
"""Of a column's cells that stand in their row's text: then the column holds an entity."""
_NAMED_SPANS_SHARE = 0.3
_LOOKED_AT = 200
_SPLITS = {
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test", "holdout": "test",
    "train": "train", "training": "train", "trn": "train",
    "val": "train", "valid": "train", "validation": "train", "dev": "train", "development": "train",
}  # fmt: skip
"""What a row's part of the data set means here: a training holds out rows of its own to fit and to judge."""


@dataclass(frozen=True)
class Columns:
    """The role of each column; None or empty if there is none."""

    text: str
    intent: str | None
    spans: str | None = None
    reply: str | None = None
    split: str | None = None
    language: str | None = None
    entities: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """What a column holds."""

    name: str
    cells: tuple[str, ...]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each value occurs, without the empty one."""
        return Counter(cell for cell in self.cells if cell)

    @property
    def share_different(self) -> float:
        """Different values per cell that is not empty."""
        return len(self.counts) / max(1, self.counts.total())

    @cached_property
    def words(self) -> float:
        """Words of a cell, on average."""
        return sum(len(value.split()) * count for value, count in self.counts.items()) / max(1, self.counts.total())

    @cached_property
    def is_numeric(self) -> bool:
        """Whether all its cells are numbers."""
        return bool(self.counts) and all(value.replace(".", "", 1).lstrip("-").isdigit() for value in self.counts)

    @property
    def may_be_text(self) -> bool:
        """Whether it may hold utterances."""
        return self.words >= _LEAST_TEXT_WORDS and self.share_different >= _LEAST_TEXT_SHARE and not self.is_numeric

    @property
    def may_be_label(self) -> bool:
        """Whether it may hold labels: short values, most of which come again."""
        is_repeated = len(self.counts) > 1 and self.share_different <= _MOST_LABEL_SHARE
        return is_repeated and self.words <= _MOST_LABEL_WORDS

    def example(self) -> str:
        """Return its name with its first value, for messages."""
        value = next(iter(self.counts), "")
        return f'"{self.name}" ("{value[:30]}{"..." if len(value) > 30 else ""}")'


def find_columns(table: Table, *, text: str | None = None, intent: str | None = None) -> Columns:
    """Return which column holds what; `text` and `intent` are what the user says, by name or number.

    `DataRejected` names the columns if it is not certain, and the option that says it.
    """
    profiles = {name: Profile(name, tuple(table.texts(name))) for name in table.columns}
    chosen = _Choice(table, profiles)
    said_intent = chosen.said(intent, option="--intent-column")
    text_column = chosen.said(text, option="--text-column") or chosen.text(without=said_intent)
    taken = {text_column, said_intent}
    split = chosen.named("split", without=taken, fits=_is_split)
    language = chosen.named("language", without=taken, fits=lambda profile: 0 < len(profile.counts) < _FEW_ROWS)
    taken |= {split, language}
    spans = _spans_column(table, text=text_column, without=taken)
    taken.add(spans)
    reply = chosen.named("reply", without=taken, fits=lambda profile: profile.words > 1)
    taken.add(reply)
    intent_column = said_intent or chosen.intent(without=taken, has_reply=reply is not None)
    taken.add(intent_column)
    rest = [name for name in table.columns if name not in taken]
    texts = [fold_text(cell) for cell in profiles[text_column].cells]
    entities = tuple(name for name in rest if _is_entity(profiles[name], texts))
    unused = tuple(name for name in rest if name not in entities)
    return Columns(text_column, intent_column, spans, reply, split, language, entities, unused)


def split_of(cell: str) -> str | None:
    """Return `train` or `test` for the name of a data set's part; None if it is no such name."""
    name = cell.lower().removeprefix("oos_")
    return _SPLITS.get(name)


@dataclass(frozen=True)
class _Choice:
    """The columns of a table to choose from."""

    table: Table
    profiles: dict[str, Profile]

    def said(self, name: str | None, *, option: str) -> str | None:
        """Return the column that the user names, in any case, or by its number from 1."""
        if name is None:
            return None
        for column in self.table.columns:
            if name in (column, column.strip()) or fold_text(name) == fold_text(column):
                return column
        if name.isdigit() and 0 < int(name) <= len(self.table.columns):
            return self.table.columns[int(name) - 1]
        raise self.rejected(f"there is no column {name!r}; {option} takes one of: {self._names()}")

    def text(self, *, without: str | None) -> str:
        """Return the column of utterances."""
        named = self._by_rank("text", without={without})
        for profile in named:
            if profile.counts and not profile.is_numeric:
                return profile.name
        fitting = [each for each in self.profiles.values() if each.may_be_text and each.name != without]
        if len(fitting) != 1:
            found = "more than one column may hold the texts" if fitting else "no column seems to hold the texts"
            raise self.rejected(f"{found}; say which with --text-column: {self._names(fitting)}")
        return fitting[0].name

    def intent(self, *, without: set[str | None], has_reply: bool) -> str | None:
        """Return the column of labels; None if there is none, but replies that can stand for it."""
        named = [profile for profile in self._by_rank("intent", without=without) if profile.counts]
        named.sort(key=lambda profile: profile.is_numeric)  # of numbers and their names, the names
        for profile in named:
            if profile.share_different <= _MOST_LABEL_SHARE or len(profile.cells) <= _FEW_ROWS:
                return profile.name
        rest = [each for each in self.profiles.values() if each.name not in without]
        fitting = [each for each in rest if each.may_be_label]
        fitting = [each for each in fitting if not each.is_numeric] or fitting
        if len(fitting) == 1:
            return fitting[0].name
        if has_reply and not fitting:
            return None
        if named and not fitting:
            raise self.rejected(
                f'column "{named[0].name}" has {len(named[0].counts):,} different values in {len(named[0].cells):,} '
                f"rows, too many for intents; say which column holds them with --intent-column: {self._names()}"
            )
        found = "more than one column may hold the intents" if fitting else "no column seems to hold the intents"
        raise self.rejected(f"{found}; say which with --intent-column: {self._names(fitting)}")

    def named(self, role: Role, *, without: set[str | None], fits: Callable[[Profile], bool]) -> str | None:
        """Return the column whose name says what it is, if its content fits."""
        return next((each.name for each in self._by_rank(role, without=without) if fits(each)), None)

    def rejected(self, problem: str) -> DataRejected:
        """Return the error for the user."""
        return DataRejected(self.table.source, [problem])

    def _by_rank(self, role: Role, *, without: Iterable[str | None]) -> list[Profile]:
        ranked = [(rank_of(name, role), name) for name in self.profiles if name not in set(without)]
        return [self.profiles[name] for _, name in sorted((rank, name) for rank, name in ranked if rank is not None)]

    def _names(self, profiles: Iterable[Profile] = ()) -> str:
        return ", ".join(profile.example() for profile in profiles or self.profiles.values())


def _is_split(profile: Profile) -> bool:
    return bool(profile.counts) and all(split_of(value) is not None for value in profile.counts)


def _spans_column(table: Table, *, text: str, without: set[str | None]) -> str | None:
    """Return the column of annotations: of lists of spans, or of a tag per word.

    All its cells must be such, or some if its name says so: the others are then reported.
    """
    texts = tuple(table.texts(text))
    for name in sorted(table.columns, key=lambda name: rank_of(name, "spans") is None):
        cells = [(cell, text) for cell, text in zip(table.cells(name), texts, strict=True) if cell not in (None, "")]
        fitting = sum(are_spans(cell, text) for cell, text in cells[:_LOOKED_AT])
        least = 1.0 if rank_of(name, "spans") is None else _NAMED_SPANS_SHARE
        if name not in without and fitting and fitting >= least * len(cells[:_LOOKED_AT]):
            return name
    return None


def _is_entity(profile: Profile, texts: Sequence[str]) -> bool:
    """Whether a column holds words of its row's text."""
    cells = [(fold_text(cell), text) for cell, text in zip(profile.cells, texts, strict=True) if cell]
    return bool(cells) and sum(cell in text for cell, text in cells) >= _FOUND_SHARE * len(cells)
