"""The bots: listed, made, renamed, and deleted with what belongs to them."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from pipelines.botfile.check import check_content
from pipelines.errors import AlreadyThere, DraftNeeded, ModelNotLoaded, NotFound
from pipelines.importing.bot import empty_bot
from pipelines.schemas.keys import BOTS, ENTITIES, INTENTS
from pipelines.templates.literal_secrets import masked_fields
from serving.access.roles import Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.authoring.editing import (
    EDITS,
    MAKES,
    NOT_FOUND,
    Access,
    Bot,
    DraftAccess,
    json_response,
    require_etag,
)
from serving.api.admin.etags import IfMatch, etag_of
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change
from serving.channels.incoming import BotName
from serving.dialogue.phrases import built_in_phrases
from serving.dialogue.services import Services
from serving.store.drafts.bots import import_bot
from serving.store.drafts.kinds import BOT_FIELDS, INTENT, Wire
from serving.store.drafts.removal import BotRemoval, Part
from serving.store.drafts.revisions import Head

router = AdminRouter(prefix="/api/v1/bots", tags=["bots"], responses=NOT_FOUND)

_SHOWN = ("title", "description", "language", "timezone", "phrases")
Title = Annotated[str, Field(max_length=200, description="What people call it.")]
Description = Annotated[str, Field(max_length=2000, description="What it is for.")]
Language = Annotated[str, Field(min_length=1, max_length=35, description="Tag of the customers' language.")]


class BotIn(BaseModel):
    """A new bot."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "pizza", "title": "Pizza to go", "language": "en"}]}
    )

    name: BotName
    title: Title = ""
    description: Description = ""
    language: Language = "en"


class BotChange(BaseModel):
    """What changes of a bot; what is left out stays, and null removes it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Pizza, fast"}]})

    title: Title | None = None
    description: Description | None = None
    language: Language | None = None
    timezone: Annotated[str, Field(description="Where the customers live, such as `Europe/Berlin`.")] | None = None
    phrases: Annotated[dict[str, str], Field(description="Sentences that it says of its own accord.")] | None = None


class BotSummary(BaseModel):
    """A bot in a list."""

    name: str = Field(description="In paths; it never changes.")
    title: str = Field(description="What people call it.")
    description: str
    language: str


class BotOut(BotSummary):
    """A bot."""

    timezone: str
    phrases: dict[str, str] = Field(description="Sentences that it says of its own accord, if they are its own.")
    built_in_phrases: dict[str, str] = Field(description="What it says in its language where it has no own phrase.")
    intent_count: int
    entity_count: int
    example_count: int
    live_version: str | None = Field(description="The version that answers here; null: none.")


@router.get("", summary="List bots", dependencies=[allow(Role.VIEWER, on=Reach.ANY_BOT)])
async def list_bots(access: Access, caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> Page[BotSummary]:
    """Return the bots that have drafts and that the caller may read, by name."""
    after = str(decode_cursor(cursor, str)[0]) if cursor is not None else ""
    names = [name for name in await access.bots() if name > after and caller.may(Role.VIEWER, bot=name)]
    page = names[:limit]
    database = access.drafts.database
    query = database.collection(BOTS).find({"_id": {"$in": page}})
    found = {row["_id"]: row.get("fields") for row in await database.call("read bots", query.to_list(None))}
    items = [BotSummary(**_summary(name, found.get(name))) for name in page]
    return Page(items=items, next=encode_cursor(page[-1]) if len(names) > limit else None)


def _summary(name: str, stored: object) -> dict[str, str]:
    fields = stored if isinstance(stored, dict) else {}
    return {
        "name": name,
        "title": str(fields.get("title") or name),
        "description": str(fields.get("description") or ""),
        "language": str(fields.get("language") or "en"),
    }


@router.post(
    "",
    status_code=201,
    summary="Make a bot",
    response_model=BotOut,
    responses=MAKES,
    dependencies=[allow(Role.AUTHOR, on=Reach.PLATFORM)],
)
async def create_bot(bot: BotIn, request: Request, access: Access) -> JSONResponse:
    """Make a bot with the intents that every bot needs, worded in its language if that is known."""
    fields = {name: value for name in ("title", "description") if (value := getattr(bot, name))}

    def require(before: Wire | None, _: object) -> None:
        if before is not None:
            raise AlreadyThere("bot", bot.name)

    await import_bot(
        access.drafts.database, {**fields, **empty_bot(bot.language)}, bot=bot.name, source="bot", require=require
    )
    note_change(request, after=bot.model_dump(mode="json"), target=bot.name)
    shown, etag = await _shown(request, access, bot.name)
    return json_response(shown, status=201, etag=etag, location=f"/api/v1/bots/{bot.name}")


@router.get("/{bot}", summary="Show a bot", response_model=BotOut, dependencies=[allow(Role.VIEWER)])
async def show_bot(bot: Bot, request: Request, access: Access) -> JSONResponse:
    """Return a bot with the counts of what its draft holds."""
    shown, etag = await _shown(request, access, bot)
    return json_response(shown, etag=etag)


@router.patch(
    "/{bot}", summary="Change a bot", response_model=BotOut, responses=EDITS, dependencies=[allow(Role.AUTHOR)]
)
async def change_bot(
    bot: Bot, change: BotChange, request: Request, access: Access, if_match: IfMatch = None
) -> JSONResponse:
    """Rename a bot, or change its language, time zone or sentences. Its name in paths stays."""
    given = change.model_dump(mode="json", exclude_unset=True)
    head = await access.drafts.head(bot)
    shown, _ = await _shown(request, access, bot, head=head)

    def edit(now: Wire | None) -> Wire:
        fields = now or {}
        require_etag(if_match, _etag(fields), shown.model_dump(mode="json"))
        after = {name: value for name, value in {**fields, **given}.items() if given.get(name, "") is not None}
        check_content({**after, "intents": []}, source=f"bot {bot!r}")
        return fields if now is not None and after == fields else after

    done = await access.drafts.change(BOT_FIELDS, bot, bot, edit)
    before, after = done.before or {}, done.after or {}
    note_change(
        request,
        before=masked_fields({name: before.get(name) for name in given}),
        after=masked_fields({name: after.get(name) for name in given}),
    )
    shown, etag = await _shown(request, access, bot)
    return json_response(shown, etag=etag)


@router.delete("/{bot}", status_code=204, summary="Delete a bot", responses=EDITS, dependencies=[allow(Role.OWNER)])
async def delete_bot(
    bot: Bot,
    request: Request,
    access: Access,
    also: Annotated[
        list[Part] | None, Query(description="What else of the bot goes; each kind that there is must be named.")
    ] = None,
    if_match: IfMatch = None,
) -> None:
    """Delete a bot's drafts for good, and with `also` what else belongs to it.

    While there is anything that is not named, nothing is deleted, and 409 names it. So it is while a release answers
    customers: take its alias away in MLflow first. The registered versions stay.
    """
    head = await access.drafts.head(bot)
    shown, etag = await _shown(request, access, bot, head=head)
    require_etag(if_match, etag, shown.model_dump(mode="json"))
    if shown.live_version is not None:
        raise DraftNeeded(
            f"bot {bot!r}",
            f"answers customers with version {shown.live_version}",
            remedy="take the alias of that version away in MLflow first",
        )
    removal = BotRemoval(access.drafts.database, bot)
    left = [part for part in await removal.has() if part not in (also or ())]
    if left:
        query = "&".join(f"also={part}" for part in left)
        raise DraftNeeded(f"bot {bot!r}", f"still has {', '.join(left)}", remedy=f"say `{query}` to delete them too")
    note_change(request, before={**shown.model_dump(mode="json"), "also": list(also or ())})
    await removal.delete(also or ())


async def _shown(request: Request, access: DraftAccess, bot: str, *, head: Head | None = None) -> tuple[BotOut, str]:
    head = head if head is not None else await access.drafts.head(bot)
    fields = await access.drafts.find(BOT_FIELDS, bot, bot) or {}
    intents = await access.index.all(INTENT, bot)
    services: Services = request.app.state.services
    try:
        version = services.releases.current(bot).version
    except (ModelNotLoaded, NotFound):
        version = None
    phrases = fields.get("phrases")
    shown = BotOut(
        **_summary(bot, fields),
        timezone=str(fields.get("timezone") or "UTC"),
        phrases={key: str(text) for key, text in phrases.items()} if isinstance(phrases, dict) else {},
        built_in_phrases=built_in_phrases(str(fields.get("language") or "en")),
        intent_count=len(head.of(INTENTS)),
        entity_count=len(head.of(ENTITIES)),
        example_count=sum(len(intent.rows) for intent in intents),
        live_version=version,
    )
    return shown, _etag(fields)


def _etag(fields: Wire) -> str:
    """Return the ETag of a bot: of what can be edited here, not of counts."""
    return etag_of({name: fields.get(name) for name in _SHOWN})
