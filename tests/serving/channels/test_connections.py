from collections.abc import AsyncIterator

import httpx2
import pytest

from pipelines.errors import NotFound, SecretUnavailable
from serving.channels.connections import Connections
from serving.channels.facebook import Facebook, FacebookSettings
from serving.channels.graph_api import GraphApi
from serving.store.client import Database
from serving.store.integrations import Integration, IntegrationStore
from serving.tools.secrets import Secrets

OF_ENVIRONMENT = {"verify": "v", "secret": "secret:APP", "page_access_token": "t"}


@pytest.fixture
async def connections(database: Database, new_name: str) -> AsyncIterator[Connections]:
    async with httpx2.AsyncClient() as http:
        yield Connections(
            IntegrationStore(database),
            secrets=Secrets({"INTENTLOOP_SECRET_APP": "s3cret"}),
            graph_api=GraphApi(http, base_url="http://127.0.0.1:1"),
            defaults=(Integration(bot=new_name, channel="facebook", settings=dict(OF_ENVIRONMENT)),),
        )


async def settings_of(connections: Connections, bot: str) -> FacebookSettings:
    channel = await connections.open(bot, "facebook")
    assert isinstance(channel, Facebook)
    return channel.settings


async def test_open_resolves_secrets(connections: Connections, new_name: str) -> None:
    assert (await settings_of(connections, new_name)).secret == "s3cret"


async def test_open_takes_what_is_stored_first_and_the_defaults_for_the_rest(
    connections: Connections, database: Database, new_name: str
) -> None:
    stored = FacebookSettings(page_access_token="new", page_access_tokens={"1002": "secret:APP"})
    await IntegrationStore(database).put(Integration(bot=new_name, channel="facebook", settings=stored.model_dump()))
    assert await settings_of(connections, new_name) == FacebookSettings(
        verify="v", secret="s3cret", page_access_token="new", page_access_tokens={"1002": "s3cret"}
    )


async def test_open_knows_no_defaults_of_other_bots(
    connections: Connections, database: Database, new_name: str
) -> None:
    with pytest.raises(NotFound):
        await connections.open(f"{new_name}-2", "facebook")
    await IntegrationStore(database).put(Integration(bot=f"{new_name}-2", channel="facebook"))
    assert await settings_of(connections, f"{new_name}-2") == FacebookSettings()


async def test_open_of_what_is_switched_off_or_unknown(
    connections: Connections, database: Database, new_name: str
) -> None:
    with pytest.raises(NotFound, match="the channels with a webhook are: facebook"):
        await connections.open(new_name, "telegraph")
    await IntegrationStore(database).put(Integration(bot=new_name, channel="facebook", is_enabled=False))
    with pytest.raises(NotFound, match="switch it on"):
        await connections.open(new_name, "facebook")


async def test_open_with_a_secret_that_has_no_value(
    connections: Connections, database: Database, new_name: str
) -> None:
    settings = {"secret": "secret:NOPE"}
    await IntegrationStore(database).put(Integration(bot=new_name, channel="facebook", settings=dict(settings)))
    with pytest.raises(SecretUnavailable, match="NOPE"):
        await connections.open(new_name, "facebook")
