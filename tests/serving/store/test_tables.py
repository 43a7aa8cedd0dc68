from pipelines.importing.bot import Mode
from pipelines.importing.read import table_in
from pipelines.importing.rows import ImportedRows, import_rows
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.test_sets import TestSets
from serving.store.tables import import_table

FIRST = "text,intent\nare you open,hours\nopen on [sunday](day),hours\nbye now,bye\n"


def rows_of(content: str) -> ImportedRows:
    table = table_in(content.encode(), source="rows.csv")
    assert table is not None
    return import_rows(table)


async def counts(database: Database, content: str, *, bot: str, mode: Mode = "add") -> tuple[int, ...]:
    """Import a table; return intents created, updated, unchanged and deleted, and examples added."""
    report = await import_table(database, rows_of(content), bot=bot, mode=mode)
    drafts = report.drafts
    assert await export_bot(database, bot=bot) == report.wire
    assert report.test_set is None
    return (
        drafts.intents_created, drafts.intents_updated, drafts.intents_unchanged, drafts.intents_deleted,
        report.examples.added,
    )  # fmt: skip


async def test_import_table_makes_a_bot_and_then_says_what_changed(database: Database, new_name: str) -> None:
    assert await counts(database, FIRST, bot=new_name) == (5, 0, 0, 0, 3)
    assert await counts(database, FIRST, bot=new_name) == (0, 0, 2, 0, 0)
    assert await counts(database, f"{FIRST}see you,bye\n", bot=new_name) == (0, 1, 1, 0, 1)
    assert await counts(database, "text,intent\nsee you,bye\nhi,greet\n", bot=new_name) == (1, 0, 1, 0, 1)
    assert await counts(database, FIRST, bot=new_name, mode="replace") == (0, 1, 4, 1, 0)


async def test_rows_for_testing_go_to_the_fixed_test_set(database: Database, new_name: str) -> None:
    tests = TestSets(database)
    heading = "text,intent,split\n"
    await import_table(database, rows_of(f"{heading}are you open,hours,train\nwhen,hours,test\n"), bot=new_name)
    more = rows_of(f"{heading}bye now,bye,train\nWHEN,bye,test\npizza,oos,test\n")
    report = await import_table(database, more, bot=new_name)
    assert report.test_set is not None
    assert report.test_set.number == 2
    found = await tests.newest(new_name)
    assert found is not None
    assert [(row.text, row.intent) for row in found.rows] == [("WHEN", "bye"), ("pizza", "__oos__")]
    await import_table(database, rows_of(FIRST), bot=new_name, mode="replace")
    assert await tests.newest(new_name) == found, "a table without such rows leaves it alone"


async def test_import_table_leaves_alone_what_others_are_editing(database: Database, new_name: str) -> None:
    await import_table(database, rows_of(FIRST), bot=new_name)
    edited = {"intents": [{"intentId": "bye", "name": "Bye", "speechResponse": "Bye!"}], "timezone": "Europe/Oslo"}
    await import_bot(database, edited, bot=new_name, source="bot.json")
    await import_table(database, rows_of("text,intent\nwhen,hours\nat noon,hours\nhi,greet\n"), bot=new_name)
    found = await export_bot(database, bot=new_name)
    assert next(intent for intent in found["intents"] if intent["intentId"] == "bye") == edited["intents"][0]
    assert found["timezone"] == "Europe/Oslo"
