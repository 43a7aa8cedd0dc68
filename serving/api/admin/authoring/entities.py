"""The entities of a bot's draft: listed, made, edited and deleted one by one."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from pipelines.botfile.check import check_row
from pipelines.errors import DraftNeeded, UserInputError
from pipelines.nlu.text import fold_text
from pipelines.schemas.bot import Entity
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.authoring.editing import (
    EDITS,
    MAKES,
    NOT_FOUND,
    Access,
    Bot,
    DraftAccess,
    differing,
    json_response,
    require_etag,
    require_name,
)
from serving.api.admin.etags import IfMatch, etag_of
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change
from serving.store.drafts.index import Indexed
from serving.store.drafts.kinds import ENTITY, INTENT, Wire

router = AdminRouter(prefix="/api/v1/bots/{bot}/entities", tags=["entities"], responses=NOT_FOUND)

_ONE = "/{name}"
EntityName = Annotated[str, Path(description="The entity's `name`.", examples=["size"])]
_EXAMPLE: Any = {
    "name": "size",
    "entity_values": [{"value": "large", "synonyms": ["big", "family size"]}, {"value": "small", "synonyms": []}],
}


class EntityIn(Entity):
    """An entity as a bot file has it. Fields that are not described here are kept."""

    model_config = Entity.model_config | {"json_schema_extra": {"examples": [_EXAMPLE]}}


class EntitySummary(BaseModel):
    """An entity in a list."""

    name: str
    value_count: int
    pattern: str | None = Field(description="The regular expression whose matches are values.")
    lookup: bool = Field(description="Whether each known value in a text counts.")
    used_by: tuple[str, ...] | None = Field(
        description="The intents that have a parameter of it, or mark it in an example; null with `brief`."
    )


@router.get("", summary="List entities", dependencies=[allow(Role.VIEWER)])
async def list_entities(
    bot: Bot,
    access: Access,
    text: Annotated[
        str | None, Query(max_length=500, description="In the name, a value or a synonym; case is ignored.")
    ] = None,
    brief: Annotated[
        bool, Query(description="Whether to leave out `used_by`, for which every intent is read.")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[EntitySummary]:
    """Return the entities of a bot, in the order of its bot file."""
    after = decode_cursor(cursor, int, str) if cursor is not None else (-1, "")
    words = fold_text(text or "")
    found = await (access.index.all(ENTITY, bot) if words else access.index.after(ENTITY, bot, after, limit=limit + 1))
    page: list[Indexed] = []
    for entity in found:
        if (entity.position, entity.id) > after and (words in fold_text(entity.name) or words in entity.folded):
            page.append(entity)
        if len(page) > limit:
            break
    used = await _used_by(access, bot) if not brief else None
    more = encode_cursor(page[limit - 1].position, page[limit - 1].id) if len(page) > limit else None
    return Page(items=[_summary(entity, used) for entity in page[:limit]], next=more)


def _summary(entity: Indexed, used_by: Mapping[str, tuple[str, ...]] | None) -> EntitySummary:
    wire = entity.definition
    return EntitySummary(
        name=entity.name,
        value_count=len(entity.rows),
        pattern=wire.get("pattern"),
        lookup=bool(wire.get("lookup")),
        used_by=used_by.get(entity.name, ()) if used_by is not None else None,
    )


async def _used_by(access: DraftAccess, bot: str) -> dict[str, tuple[str, ...]]:
    """Map each entity to the intents that use it."""
    used: dict[str, list[str]] = {}
    for intent in await access.index.all(INTENT, bot):
        rows = intent.definition.get("parameters") or ()
        types = {str(row.get("type")) for row in rows if isinstance(row, dict)}
        for name in intent.all_types | types:
            used.setdefault(name, []).append(intent.name)
    return {name: tuple(intents) for name, intents in used.items()}


@router.post(
    "",
    status_code=201,
    summary="Make an entity",
    response_model=Entity,
    responses=MAKES,
    dependencies=[allow(Role.AUTHOR)],
)
async def create_entity(bot: Bot, entity: EntityIn, request: Request, access: Access) -> JSONResponse:
    """Add an entity to the draft."""
    require_name("name", entity.name)
    wire = await _checked(entity)
    await access.drafts.head(bot)
    await access.drafts.add(ENTITY, bot, entity.name, wire)
    note_change(request, after=_noted(wire), target=entity.name)
    location = quote(f"/api/v1/bots/{bot}/entities/{entity.name}")
    return json_response(_normal(wire), status=201, etag=etag_of(wire), location=location)


@router.get(_ONE, summary="Show an entity", response_model=Entity, dependencies=[allow(Role.VIEWER)])
async def show_entity(bot: Bot, name: EntityName, access: Access) -> JSONResponse:
    """Return an entity as a bot file has it."""
    wire = await access.drafts.get(ENTITY, bot, name)
    return json_response(_normal(wire), etag=etag_of(wire))


@router.put(
    _ONE, summary="Replace an entity", response_model=Entity, responses=EDITS, dependencies=[allow(Role.AUTHOR)]
)
async def replace_entity(
    bot: Bot, name: EntityName, entity: EntityIn, request: Request, access: Access, if_match: IfMatch = None
) -> JSONResponse:
    """Replace an entity with all its values."""
    if entity.name != name:
        raise UserInputError(f"the path names the entity {name[:100]!r}, and the body {entity.name[:100]!r}")
    wire = await _checked(entity)

    def edit(now: Wire) -> Wire:
        require_etag(if_match, etag_of(now), _normal(now))
        return now if now == wire else wire

    change = await access.drafts.edit(ENTITY, bot, name, edit)
    before, after = differing(_noted(change.before or {}), _noted(wire))
    note_change(request, before=before, after=after)
    return json_response(_normal(change.after or {}), etag=etag_of(change.after))


@router.delete(_ONE, status_code=204, summary="Delete an entity", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def delete_entity(
    bot: Bot,
    name: EntityName,
    request: Request,
    access: Access,
    used: Annotated[bool, Query(description="Whether even an entity that intents use is meant.")] = False,
    if_match: IfMatch = None,
) -> None:
    """Delete an entity with its values."""
    users = (await _used_by(access, bot)).get(name, ())

    def gone(now: Wire) -> None:
        require_etag(if_match, etag_of(now), _normal(now))
        if users and not used:
            shown = ", ".join(users[:10]) + (f" and {len(users) - 10} more" if len(users) > 10 else "")
            raise DraftNeeded(
                f"the entity {name[:100]!r}",
                f"is used by {shown}",
                remedy="change their parameters and annotations first, or say `used=true`",
            )

    change = await access.drafts.edit(ENTITY, bot, name, gone)
    note_change(request, before=_noted(change.before or {}))


async def _checked(entity: Entity) -> Wire:
    wire = entity.to_wire()
    await asyncio.to_thread(check_row, "entities", wire, source=f"entity {entity.name[:100]!r}")
    return wire


def _normal(wire: Wire) -> Wire:
    """Return an entity with every field in the form that it is documented to have."""
    try:
        return Entity.model_validate(wire).to_wire()
    except ValidationError:  # an older version took it
        return wire


def _noted(wire: Wire) -> Wire:
    """Return what the audit log keeps of an entity: values may be many."""
    fields = {key: value for key, value in wire.items() if key != "entity_values"}
    return {**fields, "value_count": len(wire.get("entity_values") or [])}
