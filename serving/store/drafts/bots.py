"""The bots that authors edit: import and export of bot files; `pipelines.schemas.drafts` describes the documents."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.botfile.check import check_content, check_patterns
from pipelines.botfile.spans import repair_spans
from pipelines.botfile.test_rows import read_rows, to_row
from pipelines.errors import BotError, DataRejected, DraftChanged, StoreUnavailable, no_such_bot
from pipelines.schemas.bot import HANDOVER_INTENT, SYSTEM_INTENTS, TEST_SET_FIELD
from pipelines.schemas.keys import BOTS, INTENTS, LABELS, thread_key
from serving.clock import utc_now
from serving.store.client import Database
from serving.store.drafts.import_journal import ImportJournal, restore_killed_import
from serving.store.drafts.kinds import examples_of
from serving.store.drafts.plan import Changes, ImportPlan, is_same, plan_import, read_drafts, write_plan
from serving.store.drafts.revisions import Revisions
from serving.store.drafts.test_sets import TestSets

_MOST_PARTS = 2000
_TRIES = 5
"""How often an import begins anew because a draft was edited after it was read."""


class ImportedPart(BaseModel):
    """An intent or entity that an import makes, changes or deletes. The numbers are of an intent's examples."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["intent", "entity"]
    name: str
    change: Literal["created", "updated", "deleted"]
    examples_before: int = 0
    examples_after: int = 0


class ChangedField(BaseModel):
    """A text of the bot itself that an import changes, such as its title."""

    model_config = ConfigDict(frozen=True)

    name: str
    before: str
    after: str


class ImportReport(BaseModel):
    """The effect of an import.

    What the file holds and the bot has in the same form is `unchanged`; its place among the others does not matter.
    `fields` names the bot's own fields that have changed, such as `language`; `changed_fields` has the texts among them
    before and after. `repairs` holds one sentence per
    annotation with wrong offsets, `notes` one per thing that the file left unsaid. A preview's `parts` name what would
    change, at most 2,000 of them.
    """

    model_config = ConfigDict(frozen=True)

    intents_created: int = 0
    intents_updated: int = 0
    intents_unchanged: int = 0
    intents_deleted: int = 0
    entities_created: int = 0
    entities_updated: int = 0
    entities_unchanged: int = 0
    entities_deleted: int = 0
    fields: tuple[str, ...] = ()
    changed_fields: tuple[ChangedField, ...] = ()
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[ImportedPart, ...] = ()


async def import_bot(
    database: Database,
    content: object,
    *,
    bot: str,
    source: str,
    replace: bool = False,
    progress: Callable[[float, str], None] = lambda share, what: None,
    require: Callable[[dict[str, Any] | None, ImportPlan], None] | None = None,
    is_preview: bool = False,
) -> ImportReport:
    """Import a bot file into the drafts, all or nothing.

    The file is checked completely before anything is written. If the database fails half-way, or this process is
    killed, the previous content is restored, at the latest when somebody reads or imports the bot again.

    Parameters
    ----------
    content
        The file's parsed JSON.
    source
        Name of the file, for messages.
    replace
        Delete intents and entities that the file does not contain.
    require
        Called before anything is written, with the bot file as it is (None: there is no such bot) and the plan; what it
        raises ends the import.
    is_preview
        Check and plan, and write nothing.

    Raises
    ------
    DataRejected
        The file is not a bot; each fault is named with its place.
    ImportUnderWay
        Somebody else is importing the bot.
    DraftChanged
        The bot was edited again and again meanwhile; nothing was written.
    StoreUnavailable
        The database does not respond.
    """
    checked = await asyncio.to_thread(check_content, content, source=source)
    wire = dict(checked.wire)
    await asyncio.to_thread(check_patterns, wire, source=source)
    section = wire.pop(TEST_SET_FIELD, None)
    test_rows = read_rows(section, source=f"{source}, {TEST_SET_FIELD}") if section else []
    wire["intents"], repairs = await asyncio.to_thread(
        repair_spans, wire.get("intents", []), entities=wire.get("entities", [])
    )
    progress(0.0, "reading the drafts")
    for _ in range(_TRIES):
        await restore_killed_import(database, bot)
        plan = await plan_import(database, wire, bot=bot, replaces=replace, kept=checked.added)
        try:
            plan.check_sizes(source)
            if require is not None:
                await asyncio.to_thread(require, await _stored(database, plan), plan)
        except BotError:
            await Revisions(database).drop_empty(bot)
            raise
        notes = checked.notes
        if is_preview:
            await Revisions(database).drop_empty(bot)
            if test_rows:
                notes += (f"its test set has {len(test_rows):,} rows, which become the bot's",)
            parts = tuple(islice(_parts(plan), _MOST_PARTS))
            return _report(plan, repairs=repairs, notes=notes).model_copy(update={"parts": parts})
        journal = await ImportJournal.open(database, bot, plan.replaced())
        try:
            if not await Revisions(database).claim_all(plan.head, plan.entries, importing=journal.token):
                await journal.close()
                continue
            await write_plan(database, plan, beat=journal.beat, progress=progress)
            if section is not None:
                version, is_new = await TestSets(database).add(bot, test_rows, now=utc_now())
                notes += (f"{version.name} has {version.n_rows:,} rows",) if is_new else ()
        except StoreUnavailable:
            await journal.restore()
            raise
        await Revisions(database).end_import(bot, importing=journal.token)
        await journal.close()
        return _report(plan, repairs=repairs, notes=notes)
    raise DraftChanged(f"bot {bot!r}", remedy="repeat the import")


def _report(plan: ImportPlan, *, repairs: tuple[str, ...], notes: tuple[str, ...]) -> ImportReport:
    intents, entities = plan.intents, plan.entities
    return ImportReport(
        intents_created=intents.created,
        intents_updated=intents.updated,
        intents_unchanged=intents.unchanged,
        intents_deleted=len(intents.deleted),
        entities_created=entities.created,
        entities_updated=entities.updated,
        entities_unchanged=entities.unchanged,
        entities_deleted=len(entities.deleted),
        fields=plan.changed_fields,
        changed_fields=tuple(
            ChangedField(name=name, before=before, after=after) for name, before, after in plan.changed_texts
        ),
        repairs=repairs,
        notes=notes,
    )


def _parts(plan: ImportPlan) -> Iterator[ImportedPart]:
    """Name what the import makes, changes and deletes."""
    kinds: tuple[tuple[Literal["intent", "entity"], Changes], ...] = (
        ("intent", plan.intents), ("entity", plan.entities),
    )  # fmt: skip
    for kind, changes in kinds:
        field, name_in = changes.kind.field, changes.kind.name_in
        for key in [*changes.after, *sorted(changes.deleted)]:
            before, after = (rows.get(key, {}).get(field) for rows in (changes.before, changes.after))
            row = before if after is None else after
            if row is None or is_same(before, after):
                continue
            yield ImportedPart(
                kind=kind,
                name=name_in(row),
                change="created" if key not in changes.before else "deleted" if after is None else "updated",
                examples_before=_n_examples(before),
                examples_after=_n_examples(after),
            )


def _n_examples(row: Any) -> int:
    rows = row.get("trainingData") if isinstance(row, dict) else None
    return len(rows) if isinstance(rows, list) else 0


async def _stored(database: Database, plan: ImportPlan) -> dict[str, Any] | None:
    """Return the bot file as it is; an empty one if it cannot be read, which an import may mend."""
    try:
        return await _whole(database, plan.bot, plan.before)
    except DataRejected:
        return {}


async def _whole(database: Database, bot: str, wire: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a bot file with the newest test set in it."""
    test_set = await TestSets(database).newest(bot)
    if wire is None or test_set is None:
        return wire
    return wire | {TEST_SET_FIELD: [to_row(row) for row in test_set.rows]}


async def export_bot(database: Database, *, bot: str) -> dict[str, Any]:
    """Return a bot's drafts as the JSON object of a bot file.

    Besides `intents` and `entities` it has the other top-level fields of the imported file, and the newest test set.
    Raise `NotFound` if there is no such bot.
    """
    await restore_killed_import(database, bot)
    wire = await _whole(database, bot, (await read_drafts(database, bot)).wire)
    if wire is None:
        raise no_such_bot(bot)
    return wire


async def has_intents(database: Database, *, bot: str) -> bool:
    """Whether a bot has any intent."""
    return await database.call("look for intents", database.collection(INTENTS).find_one({"bot": bot})) is not None


async def has_own_examples(database: Database, *, bot: str) -> bool:
    """Whether a training would teach a bot anything but the platform's own intents.

    Accepted labels are examples too, and a language model that reads every message needs none. A draft that cannot be
    read counts as one: the training says what is wrong with it.
    """
    intents = database.collection(INTENTS)
    built_in = {thread_key(bot, name) for name in (*SYSTEM_INTENTS, HANDOVER_INTENT)}
    found = await database.call("look for examples", intents.find({"bot": bot}, {"_id": 1}).to_list(None))
    for key in [document["_id"] for document in found if document["_id"] not in built_in]:
        document = await database.call("look for examples", intents.find_one({"_id": key})) or {"intent": {}}
        wire = document.get("intent")
        if not isinstance(wire, dict) or examples_of(wire):
            return True
    for name, query in (
        (LABELS, {"bot": bot, "status": "accepted"}),
        (BOTS, {"_id": bot, "fields.llm.mode": "zero_shot"}),
    ):
        if await database.call("look for examples", database.collection(name).find_one(query, {"_id": 1})):
            return True
    return False


def check_bot_file(content: object, *, source: str) -> dict[str, Any]:
    """Return parsed JSON as a bot file's fields; raise `DataRejected` with each fault and its place if it is not one.

    `source` is the name of the file, for messages.
    """
    return dict(check_content(content, source=source).wire)
