"""Nobody uses up what others need of the language model, over a real socket and a real database."""

import asyncio
from collections.abc import Iterable

import pytest

from pipelines.registry.release import Release
from serving.dialogue.messages import UserMessage
from serving.llm.reader import LlmReader
from serving.store.client import Database
from serving.store.usage import Asker
from tests.fakes.llm_server import chooses
from tests.fakes.tool_server import ToolServer
from tests.support.llm import MakeReader

HOUR = 20_000
USAGE = {"prompt_tokens": 300, "completion_tokens": 200, "total_tokens": 500}
GREET, NOTHING = chooses("greet", usage=USAGE), chooses("none", usage=USAGE)


async def ask(reader: LlmReader, askers: Iterable[Asker], *, bot: str, release: Release) -> list[str]:
    """Ask a question of each, which nobody has asked before."""
    outcomes: list[str] = []
    for number, asker in enumerate(askers):
        text = f"{chr(97 + number % 26)}{chr(97 + number // 26)}x {asker.thread} {asker.address}"
        reading = await reader.read(text, bot=bot, release=release, asker=asker)
        outcomes.append(reading.outcome)
        assert reading.outcome != "over_budget" or "is used up" in reading.why
        await asyncio.gather(*reader._gateway._settling)  # type: ignore[union-attr]
    return outcomes


async def test_one_thread_leaves_the_others_their_hour_in_every_process(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    llm.behaviours = [GREET]
    readers = [make_reader(llm_tokens_per_hour=HOUR) for _ in range(2)]
    flood = [Asker("loud")] * 15
    outcomes = [await ask(reader, flood, bot=new_name, release=llm_release) for reader in readers]
    asked = sum(each.count("understood") for each in outcomes)
    assert 2 <= asked <= HOUR * 0.1 / 500
    assert "over_budget" in outcomes[0]
    quiet = await ask(readers[1], [Asker("quiet")], bot=new_name, release=llm_release)
    assert quiet == ["understood"]


@pytest.mark.parametrize("addresses", [["192.0.2.7"], [f"2001:db8:1:2::{n:x}" for n in range(1, 40)]], ids=["4", "6"])
async def test_one_address_with_many_threads_leaves_the_others_half_of_the_hour(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str, addresses: list[str]
) -> None:
    llm.behaviours = [GREET]
    reader = make_reader(llm_tokens_per_hour=HOUR)
    flood = [Asker(f"thread {number}", addresses[number % len(addresses)]) for number in range(30)]
    outcomes = await ask(reader, flood, bot=new_name, release=llm_release)
    assert outcomes.count("understood") <= HOUR * 0.5 / 500
    quiet = await ask(reader, [Asker("quiet", "198.51.100.9")], bot=new_name, release=llm_release)
    assert quiet == ["understood"]


async def test_customers_in_a_form_are_understood_after_everybody_else_has_used_up_the_hour(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    llm.behaviours = [GREET]
    reader = make_reader(llm_tokens_per_hour=HOUR)
    crowd = [Asker(f"thread {number}", f"192.0.2.{number}") for number in range(40)]
    outcomes = await ask(reader, crowd, bot=new_name, release=llm_release)
    assert outcomes[-1] == "over_budget"
    reading = await reader.read("one more " * 20, bot=new_name, release=llm_release, asker=Asker("late"))
    assert "kept for forms" in reading.why
    customer = Asker("customer", "192.0.2.1", is_in_form=True)
    assert await ask(reader, [customer], bot=new_name, release=llm_release) == ["understood"]


async def test_first_question_of_a_thread_is_asked_however_small_its_share(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str
) -> None:
    llm.behaviours = [GREET]
    reader = make_reader(llm_tokens_per_hour=HOUR, llm_thread_share=0.001, llm_address_share=0.001)
    asker = Asker("thread", "192.0.2.7")
    outcomes = await ask(reader, [asker] * 3, bot=new_name, release=llm_release)
    assert outcomes == ["understood", "over_budget", "over_budget"]


async def test_flood_beyond_a_share_does_not_reach_the_database(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm.behaviours = [GREET]
    reader = make_reader(llm_tokens_per_hour=HOUR, llm_thread_share=0.001)
    await ask(reader, [Asker("loud")] * 3, bot=new_name, release=llm_release)
    calls = []
    real = Database.call

    async def count(database: Database, name: str, work: object) -> object:
        calls.append(name)
        return await real(database, name, work)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "call", count)
    for number in range(20):
        reading = await reader.read(f"what {number} is it", bot=new_name, release=llm_release, asker=Asker("loud"))
        assert reading.outcome == "over_budget"
    assert calls == []


@pytest.mark.parametrize("variant", ["ASDF 2 qwer!!!", "asdf 777 qwer", "aaaasdf 1 qwer", "asdf - 12,5 ... qwer"])
async def test_nonsense_that_was_varied_a_little_is_not_asked_again(
    make_reader: MakeReader, llm: ToolServer, llm_release: Release, new_name: str, variant: str
) -> None:
    llm.behaviours = [NOTHING]
    reader = make_reader()
    for text in ("asdf 1 qwer", "aaasdf 1 qwer", "asdf 1,2 qwer", variant):
        reading = await reader.read(text, bot=new_name, release=llm_release)
        assert reading.outcome == "none"
    assert reading.from_cache
    llm.behaviours = [GREET]
    assert (await reader.read("another text", bot=new_name, release=llm_release)).outcome == "understood"


async def test_address_is_never_stored() -> None:
    message = UserMessage(bot="b", thread_id="t", message_id="m", text="x", channel="rest", address="192.0.2.7")
    assert "192.0.2.7" not in message.model_dump_json() + repr(message)
