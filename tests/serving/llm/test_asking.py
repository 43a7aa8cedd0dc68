"""The limits around a question to the language model, over a real socket and a real database."""

import asyncio
import json
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.breaker import FAILURES_TO_OPEN, OPEN_SECONDS
from serving.demo.language_model import completion
from serving.llm.reader import LlmReader
from serving.store.client import Database
from serving.store.usage import Period, TokenBudget
from tests.fakes.llm_server import chooses, fails
from tests.fakes.tool_server import Behaviour, ToolServer, answer, hang
from tests.support.llm import BUY, TENTS, TIMEOUT_SECONDS, Clock, MakeReader, asking, settled, used
from tests.support.records import now
from tests.support.servers import free_port


async def test_read_counts_a_guess_where_the_endpoint_counts_nothing(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, database: Database, new_name: str
) -> None:
    llm.behaviours = [chooses("greet", usage=None)]
    reader = make_reader()
    reading = await reader.read("hello", bot=new_name, release=llm_release)
    assert reading.prompt_tokens > 100
    assert reading.completion_tokens > 5
    await reader.aclose()
    assert await used(database, new_name) == [reading.prompt_tokens + reading.completion_tokens] * 2


async def test_read_asks_no_more_at_once_than_allowed_for_each_bot(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    under_way, most = 0, 0

    async def slow(request: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        await BUY(request, writer)

    llm.behaviours = [slow]
    reader = make_reader(llm_max_concurrent=2, llm_timeout_seconds=5.0)
    readings = await asyncio.gather(
        *(reader.read(f"{TENTS} {number}", bot=new_name, release=llm_release) for number in range(8))
    )
    assert all(reading.outcome == "understood" for reading in readings)
    assert most == 2


async def test_read_gives_up_waiting_for_its_place_and_leaves_other_bots_theirs(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    llm.behaviours = [hang]
    reader = make_reader(llm_max_concurrent=1)
    first = asyncio.create_task(reader.read("one", bot=new_name, release=llm_release))
    await asyncio.wait_for(llm.is_called.wait(), 5)
    await asyncio.sleep(TIMEOUT_SECONDS / 2)  # so that the place is free again when half of their time is over
    others = [asyncio.create_task(reader.read(text, bot=new_name, release=llm_release)) for text in ("two", "three")]
    llm.behaviours = [BUY, hang]
    assert (await reader.read(TENTS, bot=f"{new_name}x", release=llm_release)).outcome == "understood"
    assert "no answer within" in (await first).why
    reasons = {reading.why for reading in await asyncio.gather(*others)}
    assert reasons == {f"no answer within {TIMEOUT_SECONDS:g} s", "too many questions of this bot are in progress"}


async def test_read_leaves_an_endpoint_alone_that_keeps_failing_and_comes_back(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, tiny_release: Release, new_name: str
) -> None:
    clock = Clock()
    reader = make_reader(clock)
    llm.behaviours = [fails("401 Unauthorized")]
    for number in range(FAILURES_TO_OPEN):
        await reader.read(f"text {number}", bot=new_name, release=llm_release)
    reading = await reader.read("one more", bot=new_name, release=llm_release)
    assert "not called" in reading.why
    assert len(llm.received) == FAILURES_TO_OPEN
    llm.behaviours = [BUY]
    other = asking(tiny_release, model="large")
    assert (await reader.read(TENTS, bot=f"{new_name}x", release=other)).outcome == "understood"
    clock.ahead = OPEN_SECONDS + 1
    assert [
        (await reader.read(f"{TENTS} {number}", bot=new_name, release=llm_release)).outcome for number in range(2)
    ] == ["understood", "understood"]


async def test_waiting_for_a_place_does_not_count_against_the_endpoint(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    async def slow(request: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.2)
        await BUY(request, writer)

    llm.behaviours = [slow]
    reader = make_reader(llm_max_concurrent=FAILURES_TO_OPEN, llm_timeout_seconds=2.0)
    texts = [f"{TENTS} {number}" for number in range(2 * FAILURES_TO_OPEN)]
    readings = await asyncio.gather(*(reader.read(text, bot=new_name, release=llm_release) for text in texts))
    late = [reading for reading in readings if reading.outcome == "unavailable"]
    assert len(late) >= FAILURES_TO_OPEN
    llm.behaviours = [BUY]
    assert (await reader.read(TENTS, bot=new_name, release=llm_release)).outcome == "understood"


async def test_read_with_an_empty_budget_asks_nobody(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, database: Database, new_name: str
) -> None:
    llm.behaviours = [BUY]
    for limit in ("llm_tokens_per_hour", "llm_tokens_per_month"):
        reading = await make_reader(**{limit: 100}).read(TENTS, bot=new_name, release=llm_release)
        assert reading.outcome == "over_budget"
        assert f"100 tokens for this {limit.rpartition('_')[2]} is used up" in reading.why
    assert llm.received == []
    assert await used(database, new_name) in ([], [0])


async def test_two_readers_share_a_budget_and_stop_when_it_is_spent(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, database: Database, new_name: str
) -> None:
    llm.behaviours = [chooses("greet", usage={"prompt_tokens": 200, "completion_tokens": 300, "total_tokens": 500})]
    readers = [make_reader(llm_tokens_per_hour=2700) for _ in range(2)]
    outcomes = []
    for number in range(8):
        reading = await readers[number % 2].read(f"text {number}", bot=new_name, release=llm_release)
        outcomes.append(reading.outcome)
        await settled(database, new_name, tokens=500 * len(llm.received))
    assert outcomes == ["understood"] * 4 + ["over_budget"] * 4


@pytest.mark.parametrize(
    ("behaviour", "is_given_back"),
    [(fails("401 Unauthorized"), True), (fails("429 Busy", retry_after="60"), True), (hang, False)],
    ids=["401", "429", "hang"],
)
async def test_read_gives_back_what_an_endpoint_did_not_take(
    make_reader: MakeReader,
    llm: ToolServer,
    llm_release: Release,
    database: Database,
    new_name: str,
    behaviour: Behaviour,
    *,
    is_given_back: bool,
) -> None:
    llm.behaviours = [behaviour]
    reader = make_reader()
    await reader.read("hello", bot=new_name, release=llm_release)
    await reader.aclose()
    assert [tokens == 0 for tokens in await used(database, new_name)] == [is_given_back] * 2


async def test_a_slow_database_keeps_nothing_reserved_of_a_question_that_was_never_asked(
    make_reader: MakeReader,
    llm: ToolServer,
    llm_release: Release,
    database: Database,
    new_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take, is_late = TokenBudget._take, asyncio.Event()

    async def take_late(budget: TokenBudget, period: Period, tokens: int) -> bool:
        if period.name == "month":
            await is_late.wait()
        return await take(budget, period, tokens)

    monkeypatch.setattr(TokenBudget, "_take", take_late)
    reader = make_reader()
    reading = await reader.read("hello", bot=new_name, release=llm_release)
    assert (reading.outcome, llm.received) == ("unavailable", [])
    is_late.set()
    await reader.aclose()
    assert await used(database, new_name) == [0, 0]


RESERVED = 10_000
"""More than a question of the tiny bot reserves."""


@pytest.mark.parametrize(
    "usage",
    [
        '{"prompt_tokens": 1e26, "completion_tokens": 5}',
        '{"prompt_tokens": 5, "completion_tokens": 99999999999999999999999999}',
        '{"prompt_tokens": 9000000, "completion_tokens": 0}',
        '{"prompt_tokens": -1, "completion_tokens": -90000000}',
        '{"prompt_tokens": NaN, "completion_tokens": Infinity}',
        '{"prompt_tokens": "9000000", "completion_tokens": "5"}',
        '{"prompt_tokens": true, "completion_tokens": false}',
        '{"prompt_tokens": 12.5, "completion_tokens": 1.5}',
        '{"prompt_tokens": null}',
        '{"prompt_tokens": {"value": 5}}',
        '{"prompt_tokens": 5, "prompt_tokens": 9000000}',
        "[1, 2]",
        '"many"',
        "null",
        "[" * 150 + "]" * 150,
    ],
)
async def test_read_counts_no_more_than_was_reserved_whatever_the_endpoint_says(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, database: Database, new_name: str, usage: str
) -> None:
    body = json.dumps(completion('{"intent": "greet"}', usage={}))
    assert '"usage": {}' in body
    llm.behaviours = [answer(body.replace('"usage": {}', f'"usage": {usage}'))]
    reader = make_reader()
    reading = await reader.read("hello", bot=new_name, release=llm_release)
    assert (reading.outcome, reading.intent_id) == ("understood", "greet")
    assert 0 < reading.prompt_tokens + reading.completion_tokens < RESERVED
    await reader.aclose()
    assert await used(database, new_name) == [reading.prompt_tokens + reading.completion_tokens] * 2


@pytest.mark.parametrize(
    "logprobs",
    ['"many"', '{"content": 5}', '{"content": [{"token": 5}]}', '{"content": [{"token": "x", "bytes": [999]}]}', "[]"],
)
async def test_read_takes_an_answer_whose_probabilities_are_malformed(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str, logprobs: str
) -> None:
    body = json.loads(json.dumps(completion('{"intent": "greet"}')))
    body["choices"][0]["logprobs"] = json.loads(logprobs)
    llm.behaviours = [answer(json.dumps(body))]
    reading = await make_reader().read("hello", bot=new_name, release=llm_release)
    assert (reading.outcome, reading.intent_id, reading.confidence) == ("understood", "greet", None)


async def test_read_without_a_database_says_so_and_does_not_ask(llm: ToolServer, llm_release: Release) -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="x", timeout_seconds=0.3)
    settings = Settings(_env_file=None, llm_base_url=f"{llm.url}/v1")  # type: ignore[call-arg]
    async with LlmReader.over(database, settings, now=now) as reader:
        reading = await reader.read("hello", bot="b", release=llm_release)
    database.close()
    assert (reading.outcome, llm.received) == ("unavailable", [])
    assert "database" in reading.why


async def test_a_hanging_endpoint_holds_up_no_other_work(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    llm.behaviours = [BUY]
    reader = make_reader(llm_max_concurrent=50, llm_timeout_seconds=20.0)
    await reader.read(TENTS, bot=new_name, release=llm_release)
    llm.behaviours = [hang]
    llm.is_called.clear()
    asked = [
        asyncio.create_task(reader.read(f"text {number}", bot=new_name, release=llm_release)) for number in range(50)
    ]
    await asyncio.wait_for(llm.is_called.wait(), 5)
    for _ in range(100):
        assert (await reader.read(TENTS, bot=new_name, release=llm_release)).from_cache
    assert not any(task.done() for task in asked)
    await reader.aclose()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*asked, return_exceptions=True)
    )
