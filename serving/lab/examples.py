"""The examples that the next training of a bot learns from: the drafts, a bot file, or a table of the session."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from pipelines.botfile.test_rows import to_row
from pipelines.errors import NotFound
from pipelines.importing.bot import merge_rows
from pipelines.importing.frames import read_frame
from pipelines.importing.rows import ImportedRows, import_rows
from pipelines.nlu.text import fold_text
from pipelines.schemas import html
from pipelines.schemas.bot import SYSTEM_INTENTS, TEST_SET_FIELD
from pipelines.steps.data.extract import Extract, add_out_of_scope, extract_from_file, extract_from_mongo
from pipelines.steps.validation.validate import ValidationReport, check_bot
from serving.lab.place import Place
from serving.lab.tables import plain_spans

_OURS = ["origin", "example_id"]
"""Columns of `bot.examples` that say nothing to a training."""


@dataclass(frozen=True)
class UsedTable:
    """What a table says, and what the data gate finds in the bot with its rows."""

    rows: ImportedRows = field(repr=False)
    findings: ValidationReport = field(repr=False)

    def __str__(self) -> str:
        """Describe what was read, and what was made of it."""
        return "\n".join((f"{self.rows.table.source}: {self.rows.size()}", *self.rows.notes))

    def _repr_html_(self) -> str:
        return html.block(*map(html.line, str(self).split("\n")), self.findings._repr_html_())


def read_used(frame: pd.DataFrame) -> ImportedRows:
    """Read a table of examples, with the columns of `bot.examples` or any others; `DataRejected` says what is wrong."""
    table = read_frame(frame.drop(columns=_OURS, errors="ignore"), source=f"a DataFrame of {len(frame):,} rows")
    text, intent = (name if name in frame else None for name in ("text", "intent"))
    return import_rows(table, text_column=text, intent_column=intent)


@dataclass(frozen=True)
class _Table:
    """A table's name, the bot file with its rows, and the file of its out-of-scope rows, while the folder lives."""

    name: str
    file: Path
    out_of_scope: Path | None
    folder: "TemporaryDirectory[str]"


@dataclass(frozen=True)
class Examples:
    """Where the examples come from.

    Attributes
    ----------
    drafts
        `mongo`, or a bot file.
    table
        The table that is used instead.
    """

    place: Place
    drafts: str
    table: _Table | None = None

    @property
    def source(self) -> str:
        """What a training is told to read."""
        return self.drafts if self.table is None else str(self.table.file)

    @property
    def out_of_scope(self) -> Path | None:
        """The file of out-of-scope utterances that a training reads."""
        if self.table is not None:
            return self.table.out_of_scope
        return self.place.settings.out_of_scope_of(self.place.bot)

    def extract(self) -> Extract:
        """Read the bot and its examples as a training does."""
        if self.source == "mongo":
            found = extract_from_mongo(*self.place.database)
        else:
            found = extract_from_file(Path(self.source))
        if self.table is not None:
            found = replace(found, source=self.table.name)
        return replace(found, frame=add_out_of_scope(found.frame, self.out_of_scope))

    def frame(self) -> pd.DataFrame:
        """Return the examples with plain annotations."""
        return plain_spans(self.extract().frame)[["text", "intent", "entities", "origin", "example_id"]]

    def check(self) -> ValidationReport:
        """Return what the data gate finds, without the checks of the table's shape, which a training adds."""
        found, settings = self.extract(), self.place.settings
        findings = check_bot(found, endpoints=settings.endpoints, public_shortcuts=settings.public_shortcuts)
        return ValidationReport(found.source, len(found.frame), tuple(findings), ())

    def using(self, rows: ImportedRows | None) -> "Examples":
        """Return the same with a table's rows instead of the drafts' examples; None: with the drafts'."""
        drafted = replace(self, table=None)
        if rows is None:
            return drafted
        content = json.dumps(_with_rows(drafted._bot_file(), rows), ensure_ascii=False, indent=1)
        outside = "".join(f"{row.model_dump_json(exclude_none=True)}\n" for row in rows.out_of_scope)
        # not in the home folder: nobody would look there for a customer's words that must be deleted
        folder = TemporaryDirectory(prefix="intentloop-lab-")
        file, out_of_scope = Path(folder.name, f"{self.place.bot}.json"), Path(folder.name, "out-of-scope.jsonl")
        file.write_text(content, encoding="utf-8")
        out_of_scope.write_text(outside, encoding="utf-8")
        return replace(self, table=_Table(rows.table.source, file, out_of_scope if outside else None, folder))

    def describe(self) -> str:
        """Return where the examples come from, in a few words."""
        if self.table is not None:
            return f"examples of {self.table.name}"
        return "examples of the drafts" if self.drafts == "mongo" else f"examples of {self.drafts}"

    def _bot_file(self) -> dict[str, Any]:
        """Return the bot file that the rows belong to, with its fixed test set; an empty one of a bot that is new."""
        try:
            found = self.extract()
        except NotFound:
            return {}
        wire = found.bot_file.to_wire()
        if found.test_set is not None:
            wire[TEST_SET_FIELD] = [to_row(row) for row in found.test_set.rows]
        return wire


def _with_rows(wire: dict[str, Any], rows: ImportedRows) -> dict[str, Any]:
    """Return a bot file with the rows as its only examples; intents that every bot has keep theirs if they get none."""
    intents = [
        intent
        if intent["intentId"] in SYSTEM_INTENTS and intent["intentId"] not in rows.examples
        else {**intent, "trainingData": []}
        for intent in wire.get("intents") or []
    ]
    merged = merge_rows({**wire, "intents": intents}, rows).wire
    if not rows.test:
        return merged
    tests = {fold_text(row.text): to_row(row) for row in rows.test}
    kept = [row for row in wire.get(TEST_SET_FIELD) or [] if fold_text(row["text"]) not in tests]
    return {**merged, TEST_SET_FIELD: [*kept, *tests.values()]}
