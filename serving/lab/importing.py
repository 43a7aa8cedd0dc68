"""Tables of labelled texts into a bot's drafts, from Python."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.botfile.check import check_content
from pipelines.botfile.read import read_content
from pipelines.botfile.test_rows import to_row
from pipelines.files import write_whole
from pipelines.importing.bot import Mode, merge_rows
from pipelines.importing.frames import read_frame
from pipelines.importing.keep import keep_rows
from pipelines.importing.read import read_table
from pipelines.importing.rows import ImportedRows, import_rows
from pipelines.nlu.text import fold_text
from pipelines.schemas import html
from pipelines.schemas.bot import TEST_SET_FIELD
from pipelines.settings import OUT_OF_SCOPE_FOLDER
from pipelines.steps.validation.validate import ValidationReport
from serving.lab.background import with_database
from serving.lab.place import Place
from serving.store.drafts.bots import ImportReport
from serving.store.tables import TableReport, import_table


@dataclass(frozen=True)
class ImportedTable:
    """What was made of a table.

    Attributes
    ----------
    rows
        What it says: columns, examples by intent, rows out of scope and for testing, notes.
    report
        What has changed in the drafts.
    findings
        What the data gate finds in the bot as it is now.
    """

    rows: ImportedRows = field(repr=False)
    report: TableReport = field(repr=False)
    findings: ValidationReport = field(repr=False)

    def __str__(self) -> str:
        """Describe what was read and what has changed, in a few sentences."""
        drafts, examples = self.report.drafts, self.report.examples
        changes = (
            f"{drafts.intents_created:,} intents created, {drafts.intents_updated:,} updated, "
            f"{drafts.intents_unchanged:,} unchanged; {examples.added:,} examples added, {examples.moved:,} moved, "
            f"{examples.removed:,} deleted"
        )
        return "\n".join((self.rows.size(), changes, *self.report.notes))

    def _repr_html_(self) -> str:
        lines = map(html.line, str(self).split("\n")[1:])
        return html.block(self.rows._repr_html_(), *lines, self.findings._repr_html_())


def read_rows(
    table: pd.DataFrame | Path | str, *, text_column: str | None, intent_column: str | None, language: str | None
) -> ImportedRows:
    """Read a data frame or a file; `DataRejected` says what it is if it is no table of labelled texts."""
    read = read_frame(table) if isinstance(table, pd.DataFrame) else read_table(Path(table))
    return import_rows(read, text_column=text_column, intent_column=intent_column, language=language)


def store_rows(place: Place, rows: ImportedRows, *, source: str, mode: Mode) -> TableReport:
    """Put rows into a bot's drafts or bot file, and those out of scope to where trainings find them."""
    if source == "mongo":
        report = with_database(place.settings, lambda database: import_table(database, rows, bot=place.bot, mode=mode))
    else:
        report = _into_file(Path(source), rows, mode=mode)
    if rows.out_of_scope:
        file = place.settings.home / OUT_OF_SCOPE_FOLDER / f"{place.bot}.jsonl"
        keep_rows(rows.out_of_scope, file, replaces=mode == "replace")
    return report


def _into_file(file: Path, rows: ImportedRows, *, mode: Mode) -> TableReport:
    """Put rows into a bot file, which is made if it is missing."""
    before = dict(check_content(read_content(file), source=str(file)).wire) if file.exists() else None
    merged = merge_rows(before, rows, mode=mode)
    wire = merged.wire
    if rows.test:
        tests = {fold_text(row.text): to_row(row) for row in rows.test}
        old = [] if mode == "replace" else wire.get(TEST_SET_FIELD) or []
        kept = [row for row in old if fold_text(row["text"]) not in tests]
        wire = {**wire, TEST_SET_FIELD: [*kept, *tests.values()]}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (json.dumps(wire, ensure_ascii=False, indent=2) + "\n").encode())
    return TableReport(_changes(before or {}, wire, rows), merged.counts, before is None, None, wire, merged.notes)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], rows: ImportedRows) -> ImportReport:
    old = {intent["intentId"]: intent for intent in before.get("intents") or []}
    new = {intent["intentId"]: intent for intent in after["intents"]}
    updated = {one for one in new.keys() & old.keys() if new[one] != old[one]}
    return ImportReport(
        intents_created=len(new.keys() - old.keys()),
        intents_updated=len(updated),
        intents_unchanged=len((rows.examples.keys() & old.keys()) - updated),
        intents_deleted=len(old.keys() - new.keys()),
    )
