"""ai-chatbot-framework's entities: those of the default bot's draft."""

from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.responses import JSONResponse

from pipelines.botfile.check import check_row
from serving.access.roles import Role
from serving.api.access import Reach, allow
from serving.api.admin.authoring.editing import Access, DraftAccess, differing, require_etag
from serving.api.admin.etags import IfMatch, etag_of
from serving.api.admin.route import AdminRouter, note_change
from serving.api.compat.intents import ensure_bot
from serving.api.compat.shapes import CompatDone, CompatEntity, CompatEntityIn, given_entity, name_of, shown_entity
from serving.api.errors import ErrorBody
from serving.api.webhooks import DefaultBot
from serving.store.drafts.kinds import ENTITY, Wire

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such entity."},
    409: {"model": ErrorBody, "description": "There is one of that name."},
}

router = AdminRouter(prefix="/admin/entities", tags=["compatible"], responses=_ERRORS)

EntityKey = Annotated[str, Path(max_length=300, description="`id` of the entity.")]
_READ = [allow(Role.VIEWER, on=Reach.DEFAULT_BOT)]
_EDIT = [allow(Role.AUTHOR, on=Reach.DEFAULT_BOT)]


@router.post("", summary="Make an entity (compatible)", response_model=CompatEntity, dependencies=_EDIT)
async def create_compat_entity(
    entity: CompatEntityIn, request: Request, bot: DefaultBot, access: Access
) -> JSONResponse:
    """Add an entity to the default bot, which is made if there is none yet."""
    wire = _checked(given_entity(entity, None))
    await ensure_bot(bot, access)
    await access.drafts.add(ENTITY, bot, entity.name, wire)
    note_change(request, after=shown_entity(wire), target=entity.name)
    return JSONResponse(shown_entity(wire))


@router.get("", summary="List entities (compatible)", response_model=list[CompatEntity], dependencies=_READ)
async def list_compat_entities(bot: DefaultBot, access: Access) -> JSONResponse:
    """Return all entities of the default bot with their values; `/api/v1/bots/{bot}/entities` has pages."""
    return JSONResponse([shown_entity(wire) for wire in await all_entities(bot, access)])


@router.get("/{entity_key}", summary="Show an entity (compatible)", response_model=CompatEntity, dependencies=_READ)
async def show_compat_entity(entity_key: EntityKey, bot: DefaultBot, access: Access) -> JSONResponse:
    """Return one entity with its values."""
    wire = await access.drafts.get(ENTITY, bot, name_of(entity_key, kind="entity"))
    return JSONResponse(shown_entity(wire), headers={"ETag": etag_of(wire)})


@router.put("/{entity_key}", summary="Replace an entity (compatible)", dependencies=_EDIT)
async def replace_compat_entity(
    entity_key: EntityKey,
    entity: CompatEntityIn,
    request: Request,
    bot: DefaultBot,
    access: Access,
    if_match: IfMatch = "*",
) -> CompatDone:
    """Replace an entity; another name renames it, which parameters and annotations do not follow."""
    name = name_of(entity_key, kind="entity")
    if await access.drafts.find(ENTITY, bot, name) is None:
        name = entity.name  # its page goes on with the former id after it has renamed an entity

    def edit(now: Wire) -> Wire:
        require_etag(if_match, etag_of(now), shown_entity(now))
        after = _checked(given_entity(entity, now))
        return now if after == now else after

    if name == entity.name:
        change = await access.drafts.edit(ENTITY, bot, name, edit)
        before, after = change.before or {}, change.after or {}
    else:
        before = await access.drafts.get(ENTITY, bot, name)
        after = edit(before)
        await access.drafts.add(ENTITY, bot, entity.name, after)
        await access.drafts.change(ENTITY, bot, name, lambda now: None)
    then, now = differing(before, after)
    note_change(request, before=then, after=now)
    return CompatDone()


@router.delete("/{entity_key}", summary="Delete an entity (compatible)", dependencies=_EDIT)
async def delete_compat_entity(entity_key: EntityKey, request: Request, bot: DefaultBot, access: Access) -> CompatDone:
    """Delete an entity. Parameters and annotations of its type stay, as there; validation names them."""
    name = name_of(entity_key, kind="entity")
    change = await access.drafts.edit(ENTITY, bot, name, lambda now: None)
    note_change(request, before=change.before)
    return CompatDone()


async def all_entities(bot: str, access: DraftAccess) -> list[Wire]:
    """Return all entities of a bot; none if there is no such bot, as in a new installation."""
    return await access.entities(bot) if bot in await access.bots() else []


def _checked(wire: Wire) -> Wire:
    check_row("entities", wire, source=f"entity {str(wire['name'])[:100]!r}")
    return wire
