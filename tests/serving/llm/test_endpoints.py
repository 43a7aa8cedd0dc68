"""Bots with an endpoint of their own: it is asked, and no other in its place."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from pipelines.registry.release import Release
from pipelines.schemas.llm_reading import LlmReading
from pipelines.settings import Settings
from serving.llm.endpoints import LLM_SECTION, REFRESH_SECONDS, LlmEndpoint
from serving.llm.reader import LlmReader
from serving.store.bot_settings import BotSettingsStore
from serving.store.client import Database
from serving.tools.guard import GuardedBackend, allowed_origins
from serving.tools.secrets import Secrets
from serving.wiring import connect_llm
from tests.fakes.llm_server import chooses, llm_server
from tests.fakes.tool_server import ToolServer
from tests.support.llm import TIMEOUT_SECONDS, Clock
from tests.support.records import now

Read = Callable[[str], Awaitable[LlmReading]]


@pytest.fixture
async def own() -> AsyncIterator[ToolServer]:
    async with llm_server() as server:
        server.behaviours = [chooses("greet")]
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def reader(database: Database, llm: ToolServer, own: ToolServer, clock: Clock) -> AsyncIterator[LlmReader]:
    llm.behaviours = [chooses("greet")]
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        llm_base_url=f"{llm.url}/v1",
        llm_timeout_seconds=TIMEOUT_SECONDS,
        openai_api_key=SecretStr("sk-platform"),
    )
    backend = GuardedBackend(allowed=allowed_origins([own.url.removeprefix("http://")], []))
    secrets = Secrets({"INTENTLOOP_SECRET_LLM": "sk-own", "INTENTLOOP_SECRET_BROKEN": "sk-\u00f6"})
    connect = partial(connect_llm, settings, backend, secrets)
    async with LlmReader.over(database, settings, now=now, clock=clock, connect=connect) as reader:
        yield reader


async def set_endpoint(database: Database, bot: str, value: Any) -> None:
    store = BotSettingsStore(database)
    assert await store.replace(await store.find(bot), LLM_SECTION, value) is not None


async def test_the_own_endpoint_is_asked_with_its_own_key(
    reader: LlmReader, database: Database, llm_release: Release, llm: ToolServer, own: ToolServer, new_name: str
) -> None:
    await set_endpoint(database, new_name, {"base_url": f"{own.url}/v1", "key": "secret:LLM"})
    assert (await reader.read("hello", bot=new_name, release=llm_release)).outcome == "understood"
    assert (await reader.read("hello", bot=f"{new_name}-2", release=llm_release)).outcome == "understood"
    assert [request.headers["authorization"] for request in own.received] == ["Bearer sk-own"]
    assert [request.headers["authorization"] for request in llm.received] == ["Bearer sk-platform"]


async def test_a_change_takes_effect_after_seconds(
    reader: LlmReader,
    database: Database,
    llm_release: Release,
    llm: ToolServer,
    own: ToolServer,
    clock: Clock,
    new_name: str,
) -> None:
    await reader.read("one", bot=new_name, release=llm_release)
    await set_endpoint(database, new_name, {"base_url": f"{own.url}/v1"})
    await reader.read("two", bot=new_name, release=llm_release)
    clock.ahead += REFRESH_SECONDS + 1
    await reader.read("three", bot=new_name, release=llm_release)
    await set_endpoint(database, new_name, None)
    clock.ahead += REFRESH_SECONDS + 1
    await reader.read("four", bot=new_name, release=llm_release)
    assert (len(llm.received), len(own.received)) == (3, 1)


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ({"base_url": "http://10.0.0.1/v1"}, "not on the public internet"),
        ({"base_url": "http://169.254.169.254/latest"}, "not on the public internet"),
        ({"base_url": "OWN", "key": "secret:NOWHERE"}, "the key of the bot's endpoint cannot be used"),
        ({"base_url": "OWN", "key": "secret:BROKEN"}, "the key of the bot's endpoint cannot be used"),
        ({"base": "x"}, "cannot be read"),
    ],
)
async def test_customers_words_go_to_no_other_endpoint_instead(
    reader: LlmReader,
    database: Database,
    llm_release: Release,
    llm: ToolServer,
    own: ToolServer,
    new_name: str,
    endpoint: dict[str, str],
    why: str,
) -> None:
    await set_endpoint(database, new_name, {name: text.replace("OWN", own.url) for name, text in endpoint.items()})
    reading = await reader.read("hello", bot=new_name, release=llm_release)
    assert reading.outcome == "unavailable"
    assert why in reading.why
    assert "10.0.0" not in reading.why
    assert llm.received == own.received == []


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "ftp://llm.example"},
        {"base_url": "https://jane:secret@llm.example/v1"},
        {"base_url": "https://"},
        {"base_url": "https://llm.example:99999/v1"},
        {"base_url": "https://llm.example/v1", "key": "sk-a-real-key"},
        {"base_url": "https://llm.example/v1", "key": "secret:lower"},
        {"base_url": "https://llm.example/v1", "api_key": "secret:A"},
    ],
)
def test_an_endpoint_without_an_address_or_with_a_real_key_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        LlmEndpoint.model_validate(given)
