"""Tables of labelled texts into a bot's drafts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.errors import NotFound
from pipelines.importing.bot import ExampleCounts, Mode, merge_rows
from pipelines.importing.rows import ImportedRows
from pipelines.nlu.text import fold_text
from pipelines.progress import Progress
from pipelines.schemas.bot import TEST_SET_FIELD
from pipelines.schemas.examples import Example
from pipelines.schemas.test_sets import TestSetVersion
from serving.clock import utc_now
from serving.store.client import Database
from serving.store.drafts.bots import ImportReport, export_bot, import_bot
from serving.store.drafts.test_sets import TestSets


@dataclass(frozen=True)
class TableReport:
    """The effect of importing a table.

    Attributes
    ----------
    drafts
        What became of intents and entities; counted as unchanged are those of the table only.
    examples
        What became of the examples.
    is_new
        Whether there was no such bot before.
    test_set
        The bot's fixed test set, if the table has rows for testing.
    wire
        The bot file as it is now.
    notes
        What was made up, a sentence each.
    """

    drafts: ImportReport
    examples: ExampleCounts
    is_new: bool
    test_set: TestSetVersion | None
    wire: dict[str, Any]
    notes: tuple[str, ...]


async def import_table(
    database: Database,
    rows: ImportedRows,
    *,
    bot: str,
    mode: Mode = "add",
    progress: Progress = lambda share, what: None,
) -> TableReport:
    """Put rows into the drafts of a bot, all or nothing, and make the bot if there is none.

    Raises
    ------
    DataRejected
        What would be made is no bot.
    StoreUnavailable
        The database does not respond.
    """
    progress(0.0, "reading the drafts")
    try:
        before = await export_bot(database, bot=bot)
    except NotFound:
        before = None
    merged = merge_rows(before, rows, mode=mode)
    whole = {name: value for name, value in merged.wire.items() if name != TEST_SET_FIELD}
    written = whole if mode == "replace" else _difference(before or {}, merged.wire)
    drafts = await import_bot(
        database, written, bot=bot, source=rows.table.source, replace=mode == "replace", progress=progress
    )
    if mode != "replace":
        n_intents, n_entities = len(rows.examples), len({span.type for row in rows.rows() for span in row.entities})
        drafts = drafts.model_copy(
            update={
                "intents_unchanged": max(0, n_intents - drafts.intents_created - drafts.intents_updated),
                "entities_unchanged": max(0, n_entities - drafts.entities_created - drafts.entities_updated),
            }
        )
    test_set = await _keep_test_rows(database, rows.test, bot=bot, replaces=mode == "replace") if rows.test else None
    return TableReport(drafts, merged.counts, before is None, test_set, merged.wire, merged.notes)


async def _keep_test_rows(database: Database, rows: Sequence[Example], *, bot: str, replaces: bool) -> TestSetVersion:
    """Add rows to the bot's fixed test set, each text once; or make them all of it."""
    if not replaces:
        return await TestSets(database).put_rows(bot, rows, now=utc_now())
    version, _ = await TestSets(database).add(
        bot, list({fold_text(row.text): row for row in rows}.values()), now=utc_now()
    )
    return version


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a bot file that has changed: nothing else is written, as somebody may be editing it."""
    changed = {
        name: [row for row in after[name] if row not in (before.get(name) or [])] for name in ("intents", "entities")
    }
    apart = {*changed, TEST_SET_FIELD}
    fields = {name: value for name, value in after.items() if name not in apart}
    old = {name: value for name, value in before.items() if name not in apart}
    return {**changed, **({} if fields == old else fields)}
