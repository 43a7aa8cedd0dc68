"""ai-chatbot-framework's intents and their examples: those of the default bot's draft."""

import asyncio
from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.responses import JSONResponse

from pipelines.errors import DraftNeeded
from pipelines.importing.bot import empty_bot
from pipelines.schemas.bot import SYSTEM_INTENTS
from pipelines.templates.literal_secrets import unmasked_intent
from serving.access.roles import Role
from serving.api.access import Reach, allow
from serving.api.admin.authoring.editing import Access, DraftAccess, differing, intent_etag, require_etag
from serving.api.admin.authoring.intents import require_intent_id
from serving.api.admin.etags import IfMatch
from serving.api.admin.route import AdminRouter, note_change
from serving.api.compat.shapes import (
    CompatDone,
    CompatExample,
    CompatIntent,
    CompatIntentIn,
    given_intent,
    name_of,
    placed,
    shown_example,
    shown_intent,
)
from serving.api.errors import ErrorBody
from serving.api.webhooks import DefaultBot
from serving.store.drafts.bots import import_bot
from serving.store.drafts.index import Indexed
from serving.store.drafts.kinds import INTENT, Wire, examples_of, with_examples

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such intent."},
    409: {"model": ErrorBody, "description": "There is one of that name, or every bot needs it; `detail` says which."},
}

router = AdminRouter(prefix="/admin", tags=["compatible"], responses=_ERRORS)

IntentKey = Annotated[str, Path(max_length=300, description="`id` of the intent.")]
_READ = [allow(Role.VIEWER, on=Reach.DEFAULT_BOT)]
_EDIT = [allow(Role.AUTHOR, on=Reach.DEFAULT_BOT)]


@router.post("/intents", summary="Make an intent (compatible)", response_model=CompatIntent, dependencies=_EDIT)
async def create_compat_intent(
    intent: CompatIntentIn, request: Request, bot: DefaultBot, access: Access
) -> JSONResponse:
    """Add an intent to the default bot, which is made if there is none yet."""
    require_intent_id(intent.intentId)
    await ensure_bot(bot, access)
    entities = await access.entities(bot)
    wire, _ = await asyncio.to_thread(placed, unmasked_intent(given_intent(intent, None), None), entities)
    await access.drafts.add(INTENT, bot, intent.intentId, wire)
    _note(request, None, wire)
    return JSONResponse(shown_intent(wire))


@router.get("/intents", summary="List intents (compatible)", response_model=list[CompatIntent], dependencies=_READ)
async def list_compat_intents(bot: DefaultBot, access: Access) -> JSONResponse:
    """Return all intents of the default bot with their examples; `/api/v1/bots/{bot}/intents` has pages."""
    found = await all_intents(bot, access)
    return await asyncio.to_thread(lambda: JSONResponse([shown_intent(whole(each)) for each in found]))


@router.get(
    "/intents/{intent_key}", summary="Show an intent (compatible)", response_model=CompatIntent, dependencies=_READ
)
async def show_compat_intent(intent_key: IntentKey, bot: DefaultBot, access: Access) -> JSONResponse:
    """Return one intent, with its examples."""
    wire = await access.drafts.get(INTENT, bot, name_of(intent_key, kind="intent"))
    return JSONResponse(shown_intent(wire), headers={"ETag": intent_etag(wire)})


@router.put("/intents/{intent_key}", summary="Replace an intent (compatible)", dependencies=_EDIT)
async def replace_compat_intent(
    intent_key: IntentKey,
    intent: CompatIntentIn,
    request: Request,
    bot: DefaultBot,
    access: Access,
    if_match: IfMatch = "*",
) -> CompatDone:
    """Replace an intent. Without `trainingData` its examples stay; another `intentId` renames it."""
    name, entities = name_of(intent_key, kind="intent"), await access.entities(bot)
    require_intent_id(intent.intentId)
    if await access.drafts.find(INTENT, bot, name) is None:
        name = intent.intentId  # its page goes on with the former id after it has renamed an intent
    sentences: tuple[str, ...] = ()

    def edit(now: Wire) -> Wire:
        nonlocal sentences
        require_etag(if_match, intent_etag(now), shown_intent(now))
        after, sentences = placed(unmasked_intent(given_intent(intent, now), now), entities)
        return now if after == now else after

    if name == intent.intentId:
        change = await access.drafts.edit(INTENT, bot, name, edit)
        _note(request, change.before, change.after)
        return CompatDone(repairs=sentences)
    before = await access.drafts.get(INTENT, bot, name)
    after = await asyncio.to_thread(edit, before)
    _require_no_system(name, remedy="give it its id back")
    await access.drafts.add(INTENT, bot, intent.intentId, after)
    await access.drafts.change(INTENT, bot, name, lambda now: None)
    _note(request, before, after)
    return CompatDone(repairs=sentences)


@router.delete("/intents/{intent_key}", summary="Delete an intent (compatible)", dependencies=_EDIT)
async def delete_compat_intent(intent_key: IntentKey, request: Request, bot: DefaultBot, access: Access) -> CompatDone:
    """Delete an intent with its examples; those that every bot needs stay."""
    name = name_of(intent_key, kind="intent")

    def gone(now: Wire) -> None:
        _require_no_system(name, remedy="reword it")

    change = await access.drafts.edit(INTENT, bot, name, gone)
    _note(request, change.before, None)
    return CompatDone()


@router.post("/train/{intent_key}/data", summary="Replace examples (compatible)", dependencies=_EDIT)
async def replace_compat_examples(
    intent_key: IntentKey, examples: list[CompatExample], request: Request, bot: DefaultBot, access: Access
) -> CompatDone:
    """Replace all examples of an intent. Annotations are found again in their texts, or dropped, and reported."""
    name, entities = name_of(intent_key, kind="intent"), await access.entities(bot)
    rows = [example.model_dump(exclude_unset=True) for example in examples]
    sentences: tuple[str, ...] = ()

    def edit(now: Wire) -> Wire:
        nonlocal sentences
        after, sentences = placed(with_examples(now, rows), entities)
        return now if after == now else after

    change = await access.drafts.edit(INTENT, bot, name, edit)
    _note(request, change.before, change.after)
    return CompatDone(repairs=sentences)


@router.get("/train/{intent_key}/data", summary="Show examples (compatible)", dependencies=_READ)
async def show_compat_examples(intent_key: IntentKey, bot: DefaultBot, access: Access) -> list[CompatExample]:
    """Return all examples of an intent."""
    wire = await access.drafts.get(INTENT, bot, name_of(intent_key, kind="intent"))
    return [CompatExample.model_validate(shown_example(row)) for row in examples_of(wire)]


async def all_intents(bot: str, access: DraftAccess) -> list[Indexed]:
    """Return all intents of a bot; none if there is no such bot, as in a new installation."""
    return await access.index.all(INTENT, bot) if bot in await access.bots() else []


def whole(intent: Indexed) -> Wire:
    """Return an intent with its examples."""
    return with_examples(intent.definition, [intent.row(number) for number in range(len(intent.rows))])


async def ensure_bot(bot: str, access: DraftAccess) -> None:
    """Make a bot with the intents that every bot needs, if there is none of that name."""
    if bot not in await access.bots():
        await import_bot(access.drafts.database, empty_bot("en"), bot=bot, source="bot")


def _require_no_system(name: str, *, remedy: str) -> None:
    if name in SYSTEM_INTENTS:
        raise DraftNeeded(f"the intent {name!r}", "is one that every bot needs", remedy=remedy)


def _note(request: Request, before: Wire | None, after: Wire | None) -> None:
    """Tell the audit log what changed, with the number of examples in place of their texts."""
    told = [{} if wire is None else shown_intent(wire) for wire in (before, after)]
    for shown in told:
        if "trainingData" in shown:
            shown["example_count"] = len(shown.pop("trainingData"))
    then, now = differing(*told)
    note_change(request, before=then, after=now)
