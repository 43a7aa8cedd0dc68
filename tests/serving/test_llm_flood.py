"""One sender's nonsense does not use up the language model of all, asked of a real process."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.fakes.llm_server import chooses
from tests.fakes.tool_server import tool_server
from tests.support.api_process import api_process
from tests.support.servers import ENGINES, mongo_server

pytestmark = [pytest.mark.integration, pytest.mark.slow]

NONSENSE = 165
USAGE = {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("threads", [1, NONSENSE], ids=["one-thread", "a-thread-each"])
async def test_a_flood_of_nonsense_leaves_others_understood(
    tmp_path: Path, tiny_release_folder: Path, threads: int
) -> None:
    settings = {
        "llm_tokens_per_hour": 60_000,  # a hundred questions, fewer than the nonsense
        "rate_limit_thread": 0,
        "rate_limit_address": 0,
    }
    async with tool_server() as llm, httpx2.AsyncClient(timeout=60) as client:
        with (
            mongo_server(ENGINES[0], tmp_path / "database") as mongo_uri,
            api_process(
                tmp_path / "api",
                release=tiny_release_folder,
                mongo_uri=mongo_uri,
                shop="http://127.0.0.1:1",
                llm=f"{llm.url}/v1",
                settings=settings,
            ) as url,
        ):
            turns = asyncio.Semaphore(8)

            async def say(text: str, *, thread: str, address: str) -> list[str]:
                async with turns:
                    response = await client.post(
                        f"{url}/api/v1/bots/default/messages",
                        json={"thread_id": thread, "text": text},
                        headers={"X-Forwarded-For": address},
                    )
                assert response.status_code == 200, response.text
                return [reply["text"] for reply in response.json()["replies"]]

            llm.behaviours = [chooses("none", usage=USAGE)]
            flood = [
                say(
                    f"{LETTERS[number % 26] * 3}{LETTERS[number // 26] * 4} blorf",
                    thread=f"loud-{number % threads}",
                    address="192.0.2.7",
                )
                for number in range(NONSENSE)
            ]
            assert await asyncio.gather(*flood) == [["Sorry, I did not understand."]] * NONSENSE
            spent = len(llm.received)
            assert 1 <= spent <= 50, "a thread may use a share of the hour, an address half of it"
            llm.behaviours = [chooses("greet", confidence=0.9, usage=USAGE)]
            assert await say("wotcher matey", thread="quiet", address="198.51.100.9") == ["Hello!"]
            assert len(llm.received) == spent + 1
