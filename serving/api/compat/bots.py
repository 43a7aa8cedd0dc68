"""ai-chatbot-framework's bots: their configuration, and a bot as a file."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import File, Path, Request, UploadFile
from pydantic import BaseModel, Field, JsonValue
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from pipelines.errors import EditConflict
from pipelines.schemas.bot import TEST_SET_FIELD
from pipelines.templates.literal_secrets import MASK, unmasked_fields, unmasked_intent
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.authoring.editing import Access, DraftAccess
from serving.api.admin.etags import IfMatch, etag_of, require_match
from serving.api.admin.route import AdminRouter, note_change
from serving.api.admin.setup.bot_settings import live_release
from serving.api.compat.entities import all_entities
from serving.api.compat.intents import all_intents, whole
from serving.api.compat.shapes import shown_entity, shown_intent, without_id
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.release.bot_configuration import BotConfiguration
from serving.release.compat_configuration import NluConfig, configuration_of, wanted_of
from serving.store.drafts.bots import import_bot
from serving.store.drafts.kinds import BOT_FIELDS, INTENT

FILE_NAME = "chatbot_data.json"
IMPORT_PATH = "/admin/bots/{name}/import"
_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such bot."}}
_TRIES = 10

router = AdminRouter(tags=["compatible"], responses=_ERRORS)

Name = Annotated[BotName, Path(description="Name of the bot.")]


class CompatMessage(BaseModel):
    """What ai-chatbot-framework answers, and when the change counts."""

    message: str
    pending: tuple[str, ...] = Field(description="What counts only with the next training, once it is promoted.")


class CompatImported(BaseModel):
    """What an import made; objects of the same name are replaced, others stay."""

    num_intents_created: int
    num_entities_created: int
    num_intents_updated: int
    num_entities_updated: int
    repairs: tuple[str, ...] = Field(description="A sentence for each annotation that was moved or dropped.")


class CompatFile(BaseModel):
    """A bot as a file."""

    intents: list[dict[str, Any]]
    entities: list[dict[str, Any]]


@router.get(
    "/admin/bots/{name}/config", summary="Show the configuration (compatible)", dependencies=[allow(Role.VIEWER)]
)
async def show_compat_config(name: Name, request: Request) -> NluConfig:
    """Return the configuration of a bot; of keys, only references are shown."""
    services: Services = request.app.state.services
    live = await live_release(name, services)
    found = await BotConfiguration(services.database).find(name)
    return configuration_of(found, live.definition if live is not None else None)


@router.put(
    "/admin/bots/{name}/config", summary="Change the configuration (compatible)", dependencies=[allow(Role.OPERATOR)]
)
async def change_compat_config(
    name: Name, given: NluConfig, request: Request, if_match: IfMatch = "*"
) -> CompatMessage:
    """Change the configuration of a bot. Only what differs from what is shown is set."""
    services: Services = request.app.state.services
    live = await live_release(name, services)
    definition = live.definition if live is not None else None
    configuration = BotConfiguration(services.database)
    for _ in range(_TRIES):
        found = await configuration.find(name)
        before = configuration_of(found, definition).model_dump(mode="json")
        require_match(if_match, before)
        after = await configuration.change(found, wanted_of(given, found, definition))
        if after is not None:
            note_change(request, before=before, after=configuration_of(after, definition).model_dump(mode="json"))
            pending = after.pending(definition) if definition is not None else ()
            return CompatMessage(message="the configuration is changed", pending=pending)
    raise EditConflict(before, etag=etag_of(before))


@router.get(
    "/admin/bots/{name}/export",
    summary="Export a bot (compatible)",
    response_model=CompatFile,
    dependencies=[allow(Role.VIEWER)],
)
async def export_compat_bot(name: Name, access: Access) -> JSONResponse:
    """Return the intents and entities of a bot as a file, with secrets as `***`: an import keeps those of the bot."""
    await access.drafts.head(name)
    intents, entities = await all_intents(name, access), await all_entities(name, access)

    def file() -> JSONResponse:
        content = {
            "intents": [without_id(shown_intent(whole(each))) for each in intents],
            "entities": [without_id(shown_entity(each)) for each in entities],
        }
        return JSONResponse(content, headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'})

    return await asyncio.to_thread(file)


@router.post(IMPORT_PATH, summary="Import a bot (compatible)", dependencies=[allow(Role.AUTHOR)])
async def import_compat_bot(
    name: Name,
    request: Request,
    access: Access,
    file: Annotated[UploadFile, File(description="A bot file: JSON with `intents` and `entities`.")],
) -> CompatImported:
    """Put the intents and entities of a file into a bot, which is made if there is none; all or nothing."""
    try:
        content = await asyncio.to_thread(json.loads, await file.read())
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the file is not JSON") from error
    report = await import_bot(
        access.drafts.database, await _unmasked(content, name, access), bot=name, source=_called(file.filename)
    )
    counts: dict[str, JsonValue] = {
        name: value for name, value in report.model_dump().items() if isinstance(value, int)
    }
    note_change(request, after=counts)
    return CompatImported(
        num_intents_created=report.intents_created,
        num_entities_created=report.entities_created,
        num_intents_updated=report.intents_updated,
        num_entities_updated=report.entities_updated,
        repairs=report.repairs,
    )


async def _unmasked(content: Any, bot: str, access: DraftAccess) -> Any:
    """Return a file's content with the secrets of the bot where an export has masked them."""
    if isinstance(content, list):
        return [await _unmasked_row(row, bot, access) for row in content]
    if not isinstance(content, dict):
        return content
    parts = {name: content[name] for name in ("intents", "entities", TEST_SET_FIELD) if name in content}
    if isinstance(parts.get("intents"), list):
        parts["intents"] = [await _unmasked_row(row, bot, access) for row in parts["intents"]]
    fields = {name: value for name, value in content.items() if name not in parts}
    return {**unmasked_fields(fields, await access.drafts.find(BOT_FIELDS, bot, bot)), **parts}


async def _unmasked_row(row: Any, bot: str, access: DraftAccess) -> Any:
    tool = (row.get("apiDetails") or row.get("api_details")) if isinstance(row, dict) else None
    if not isinstance(tool, dict) or MASK not in str(tool):
        return row
    name = row.get("intentId") or row.get("intent_id")
    return unmasked_intent(row, await access.drafts.find(INTENT, bot, name) if isinstance(name, str) else None)


def _called(filename: str | None) -> str:
    return (filename or "file")[:100] if (filename or "").isprintable() else "file"
