"""Bots with a language model's endpoint of their own, in place of the platform's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.addresses import is_plain_address
from pipelines.errors import LlmUnavailable, SecretUnavailable, SetupProblem, StoreUnavailable
from serving.clock import MonotonicClock
from serving.llm.asking import LlmGateway
from serving.store.bot_settings import BotSettingsStore

LLM_SECTION = "llm"
"""Section of a bot's settings."""
REFRESH_SECONDS = 10.0
"""How long a bot's settings are used before they are read again."""

_log = logging.getLogger(__name__)


class LlmEndpoint(BaseModel):
    """An OpenAI-compatible endpoint. The key is a reference; its value stays where secrets are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(max_length=500, description="Such as `https://.../v1`.", examples=["https://llm.example/v1"])
    key: str | None = Field(
        default=None,
        pattern=r"^secret:[A-Z][A-Z0-9_]{0,62}$",
        description="`secret:NAME`: the key is `INTENTLOOP_SECRET_NAME`. Null: the endpoint needs none.",
    )

    @field_validator("base_url")
    @classmethod
    def _is_plain(cls, value: str) -> str:
        is_written_out = value.isascii() and value.isprintable() and " " not in value
        if not (is_written_out and is_plain_address(value)) or "?" in value or "#" in value:
            raise ValueError("it must be an http:// or https:// address in ASCII, without a user name or a query")
        return value


OpenGateway = Callable[[LlmEndpoint], Awaitable[LlmGateway]]
"""Opens the gateway to an endpoint; raises `SecretUnavailable` if its key cannot be read."""


@dataclass(frozen=True, slots=True)
class _Known:
    endpoint: LlmEndpoint | None
    gateway: LlmGateway | None
    until: float


class OwnEndpoints:
    """The gateways of the bots with an endpoint of their own, opened at their first question.

    Parameters
    ----------
    open_gateway
        Opens the gateway to an endpoint.
    clock
        Monotonic clock, in seconds.
    """

    def __init__(self, store: BotSettingsStore, open_gateway: OpenGateway, *, clock: MonotonicClock) -> None:
        self._store, self._open, self._clock = store, open_gateway, clock
        self._known: dict[str, _Known] = {}
        self._retired: list[LlmGateway] = []
        self._looking: dict[str, asyncio.Lock] = {}

    async def aclose(self) -> None:
        """Close every connection."""
        gateways = [known.gateway for known in self._known.values() if known.gateway is not None]
        for gateway in (*gateways, *self._retired):
            await gateway.aclose()

    async def find(self, bot: str) -> LlmGateway | None:
        """Return the gateway to a bot's own endpoint; None if it has none.

        Raise `LlmUnavailable` if it may have one that cannot be used: a customer's words go to no other instead.
        """
        async with self._looking.setdefault(bot, asyncio.Lock()):
            known = self._known.get(bot)
            if known is None or known.until < self._clock():
                known = self._known[bot] = await self._look_up(bot, known)
        return known.gateway

    async def _look_up(self, bot: str, known: _Known | None) -> _Known:
        until = self._clock() + REFRESH_SECONDS
        try:
            endpoint = await endpoint_of(self._store, bot)
        except StoreUnavailable as error:
            if known is not None:
                return _Known(known.endpoint, known.gateway, until)
            raise LlmUnavailable("the bot's settings cannot be read, because the database does not answer") from error
        if known is not None and known.endpoint == endpoint:
            return _Known(endpoint, known.gateway, until)
        gateway = None if endpoint is None else await self._opened(bot, endpoint)
        if known is not None and known.gateway is not None:
            self._retired.append(known.gateway)  # questions may be under way
        return _Known(endpoint, gateway, until)

    async def _opened(self, bot: str, endpoint: LlmEndpoint) -> LlmGateway:
        try:
            return await self._open(endpoint)
        except (SecretUnavailable, SetupProblem) as error:
            _log.error("bot %s: its language model cannot be used: %s", bot, error)
            raise LlmUnavailable("the key of the bot's endpoint cannot be used") from error


async def endpoint_of(store: BotSettingsStore, bot: str) -> LlmEndpoint | None:
    """Return a bot's own endpoint; None if it has none."""
    section = (await store.find(bot)).sections.get(LLM_SECTION)
    try:
        return None if section is None else LlmEndpoint.model_validate(section)
    except ValidationError as error:
        raise LlmUnavailable("the settings of the bot's language model cannot be read; set them again") from error
