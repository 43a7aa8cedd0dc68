"""ai-chatbot-framework's integrations: the default bot's channels."""

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, Field, JsonValue

from pipelines.errors import EditConflict, UserInputError
from serving.access.roles import Role
from serving.api.access import Reach, allow
from serving.api.admin.route import AdminRouter, note_change
from serving.api.errors import ErrorBody
from serving.api.webhooks import DefaultBot, InboxOfApp
from serving.channels.setup import ChannelSettings, ChannelSetup

_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such integration."}}
_TRIES = 10
"""Its front end saves at every key stroke, and several of its requests may be under way at once."""
_OWN_SETTING = "page_access_tokens"
"""A setting that ai-chatbot-framework does not have; shown only if it is used."""

router = AdminRouter(prefix="/admin/integrations", tags=["compatible"], responses=_ERRORS)

IntegrationId = Annotated[str, Path(max_length=100)]


class CompatIntegration(BaseModel):
    """A channel in the format of ai-chatbot-framework."""

    id: str = Field(description="`facebook` or `chat_widget`.")
    name: str
    description: str
    status: bool = Field(description="Whether it is switched on.")
    settings: dict[str, JsonValue] = Field(description="Secrets are `***`.")

    @classmethod
    def of(cls, setup: ChannelSetup) -> "CompatIntegration":
        """Convert a channel."""
        platform = setup.platform
        settings = {name: value for name, value in setup.masked.items() if value or name != _OWN_SETTING}
        return cls(
            id=platform.channel,
            name=platform.name,
            description=platform.description,
            status=setup.integration.is_enabled,
            settings=settings,
        )


class CompatIntegrationIn(BaseModel):
    """What changes. `name` and `description` are ours and ignored; `***` keeps a secret."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    status: bool | None = None
    settings: dict[str, JsonValue] | None = None


@router.get("", summary="List integrations (compatible)", dependencies=[allow(Role.VIEWER, on=Reach.DEFAULT_BOT)])
async def list_compat_integrations(bot: DefaultBot, inbox: InboxOfApp) -> list[CompatIntegration]:
    """Return the default bot's channels."""
    return [CompatIntegration.of(each) for each in await ChannelSettings(inbox.connections).all(bot)]


@router.get(
    "/{integration_id}", summary="Show an integration (compatible)",
    dependencies=[allow(Role.VIEWER, on=Reach.DEFAULT_BOT)],
)  # fmt: skip
async def show_compat_integration(
    integration_id: IntegrationId, bot: DefaultBot, inbox: InboxOfApp
) -> CompatIntegration:
    """Return one of the default bot's channels."""
    return CompatIntegration.of(await ChannelSettings(inbox.connections).find(bot, integration_id))


@router.put(
    "/{integration_id}", summary="Change an integration (compatible)",
    dependencies=[allow(Role.OPERATOR, on=Reach.DEFAULT_BOT)],
)  # fmt: skip
async def change_compat_integration(
    integration_id: IntegrationId, wanted: CompatIntegrationIn, request: Request, bot: DefaultBot, inbox: InboxOfApp
) -> CompatIntegration:
    """Change a channel of the default bot; settings that are left out stay."""
    if wanted.id not in (None, integration_id):
        raise UserInputError(f"id: this is the integration {integration_id!r}; its id cannot change")
    channels = ChannelSettings(inbox.connections)
    for _ in range(_TRIES):
        before = await channels.find(bot, integration_id)
        settings = None if wanted.settings is None else {**before.integration.settings, **wanted.settings}
        after = await channels.change(before, is_enabled=wanted.status, settings=settings)
        if after is not None:
            shown = CompatIntegration.of(after)
            note_change(request, before=CompatIntegration.of(before).model_dump(), after=shown.model_dump())
            return shown
    now = CompatIntegration.of(await channels.find(bot, integration_id))
    raise EditConflict(now.model_dump(), etag=None)
