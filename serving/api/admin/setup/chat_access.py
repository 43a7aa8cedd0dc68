"""Who may use a bot's chat routes: whether they need a widget key, who visitors are, and who may frame its page."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import UserInputError
from pipelines.schemas.policy import BotPolicy, VisitorKey
from serving.access.chat_keys import new_visitor_key, read_origins, visitor_key_of, with_visitor_key
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.etags import IfMatch, tagged
from serving.api.admin.paging import Page
from serving.api.admin.policies import edit_policy
from serving.api.admin.route import AdminRouter, keep_no_response, note_change, services_of
from serving.api.errors import ErrorBody
from serving.api.fields import CHAT_KEY_ID
from serving.channels.incoming import BotName

_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such key."}}

router = AdminRouter(prefix="/api/v1/bots/{bot}", tags=["chat access"])

Bot = Annotated[BotName, Path()]
KeyId = Annotated[str, Path(pattern=CHAT_KEY_ID, description="Id of the key.")]


class ChatAccess(BaseModel):
    """Who may use a bot's chat routes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"widget_keys": "required", "visitors": "optional", "frame_ancestors": ["https://shop.example"]}
            ]
        },
    )

    widget_keys: Literal["optional", "required"] = Field(
        default="optional", description="`required`: only pages with a widget key, from one of its origins."
    )
    visitors: Literal["off", "optional", "required"] = Field(
        default="off",
        description="Signed visitors: `off`, known where a message brings a token, or `required` of every message.",
    )
    frame_ancestors: list[Annotated[str, Field(max_length=300)]] = Field(
        default=[], max_length=100, description="Origins of pages that may show the bot's chat page in a frame."
    )

    @classmethod
    def of(cls, policy: BotPolicy) -> "ChatAccess":
        """Convert a policy."""
        return cls(
            widget_keys="required" if policy.require_widget_key else "optional",
            visitors=policy.visitors,
            frame_ancestors=list(policy.frame_ancestors),
        )


class VisitorKeyIn(BaseModel):
    """A key for signing visitors' tokens."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "the shop's server"}]})

    name: str = Field(min_length=1, max_length=100, description="Who signs with it.")
    secret: str | None = Field(
        default=None, max_length=200, description="`secret:NAME` for one of the operator's; left out, one is made."
    )


class VisitorKeyOut(BaseModel):
    """A key for signing visitors' tokens, without its secret."""

    id: str
    name: str
    secret: str = Field(description="The reference `secret:NAME`, or `***`.")
    created_at: datetime
    created_by: str = Field(description="Name of the API key that made it.")

    @classmethod
    def of(cls, key: VisitorKey) -> "VisitorKeyOut":
        """Convert a key."""
        secret = key.secret if key.secret.startswith("secret:") else "***"
        return cls.model_validate(key.model_dump() | {"secret": secret})


class NewVisitorKey(VisitorKeyOut):
    """A new key; its secret is shown this once."""

    secret: str = Field(description="What the shop's server signs tokens with. It is not shown again.")


@router.get("/access", summary="Show who may chat", dependencies=[allow(Role.OPERATOR)])
async def get_chat_access(bot: Bot, request: Request, response: Response) -> ChatAccess:
    """Return who may use a bot's chat routes, with its `ETag`."""
    return tagged(ChatAccess.of(await services_of(request).policies.load(bot)), response)


@router.put("/access", summary="Change who may chat", dependencies=[allow(Role.OPERATOR)])
async def replace_chat_access(
    bot: Bot, body: ChatAccess, request: Request, response: Response, if_match: IfMatch = None
) -> ChatAccess:
    """Set who may use a bot's chat routes; it counts in every process within seconds."""
    ancestors = read_origins(body.frame_ancestors)

    def change(policy: BotPolicy) -> BotPolicy:
        if body.widget_keys == "required" and not policy.widget_keys:
            raise UserInputError("widget_keys: the bot has none yet, so nobody could chat; make one first")
        if body.visitors == "required" and not policy.visitor_keys:
            raise UserInputError("visitors: the bot has no key for their tokens yet; make one first")
        return policy.model_copy(
            update={
                "require_widget_key": body.widget_keys == "required",
                "visitors": body.visitors,
                "frame_ancestors": ancestors,
            }
        )

    return await edit_policy(bot, change, show=ChatAccess.of, if_match=if_match, request=request, response=response)


@router.get("/visitor-keys", summary="List visitor keys", dependencies=[allow(Role.OPERATOR)])
async def list_visitor_keys(bot: Bot, request: Request) -> Page[VisitorKeyOut]:
    """Return the keys that visitors' tokens may be signed with, without their secrets."""
    policy = await services_of(request).policies.load(bot)
    return Page(items=[VisitorKeyOut.of(key) for key in policy.visitor_keys])


@router.post("/visitor-keys", summary="Create a visitor key", status_code=201, dependencies=[allow(Role.OPERATOR)])
async def create_visitor_key(bot: Bot, body: VisitorKeyIn, request: Request, caller: Caller) -> NewVisitorKey:
    """Make a key for signing visitors' tokens; the answer has its secret, this once."""
    keep_no_response(request)
    services = services_of(request)
    made = new_visitor_key(body.name, body.secret, by=caller.name, now=services.now())
    await services.policies.edit(bot, lambda policy: with_visitor_key(policy, made))
    note_change(request, after=VisitorKeyOut.of(made).model_dump(mode="json"), target=made.id)
    return NewVisitorKey.model_validate(made.model_dump())


@router.delete(
    "/visitor-keys/{key_id}",
    summary="Revoke a visitor key",
    status_code=204,
    responses=_MISSING,
    dependencies=[allow(Role.OPERATOR)],
)
async def revoke_visitor_key(bot: Bot, key_id: KeyId, request: Request) -> None:
    """Revoke a key: within seconds, tokens signed with it are refused. It cannot be changed, so no `If-Match`."""

    def change(policy: BotPolicy) -> BotPolicy:
        note_change(request, before=VisitorKeyOut.of(visitor_key_of(policy, key_id)).model_dump(mode="json"))
        left = tuple(key for key in policy.visitor_keys if key.id != key_id)
        return policy.model_copy(update={"visitor_keys": left})

    await services_of(request).policies.edit(bot, change)
