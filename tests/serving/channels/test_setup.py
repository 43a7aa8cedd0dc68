"""Setting up a channel: secrets stay masked and are kept, and a test of the connection says what is wrong."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pipelines.errors import NotFound, UserInputError
from serving.channels.connections import Connections
from serving.channels.graph_api import CHANNEL, GraphApi
from serving.channels.setup import MASK, WIDGET, ChannelSettings
from serving.store.client import Database
from serving.store.integrations import Integration, IntegrationStore
from serving.tools.secrets import Secrets
from tests.fakes.graph_server import failure
from tests.fakes.tool_server import ToolServer, answer, hang_up, tool_server

CANARY = "canary-7d793037a0"
SETTINGS = {"verify": f"v-{CANARY}", "secret": f"s-{CANARY}", "page_access_token": f"t-{CANARY}"}


@pytest.fixture
async def platform() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def channels(database: Database, new_name: str, platform: ToolServer) -> AsyncIterator[ChannelSettings]:
    async with httpx2.AsyncClient(timeout=None) as http:
        of_environment = Integration(bot=f"{new_name}-env", channel=CHANNEL, settings={"secret": f"e-{CANARY}"})
        connections = Connections(
            IntegrationStore(database),
            secrets=Secrets({"INTENTLOOP_SECRET_PAGE": f"p-{CANARY}"}),
            graph_api=GraphApi(http, base_url=f"{platform.url}/v24.0"),
            defaults=(of_environment,),
        )
        yield ChannelSettings(connections)


async def put(channels: ChannelSettings, bot: str, **settings: Any) -> Any:
    changed = await channels.change(await channels.find(bot, CHANNEL), settings=settings)
    assert changed is not None
    return changed


async def test_all_shows_every_channel_also_before_it_is_set_up(channels: ChannelSettings, new_name: str) -> None:
    found = {each.platform.channel: each for each in await channels.all(new_name)}
    assert list(found) == [CHANNEL, WIDGET]
    assert not found[CHANNEL].integration.is_enabled
    assert found[CHANNEL].missing == ("verify", "secret", "page_access_token")
    assert found[WIDGET].integration.is_enabled
    assert found[WIDGET].missing == ()


async def test_masks_sent_back_keep_the_secrets(channels: ChannelSettings, new_name: str) -> None:
    changed = await put(channels, new_name, **SETTINGS, page_access_tokens={"1": f"u-{CANARY}", "2": "secret:PAGE"})
    assert CANARY not in str(changed.masked)
    assert changed.masked["page_access_tokens"] == {"1": MASK, "2": "secret:PAGE"}
    again = await put(channels, new_name, **{**changed.masked, "verify": "new"})
    assert again.integration.settings == {**changed.integration.settings, "verify": "new"}


async def test_a_secret_of_the_environment_is_not_copied_into_the_database(
    channels: ChannelSettings, new_name: str
) -> None:
    bot = f"{new_name}-env"
    before = await channels.find(bot, CHANNEL)
    assert (before.origin, before.masked["secret"]) == ("environment", MASK)
    after = await put(channels, bot, verify="v", secret=MASK, page_access_token="t")
    assert CANARY not in str(after.integration)
    assert after.settings["secret"] == f"e-{CANARY}"


async def test_the_second_of_two_editors_changes_nothing(channels: ChannelSettings, new_name: str) -> None:
    read = await channels.find(new_name, CHANNEL)
    assert await channels.change(read, is_enabled=True) is not None
    assert await channels.change(read, settings=SETTINGS) is None
    assert await channels.change(read, settings=SETTINGS, overwrites=True) is not None


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"verify": f"{MASK}{CANARY}"}, "verify: it begins with"),
        ({"secret": "secret:not a name"}, "secret: the NAME of secret:NAME"),
        ({"secret": f"{CANARY}\n"}, None),
        ({"secret": f"a\x00{CANARY}"}, "secret: a value has at most"),
        ({"verify": 5}, "verify: Input should be a valid string"),
        ({"page_access_tokens": {"1": [CANARY]}}, "page_access_tokens.1: Input should be a valid string"),
        ({"other": CANARY}, "there are settings that it does not have; it has verify, secret"),
        ({"page_access_tokens": {str(number): "t" for number in range(101)}}, "more than 100"),
    ],
)
async def test_what_cannot_be_set_is_named_and_not_quoted(
    channels: ChannelSettings, new_name: str, given: dict[str, Any], problem: str | None
) -> None:
    if problem is None:
        assert (await put(channels, new_name, **given)).settings["secret"] == CANARY
        return
    with pytest.raises(UserInputError) as refused:
        await put(channels, new_name, **given)
    assert problem in str(refused.value)
    assert CANARY not in str(refused.value)


async def test_there_is_no_other_channel(channels: ChannelSettings, new_name: str) -> None:
    with pytest.raises(NotFound, match="the channels are: facebook, chat_widget"):
        await channels.find(new_name, "telegraph")


async def test_a_test_asks_the_platform_for_each_page(
    channels: ChannelSettings, new_name: str, platform: ToolServer
) -> None:
    await put(channels, new_name, **SETTINGS, page_access_tokens={"1002": "secret:PAGE"})
    platform.behaviours = [answer('{"name": "Tents & more", "id": "1"}'), failure(190)]
    checks = await channels.test(new_name, CHANNEL)
    assert [(check.name, check.is_ok) for check in checks] == [
        ("settings", True),
        ("secrets", True),
        ("page token", True),
        ("page 1002", False),
    ]
    assert "Tents & more" in checks[2].detail
    assert "code 190" in checks[3].detail
    first, second = platform.received
    assert (first.method, first.headers["authorization"]) == ("GET", f"Bearer t-{CANARY}")
    assert second.headers["authorization"] == f"Bearer p-{CANARY}"
    assert CANARY not in first.target + str(checks)


async def test_a_test_names_what_is_missing(channels: ChannelSettings, new_name: str, platform: ToolServer) -> None:
    await put(channels, new_name, verify="v", page_access_token="secret:NOWHERE")
    checks = await channels.test(new_name, CHANNEL)
    assert [(check.name, check.is_ok) for check in checks] == [("settings", False), ("secrets", False)]
    assert "missing: secret" in checks[0].detail
    assert "INTENTLOOP_SECRET_NOWHERE" in checks[1].detail
    assert platform.received == []


@pytest.mark.parametrize("token", ["t", "t\u00f6ken"])
async def test_a_test_survives_a_platform_that_does_not(
    channels: ChannelSettings, new_name: str, platform: ToolServer, token: str
) -> None:
    platform.behaviours = [hang_up]
    await put(channels, new_name, verify="v", secret="s", page_access_token=token)
    *_, last = await channels.test(new_name, CHANNEL)
    assert not last.is_ok
    assert platform.url.rpartition(":")[2] not in last.detail
    assert "127.0.0.1" not in last.detail


async def test_the_widget_needs_nothing(channels: ChannelSettings, new_name: str) -> None:
    assert [check.is_ok for check in await channels.test(new_name, WIDGET)] == [True]
