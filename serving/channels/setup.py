"""Connecting bots to platforms: what there is to set, what is set with its secrets masked, and whether it works.

`intentloop channel`, the admin API and ai-chatbot-framework's integrations call the same functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from pipelines.errors import DeliveryFailed, NotFound, SecretUnavailable, UserInputError
from pipelines.templates.literal_secrets import MASK
from pipelines.templates.references import SECRET_NAME
from serving.channels import graph_api
from serving.channels.connections import Connections
from serving.channels.facebook import Facebook, FacebookSettings
from serving.store.integrations import Integration

WIDGET = "chat_widget"
_REFERENCE = "secret:"
_MAX_VALUE_CHARS = 2000
_MAX_PAGES = 100
_MAX_TRIED = 5
"""Pages whose tokens a test of the connection tries."""


class _NoSettings(BaseModel):
    """Settings of a channel that needs none; others are kept, as ai-chatbot-framework's clients may send some."""

    model_config = ConfigDict(extra="allow")


class _FacebookSettingsIn(FacebookSettings):
    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True)
class Platform:
    """A kind of channel.

    `needed` are the settings without which it refuses everything.
    """

    channel: str
    name: str
    description: str
    settings: type[BaseModel]
    needed: tuple[str, ...] = ()
    is_on_at_first: bool = False

    @property
    def has_webhook(self) -> bool:
        """Whether the platform sends events to a webhook."""
        return self.channel == graph_api.CHANNEL


PLATFORMS = {
    platform.channel: platform
    for platform in (
        Platform(
            graph_api.CHANNEL,
            "Facebook Messenger",
            "Answer the customers who write to your Facebook pages.",
            _FacebookSettingsIn,
            needed=("verify", "secret", "page_access_token"),
        ),
        Platform(WIDGET, "Chat Widget", "A chat window on your website.", _NoSettings, is_on_at_first=True),
    )
}


@dataclass(frozen=True)
class ChannelSetup:
    """What a bot's channel is set to, secrets included.

    Attributes
    ----------
    integration
        What is stored, or would be at first.
    of_environment
        The settings in the environment of the servers, which apply where none is stored.
    origin
        Where the settings come from.
    """

    platform: Platform
    integration: Integration
    of_environment: Mapping[str, JsonValue]
    origin: Literal["stored", "environment", "unset"]

    @property
    def settings(self) -> dict[str, JsonValue]:
        """The settings that apply."""
        stored = self.integration.settings
        return {**stored, **self.of_environment, **{name: value for name, value in stored.items() if value}}

    @property
    def masked(self) -> dict[str, JsonValue]:
        """The settings as they are shown: secrets masked, references to secrets in full."""
        return {name: masked(value) for name, value in self.settings.items()}

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings that are still needed before it works."""
        given = {name for name, value in self.settings.items() if value}
        if "page_access_tokens" in given:
            given.add("page_access_token")
        return tuple(name for name in self.platform.needed if name not in given)


class ConnectionCheck(BaseModel):
    """One thing that a test of a connection looked at."""

    model_config = ConfigDict(frozen=True)

    name: str
    is_ok: bool
    detail: str


class ChannelSettings:
    """Shows and changes the channels of bots."""

    def __init__(self, connections: Connections) -> None:
        self._connections, self._store = connections, connections.store

    async def all(self, bot: str) -> list[ChannelSetup]:
        """Return every channel that there is, set up or not."""
        stored = {each.channel: each for each in await self._store.of_bot(bot)}
        return [self._setup(bot, platform, stored.get(name)) for name, platform in PLATFORMS.items()]

    async def find(self, bot: str, channel: str) -> ChannelSetup:
        """Return a channel, set up or not; raise `NotFound` if there is no such kind of channel."""
        platform = PLATFORMS.get(channel)
        if platform is None:
            raise NotFound("channel", channel, hint=f"the channels are: {', '.join(PLATFORMS)}")
        return self._setup(bot, platform, await self._store.find(bot, channel))

    async def change(
        self,
        before: ChannelSetup,
        *,
        is_enabled: bool | None = None,
        settings: Mapping[str, JsonValue] | None = None,
        overwrites: bool = False,
    ) -> ChannelSetup | None:
        """Change a channel that was read before; None if somebody else has changed it since.

        `settings` replace all; `***` stands for a secret that stays. None leaves them as they are. With `overwrites`
        it is changed whoever has changed it.
        """
        known, platform = before.integration, before.platform
        new = known.model_copy(
            update={
                "is_enabled": known.is_enabled if is_enabled is None else is_enabled,
                "settings": known.settings
                if settings is None
                else checked_settings(platform, settings, known.settings),
            }
        )
        put = await (self._store.put(new) if overwrites else self._store.replace(new, edition=known.edition))
        return None if put is None else ChannelSetup(platform, put, before.of_environment, "stored")

    async def test(self, bot: str, channel: str) -> list[ConnectionCheck]:
        """Try a channel's connection: its settings, its secrets, and each page's token at the platform.

        It takes seconds at most, sends nothing to a customer, and works while the channel is switched off.
        """
        setup = await self.find(bot, channel)
        if not setup.platform.has_webhook:
            return [ConnectionCheck(name="settings", is_ok=True, detail="it needs none")]
        missing = setup.missing
        found = ", ".join(missing)
        checks = [
            ConnectionCheck(
                name="settings", is_ok=not missing, detail=f"missing: {found}; set them" if missing else "complete"
            )
        ]
        try:
            opened = await self._connections.resolved(setup.settings)
        except SecretUnavailable as error:
            return [*checks, ConnectionCheck(name="secrets", is_ok=False, detail=str(error))]
        checks.append(ConnectionCheck(name="secrets", is_ok=True, detail="every reference has a value"))
        return [*checks, *[await _check_page(opened, page) for page in _pages(opened)]]

    def _setup(self, bot: str, platform: Platform, stored: Integration | None) -> ChannelSetup:
        default = self._connections.default_of(bot, platform.channel)
        known = {} if default is None else default.settings
        if stored is not None:
            return ChannelSetup(platform, stored, known, "stored")
        fields = platform.settings().model_dump()
        unset = Integration(bot=bot, channel=platform.channel, is_enabled=platform.is_on_at_first, settings=fields)
        if default is not None:
            return ChannelSetup(platform, unset.model_copy(update={"is_enabled": True}), known, "environment")
        return ChannelSetup(platform, unset, known, "unset")


def checked_settings(
    platform: Platform, given: Mapping[str, JsonValue], known: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return settings to be stored: validated, with each `***` replaced by what is known.

    Raise `UserInputError` with the names of what cannot be used; no value is quoted.
    """
    problems: list[str] = []
    settings = {name: _restored(name, value, known.get(name), problems) for name, value in given.items()}
    try:
        read = platform.settings.model_validate(settings)
    except ValidationError as error:
        problems += [_problem(fault, platform) for fault in error.errors(include_input=False)]
    if problems:
        raise UserInputError(f"settings of {platform.channel}: {'; '.join(problems[:5])}")
    return read.model_dump(mode="json")


def _problem(fault: Mapping[str, Any], platform: Platform) -> str:
    if fault["type"] == "extra_forbidden":  # its name may be a secret in the wrong place
        return f"there are settings that it does not have; it has {', '.join(platform.settings.model_fields)}"
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def _restored(name: str, value: JsonValue, known: JsonValue, problems: list[str]) -> JsonValue:
    if isinstance(value, dict):
        if len(value) > _MAX_PAGES:
            problems.append(f"{name}: more than {_MAX_PAGES} are not possible")
            return {}
        before = known if isinstance(known, dict) else {}
        return {key: _restored(f"{name}.{key}", inner, before.get(key), problems) for key, inner in value.items()}
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text == MASK:
        return known if isinstance(known, str) else ""
    if text.startswith(MASK):
        problems.append(f"{name}: it begins with {MASK}, which stands for the present value; write the whole new one")
    elif text.startswith(_REFERENCE) and not SECRET_NAME.fullmatch(text.removeprefix(_REFERENCE)):
        problems.append(f"{name}: the NAME of {_REFERENCE}NAME consists of capital letters, digits and _")
    elif len(text) > _MAX_VALUE_CHARS or not text.isprintable():
        problems.append(f"{name}: a value has at most {_MAX_VALUE_CHARS} printable characters")
    return text


def masked(value: JsonValue) -> JsonValue:
    """Return a setting as it is shown."""
    if isinstance(value, dict):
        return {name: masked(inner) for name, inner in value.items()}
    if not isinstance(value, str) or not value or value.startswith(_REFERENCE):
        return value
    return MASK


def _pages(opened: Facebook) -> list[str]:
    """Return the pages whose tokens are tried; an empty name stands for the token of all others."""
    settings = opened.settings
    return [*([""] if settings.page_access_token else []), *settings.page_access_tokens][:_MAX_TRIED]


async def _check_page(opened: Facebook, page: str) -> ConnectionCheck:
    settings = opened.settings
    token = settings.page_access_tokens[page] if page else settings.page_access_token
    name = f"page {page}" if page else "page token"
    try:
        title = await opened.api.page_of(token, app_secret=settings.secret)
    except DeliveryFailed as error:
        return ConnectionCheck(name=name, is_ok=False, detail=f"Messenger does not accept it: {error.reason}")
    return ConnectionCheck(name=name, is_ok=True, detail=f"it is of the page {title!r}" if title else "accepted")
