"""A chat with a bot in this process: real services, real database, a tool over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.dialogue.messages import TurnResponse, UserMessage
from serving.dialogue.services import Services
from serving.dialogue.turn import handle_turn
from serving.wiring import open_services
from tests.support.fixed import FixedReleases


@dataclass
class Chat:
    """One process's services and the bot that is talked to."""

    services: Services
    releases: FixedReleases
    bot: str
    count: int = 0

    async def send(
        self, text: str, *, thread: str = "t", message_id: str | None = None, channel: str = "rest", **fields: Any
    ) -> TurnResponse:
        """Send a message; without an id it gets a new one."""
        self.count += 1
        message_id = message_id or f"{id(self)}-{self.count}"
        message = UserMessage(
            bot=self.bot, thread_id=thread, message_id=message_id, text=text, channel=channel, **fields
        )
        return await handle_turn(message, self.services)

    async def say(self, text: str, **fields: Any) -> list[str]:
        """Send a message and give the texts of the replies."""
        return [reply.text for reply in (await self.send(text, **fields)).replies]


@asynccontextmanager
async def open_chat(settings: Settings, release: Release, *, bot: str) -> AsyncIterator[Chat]:
    """Open services as a process of its own would."""
    releases = FixedReleases({bot: release})
    async with open_services(settings, releases=releases) as services:
        yield Chat(services, releases, bot)
