"""A conversation in hand: stepped through, changed, kept, and read again."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import DataRejected, NotFound
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.replay.thread import StepTable, TemplateTable, Thread
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
from tests.support.records import turn_record

HERE = Settings(_env_file=None, endpoints={"shop": "http://shop.example"})
TEXTS = ("hello", "track my order", "it is ORD-2001")


async def test_thread_of_texts_is_answered_turn_by_turn(tiny_release: Release) -> None:
    steps = await Thread.of_texts(TEXTS, bot="b").step_through(tiny_release, settings=HERE)
    assert [step.after.intent_id for step in steps] == ["greet", "track_order", "track_order"]
    assert steps[1].outcome.reply.texts == ("Which order number?",)
    shown = StepTable(steps)._repr_html_()
    assert "asks for order_id" in shown
    assert "it is ORD-2001" in shown


async def test_template_table_shows_what_an_answer_is_made_of(tiny_release: Release) -> None:
    thread = Thread.of_texts([*TEXTS, "grmpf"], bot="b")
    steps = await thread.step_through(tiny_release, settings=HERE)
    asking, calling = (TemplateTable(step, tiny_release)._repr_html_() for step in steps[1:3])
    assert "question for order_id" in asking
    assert "not called" in asking
    assert "GET http://shop.example/orders/ORD-2001" in calling
    assert "{{ result.status }}" in calling
    assert "reply" in TemplateTable(steps[3], tiny_release)._repr_html_()


async def test_thread_with_a_tools_answer_goes_on_with_it(tiny_release: Release) -> None:
    thread = Thread.of_texts(TEXTS, bot="b")
    steps = await thread.step_through(tiny_release, settings=HERE)
    assert steps[2].handling.is_unknown
    thread = thread.with_result(steps[2], {"status": "on its way"})
    steps = await thread.step_through(tiny_release, settings=HERE)
    assert steps[2].outcome.reply.texts == ("Order ORD-2001 is on its way.",)
    # another number is another question, and the log does not hold its answer
    steps = await thread.with_text(3, "it is ORD-9999").step_through(tiny_release, settings=HERE)
    assert steps[2].handling.is_unknown
    with pytest.raises(NotFound, match="choose a turn that calls one"):
        thread.with_result(steps[0], "x")


async def test_saved_case_differs_nowhere_until_something_changes(tiny_release: Release, tmp_path: Path) -> None:
    thread = Thread.of_texts(TEXTS, bot="b")
    case = thread.answered_by(await thread.step_through(tiny_release, settings=HERE))
    case.save(tmp_path / "cases" / "one.json", settings=HERE)
    again = Thread.read(tmp_path / "cases" / "one.json")
    assert (again.records, again.endpoints) == (case.records, HERE.endpoints)
    elsewhere = HERE.model_copy(update={"endpoints": {}})
    steps = await again.step_through(tiny_release, settings=elsewhere)
    assert [step.differences for step in steps] == [(), (), ()]
    steps = await again.with_text(1, "cancel").step_through(tiny_release, settings=HERE)
    assert {difference.subject for difference in steps[0].differences} >= {"intent", "reply"}


def test_thread_has_no_turn_beyond_its_last() -> None:
    with pytest.raises(NotFound, match="the thread has turns 1 to 3"):
        Thread.of_texts(TEXTS, bot="b").with_text(4, "x")


@pytest.mark.parametrize("content", [None, "", "{}", '[{"turn": 1}]'])
def test_read_says_what_is_wrong_with_a_file(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(DataRejected, match=r"case\.json"):
        Thread.read(file)


async def test_load_reads_the_log(settings: Settings, mongo_uri: str, database: Database, new_name: str) -> None:
    here = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    await Schema(database).ensure()
    log = TurnLog(database, ttl=timedelta(days=1))
    for turn in (2, 1):
        assert await log.append(turn_record(new_name, turn, f"m{turn}"))
    thread = await Thread.load("t", bot=new_name, settings=here)
    assert [record.turn for record in thread.records] == [1, 2]
    with pytest.raises(NotFound, match="holds no turn"):
        await Thread.load("nobody", bot=new_name, settings=here)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", "{"),
        ("message", 5),
        ("answer", "[]"),
        ("state", "nonsense"),
        ("route", "handed over"),
        ("created_at", "yesterday"),
        ("nlu", {"ranking": "x"}),
        ("tool", "x"),
        ("replies", 1),
        ("llm", []),
        ("timings_ms", None),
    ],
)
async def test_a_thread_is_replayed_although_a_turn_of_it_cannot_be_read(
    database: Database, mongo_uri: str, new_name: str, tiny_release: Release, field: str, value: object
) -> None:
    settings = HERE.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    case = Thread.of_texts(TEXTS, bot=new_name, thread_id="t")
    case = case.answered_by(await case.step_through(tiny_release, settings=HERE))
    await TurnLog(database, ttl=timedelta(days=1)).append_all(case.records)
    turns = database.collection("turns")
    stored = await turns.find_one({"bot": new_name, "turn": 2})
    assert stored is not None
    await turns.replace_one({"_id": stored["_id"]}, {**stored, field: value})
    thread = await Thread.load("t", bot=new_name, settings=settings)
    steps = await thread.step_through(tiny_release, settings=HERE)
    assert tuple(step.text for step in steps) == TEXTS
    assert [step.after.intent_id for step in steps] == ["greet", "track_order", "track_order"]


async def test_a_turn_without_a_message_is_left_out_of_a_replay(
    database: Database, mongo_uri: str, new_name: str, tiny_release: Release
) -> None:
    settings = HERE.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    log = TurnLog(database, ttl=timedelta(days=1))
    case = Thread.of_texts(TEXTS, bot=new_name, thread_id="t")
    first, second, third = case.answered_by(await case.step_through(tiny_release, settings=HERE)).records
    await log.append_all([first, second.model_copy(update={"text": "", "message": "{"}), third])
    thread = await Thread.load("t", bot=new_name, settings=settings)
    assert [step.turn for step in await thread.step_through(tiny_release, settings=HERE)] == [1, 3]
