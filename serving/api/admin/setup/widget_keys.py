"""Widget keys: which pages may use a bot's chat routes."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas.policy import BotPolicy, WidgetKey
from serving.access.chat_keys import new_widget_key, read_origins, widget_key_of, with_widget_key
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.etags import IfMatch, require_match, tagged
from serving.api.admin.paging import Page
from serving.api.admin.policies import edit_policy
from serving.api.admin.route import AdminRouter, note_change, services_of
from serving.api.errors import ErrorBody
from serving.api.fields import CHAT_KEY_ID
from serving.channels.incoming import BotName

_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such key."}}

router = AdminRouter(prefix="/api/v1/bots/{bot}/widget-keys", tags=["widget keys"])

Bot = Annotated[BotName, Path()]
KeyId = Annotated[str, Path(pattern=CHAT_KEY_ID, description="Id of the key.")]


class WidgetKeyIn(BaseModel):
    """A widget key to make or change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "the shop", "origins": ["https://shop.example"]}]}
    )

    name: str = Field(min_length=1, max_length=100, description="What it is for.")
    origins: list[Annotated[str, Field(max_length=300)]] = Field(
        min_length=1, max_length=100, description="Origins of pages: `https://shop.example`, `https://*.shop.example`."
    )


class WidgetKeyOut(BaseModel):
    """A widget key. It is no secret: it stands in the source of pages."""

    id: str
    name: str
    key: str = Field(description="What pages send as `X-Widget-Key`.")
    origins: list[str]
    created_at: datetime
    created_by: str = Field(description="Name of the API key that made it.")

    @classmethod
    def of(cls, key: WidgetKey) -> "WidgetKeyOut":
        """Convert a key."""
        return cls.model_validate(key.model_dump())


@router.get("", summary="List widget keys", dependencies=[allow(Role.OPERATOR)])
async def list_widget_keys(bot: Bot, request: Request) -> Page[WidgetKeyOut]:
    """Return all widget keys of a bot; there are at most 50."""
    policy = await services_of(request).policies.load(bot)
    return Page(items=[WidgetKeyOut.of(key) for key in policy.widget_keys])


@router.post("", summary="Create a widget key", status_code=201, dependencies=[allow(Role.OPERATOR)])
async def create_widget_key(
    bot: Bot, body: WidgetKeyIn, request: Request, response: Response, caller: Caller
) -> WidgetKeyOut:
    """Make a publishable key for pages on some origins."""
    services = services_of(request)
    made = new_widget_key(body.name, body.origins, by=caller.name, now=services.now())
    await services.policies.edit(bot, lambda policy: with_widget_key(policy, made))
    shown = tagged(WidgetKeyOut.of(made), response)
    note_change(request, after=shown.model_dump(mode="json"), target=made.id)
    return shown


@router.get("/{key_id}", summary="Show a widget key", responses=_MISSING, dependencies=[allow(Role.OPERATOR)])
async def get_widget_key(bot: Bot, key_id: KeyId, request: Request, response: Response) -> WidgetKeyOut:
    """Return a widget key, with its `ETag`."""
    return tagged(WidgetKeyOut.of(widget_key_of(await services_of(request).policies.load(bot), key_id)), response)


@router.put("/{key_id}", summary="Change a widget key", responses=_MISSING, dependencies=[allow(Role.OPERATOR)])
async def replace_widget_key(
    bot: Bot, key_id: KeyId, body: WidgetKeyIn, request: Request, response: Response, if_match: IfMatch = None
) -> WidgetKeyOut:
    """Change the name and the origins of a widget key; pages go on with the same key."""
    origins = read_origins(body.origins)

    def change(policy: BotPolicy) -> BotPolicy:
        after = widget_key_of(policy, key_id).model_copy(update={"name": body.name, "origins": origins})
        return policy.model_copy(
            update={"widget_keys": tuple(after if key.id == key_id else key for key in policy.widget_keys)}
        )

    return await edit_policy(
        bot,
        change,
        show=lambda policy: WidgetKeyOut.of(widget_key_of(policy, key_id)),
        if_match=if_match,
        request=request,
        response=response,
    )


@router.delete(
    "/{key_id}",
    summary="Revoke a widget key",
    status_code=204,
    responses=_MISSING,
    dependencies=[allow(Role.OPERATOR)],
)
async def revoke_widget_key(bot: Bot, key_id: KeyId, request: Request, if_match: IfMatch = None) -> None:
    """Revoke a widget key: within seconds, pages with it are refused."""

    def change(policy: BotPolicy) -> BotPolicy:
        shown = WidgetKeyOut.of(widget_key_of(policy, key_id)).model_dump(mode="json")
        require_match(if_match, shown)
        note_change(request, before=shown)
        return policy.model_copy(update={"widget_keys": tuple(k for k in policy.widget_keys if k.id != key_id)})

    await services_of(request).policies.edit(bot, change)
