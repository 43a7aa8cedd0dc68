from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.llm.brief import Brief
from serving.llm.reader import LlmReader
from serving.store.client import Database
from tests.fakes.llm_server import llm_server
from tests.fakes.tool_server import ToolServer
from tests.support.llm import TIMEOUT_SECONDS, Clock, MakeReader, asking
from tests.support.records import now


@pytest.fixture
async def llm() -> AsyncIterator[ToolServer]:
    """Give an endpoint that the test scripts."""
    async with llm_server() as server:
        yield server


@pytest.fixture(scope="session")
def llm_release(tiny_release: Release) -> Release:
    """Give a release that asks a language model where it is not sure."""
    return asking(tiny_release)


@pytest.fixture(scope="session")
def brief(llm_release: Release) -> Brief:
    """Give the brief of that release."""
    assert llm_release.definition.llm is not None
    return Brief.of(llm_release, llm_release.definition.llm)


@pytest.fixture
async def make_reader(llm: ToolServer, database: Database) -> AsyncIterator[MakeReader]:
    """Give a function that makes readers of the endpoint, with settings of the test's own."""
    readers = []

    def make(clock: Clock | None = None, **fields: Any) -> LlmReader:
        defaults = {"llm_base_url": f"{llm.url}/v1", "llm_timeout_seconds": TIMEOUT_SECONDS}
        settings = Settings(_env_file=None, openai_api_key=SecretStr("sk-ours"), **(defaults | fields))
        readers.append(LlmReader.over(database, settings, now=now, clock=clock or Clock()))
        return readers[-1]

    yield make
    for reader in readers:
        await reader.aclose()
