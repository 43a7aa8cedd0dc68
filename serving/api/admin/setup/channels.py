"""The channels of a bot: connected, switched on and off, and tried, with every secret masked."""

from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipelines.errors import EditConflict
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.etags import ANY, IfMatch, etag_of, require_match, tagged
from serving.api.admin.route import AdminRouter, note_change
from serving.api.errors import ErrorBody
from serving.api.webhooks import ChannelName, InboxOfApp
from serving.channels.incoming import BotName
from serving.channels.setup import ChannelSettings, ChannelSetup

_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such channel."}}

router = AdminRouter(prefix="/api/v1/bots/{bot}/channels", tags=["channels"], responses=_ERRORS)

Bot = Annotated[BotName, Path()]


class ChannelOut(BaseModel):
    """A channel of a bot, connected or not."""

    channel: str
    name: str = Field(description="For people.")
    description: str
    is_enabled: bool
    settings: dict[str, JsonValue] = Field(
        description="Secrets are `***`, references to secrets are shown: `secret:NAME`. Empty: not set."
    )
    missing: tuple[str, ...] = Field(description="Settings that are still needed before it works.")
    origin: Literal["stored", "environment", "unset"] = Field(
        description="Where the settings come from; those of the servers' environment apply where none is stored."
    )
    webhook: str | None = Field(description="Path to register at the platform, if it has a webhook.")
    edition: str = Field(description="Another one after each change.")

    @classmethod
    def of(cls, setup: ChannelSetup) -> "ChannelOut":
        """Convert a channel."""
        platform, integration = setup.platform, setup.integration
        path = f"/api/v1/bots/{integration.bot}/channels/{platform.channel}/webhook"
        return cls(
            channel=platform.channel,
            name=platform.name,
            description=platform.description,
            is_enabled=integration.is_enabled,
            settings=setup.masked,
            missing=setup.missing,
            origin=setup.origin,
            webhook=path if platform.has_webhook else None,
            edition=integration.edition,
        )


class ChannelIn(BaseModel):
    """What a channel is set to."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "is_enabled": True,
                    "settings": {"verify": "***", "secret": "secret:FB_APP", "page_access_token": "secret:FB_PAGE"},
                }
            ]
        },
    )

    is_enabled: bool
    settings: dict[str, JsonValue] = Field(
        description="All settings. `***` stands for the present value; write a secret as `secret:NAME` to keep its "
        "value out of the database."
    )


class ChannelChange(BaseModel):
    """What changes of a channel; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_enabled": False}]})

    is_enabled: bool | None = None
    settings: dict[str, JsonValue] | None = Field(default=None, description="The settings that change.")


class CheckOut(BaseModel):
    """One thing that was looked at."""

    name: str
    is_ok: bool
    detail: str


class ConnectionTest(BaseModel):
    """The result of a test of a connection."""

    is_ok: bool
    checks: tuple[CheckOut, ...]


@router.get("", summary="List channels", dependencies=[allow(Role.VIEWER)])
async def list_channels(bot: Bot, inbox: InboxOfApp) -> list[ChannelOut]:
    """Return every channel that a bot can have, connected or not."""
    return [ChannelOut.of(each) for each in await ChannelSettings(inbox.connections).all(bot)]


@router.get("/{channel}", summary="Show a channel", dependencies=[allow(Role.VIEWER)])
async def show_channel(bot: Bot, channel: ChannelName, response: Response, inbox: InboxOfApp) -> ChannelOut:
    """Return one channel, with its secrets masked."""
    return _shown(await ChannelSettings(inbox.connections).find(bot, channel), response)


@router.put("/{channel}", summary="Set up a channel", dependencies=[allow(Role.OPERATOR)])
async def set_channel(
    bot: Bot,
    channel: ChannelName,
    wanted: ChannelIn,
    request: Request,
    response: Response,
    inbox: InboxOfApp,
    if_match: IfMatch = None,
) -> ChannelOut:
    """Set everything of a channel. It takes effect with the next event of the platform."""
    change = ChannelChange(is_enabled=wanted.is_enabled, settings=wanted.settings)
    return await _change(bot, channel, change, request, response, inbox, if_match=if_match)


@router.patch("/{channel}", summary="Change a channel", dependencies=[allow(Role.OPERATOR)])
async def change_channel(
    bot: Bot,
    channel: ChannelName,
    wanted: ChannelChange,
    request: Request,
    response: Response,
    inbox: InboxOfApp,
    if_match: IfMatch = None,
) -> ChannelOut:
    """Change some settings of a channel, or switch it on or off."""
    return await _change(bot, channel, wanted, request, response, inbox, if_match=if_match, is_partial=True)


@router.post("/{channel}/test", summary="Test a channel's connection", dependencies=[allow(Role.OPERATOR)])
async def test_channel(bot: Bot, channel: ChannelName, inbox: InboxOfApp) -> ConnectionTest:
    """Check the settings, the secrets and, at the platform, the tokens of up to five pages. Nothing is sent."""
    checks = await ChannelSettings(inbox.connections).test(bot, channel)
    shown = tuple(CheckOut(**check.model_dump()) for check in checks)
    return ConnectionTest(is_ok=all(check.is_ok for check in checks), checks=shown)


async def _change(
    bot: str,
    channel: str,
    wanted: ChannelChange,
    request: Request,
    response: Response,
    inbox: InboxOfApp,
    *,
    if_match: str | None,
    is_partial: bool = False,
) -> ChannelOut:
    channels = ChannelSettings(inbox.connections)
    before = await channels.find(bot, channel)
    shown = ChannelOut.of(before).model_dump(mode="json")
    require_match(if_match, shown)
    settings = wanted.settings
    if is_partial and settings is not None:
        settings = {**before.integration.settings, **settings}
    overwrites = (if_match or "").strip() == ANY
    after = await channels.change(before, is_enabled=wanted.is_enabled, settings=settings, overwrites=overwrites)
    if after is None:
        now = ChannelOut.of(await channels.find(bot, channel)).model_dump(mode="json")
        raise EditConflict(now, etag=etag_of(now))
    note_change(request, before=shown, after=ChannelOut.of(after).model_dump(mode="json"))
    return _shown(after, response)


def _shown(setup: ChannelSetup, response: Response) -> ChannelOut:
    return tagged(ChannelOut.of(setup), response)
