"""The intents of a bot's draft: listed, made, edited and deleted one by one."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from pipelines.botfile.check import check_row
from pipelines.errors import DraftNeeded, UserInputError
from pipelines.nlu.text import fold_text
from pipelines.schemas.bot import SYSTEM_INTENTS, Intent, QuickReplyOption
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.wire import WireModel
from pipelines.templates.literal_secrets import unmasked_intent
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
    intent_etag,
    json_response,
    require_etag,
    require_name,
    shown_intent,
)
from serving.api.admin.etags import IfMatch
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change
from serving.store.drafts.examples import check_intent
from serving.store.drafts.findings import Validation
from serving.store.drafts.index import Indexed
from serving.store.drafts.kinds import INTENT, Wire, definition_of, examples_of, with_examples

router = AdminRouter(prefix="/api/v1/bots/{bot}/intents", tags=["intents"], responses=NOT_FOUND)

IntentId = Annotated[str, Path(description="The intent's `intentId`.", examples=["order_pizza"])]
_ONE = "/{intent_id}"
_DEFINITION, _BOTH = (0,), (0, 1)
_EXAMPLE: Any = {
    "name": "Order a pizza",
    "intentId": "order_pizza",
    "speechResponse": "Your {{ parameters.size }} pizza is on its way.",
    "parameters": [{"name": "size", "type": "size", "required": True, "prompt": "Which size?"}],
    "trainingData": [{"text": "a large pizza please", "entities": [
        {"value": "large", "begin": 2, "end": 7, "name": "size"}
    ]}],
}  # fmt: skip


class IntentIn(Intent):
    """An intent as a bot file has it. Fields that are not described here are kept."""

    model_config = Intent.model_config | {"json_schema_extra": {"examples": [_EXAMPLE]}}


class IntentChange(WireModel):
    """The fields of an intent that change; null removes one, and what is left out stays."""

    model_config = WireModel.model_config | {"json_schema_extra": {"examples": [{"speechResponse": "Done."}]}}

    name: str | None = None
    user_defined: bool | None = None
    api_trigger: bool | None = None
    api_details: ToolSpec | None = None
    speech_response: str | None = None
    speech_responses: tuple[str, ...] | None = None
    quick_replies: tuple[QuickReplyOption, ...] | None = None
    confirm: bool | None = None
    confirm_prompt: str | None = None
    resume_prompt: str | None = None
    parameters: tuple[Parameter, ...] | None = None


class IntentSummary(BaseModel):
    """An intent in a list."""

    intent_id: str
    name: str
    user_defined: bool = Field(description="False for those that every bot has.")
    example_count: int
    parameters: tuple[str, ...] = Field(description="The names of its parameters.")
    entities: tuple[str, ...] = Field(description="The entities that its examples mark.")
    has_tool: bool
    findings: tuple[str, ...] = Field(description="The checks of the last validation that it fails.")


def summary_of(intent: Indexed, validation: Validation | None) -> IntentSummary:
    """Return what a list shows of an intent."""
    wire = intent.definition
    return IntentSummary(
        intent_id=intent.name,
        name=str(wire.get("name") or ""),
        user_defined=bool(wire.get("userDefined", wire.get("user_defined", True))),
        example_count=len(intent.rows),
        parameters=tuple(str(row.get("name")) for row in wire.get("parameters") or () if isinstance(row, dict)),
        entities=tuple(sorted(intent.all_types)),
        has_tool=bool(wire.get("apiTrigger", wire.get("api_trigger", False))),
        findings=validation.checks_by_intent.get(intent.name, ()) if validation is not None else (),
    )


@router.get("", summary="List intents", dependencies=[allow(Role.VIEWER)])
async def list_intents(
    bot: Bot,
    access: Access,
    text: Annotated[str | None, Query(max_length=500, description="In the id, name or reply; case is ignored.")] = None,
    entity: Annotated[
        str | None, Query(max_length=500, description="Marked in an example, or a parameter's type.")
    ] = None,
    finding: Annotated[
        str | None, Query(max_length=100, description="A check that it fails, as `findings` names it.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[IntentSummary]:
    """Return the intents of a bot, in the order of its bot file."""
    after = decode_cursor(cursor, int, str) if cursor is not None else (-1, "")
    is_whole = not (text or entity or finding)
    found = await (
        access.index.after(INTENT, bot, after, limit=limit + 1) if is_whole else access.index.all(INTENT, bot)
    )
    validation = await access.validations.last(bot)
    words = fold_text(text or "")
    page: list[Indexed] = []
    for intent in found:
        if (intent.position, intent.id) <= after or not _matches(intent, words, entity):
            continue
        if finding and (validation is None or finding not in validation.checks_by_intent.get(intent.name, ())):
            continue
        page.append(intent)
        if len(page) > limit:
            break
    more = encode_cursor(page[limit - 1].position, page[limit - 1].id) if len(page) > limit else None
    return Page(items=[summary_of(intent, validation) for intent in page[:limit]], next=more)


def _matches(intent: Indexed, words: str, entity: str | None) -> bool:
    wire = intent.definition
    texts = (intent.name, wire.get("name"), wire.get("speechResponse"))
    if words and not any(words in fold_text(str(each or "")) for each in texts):
        return False
    parameters = [row.get("type") for row in wire.get("parameters") or () if isinstance(row, dict)]
    return entity is None or entity in intent.all_types or entity in parameters


@router.post(
    "",
    status_code=201,
    summary="Make an intent",
    response_model=Intent,
    responses=MAKES,
    dependencies=[allow(Role.AUTHOR)],
)
async def create_intent(bot: Bot, intent: IntentIn, request: Request, access: Access) -> JSONResponse:
    """Add an intent to the draft, with or without examples."""
    require_intent_id(intent.intent_id)
    entities = await _entities(access, bot, intent)
    wire, _ = await asyncio.to_thread(check_intent, unmasked_intent(intent.to_wire(), None), entities=entities)
    await access.drafts.head(bot)
    await access.drafts.add(INTENT, bot, intent.intent_id, wire)
    note_change(request, after={"example_count": len(examples_of(wire)), **shown_intent(wire)}, target=intent.intent_id)
    location = f"/api/v1/bots/{bot}/intents/{intent.intent_id}"
    return json_response(
        shown_intent(wire, examples=True), status=201, etag=intent_etag(wire), location=quote(location)
    )


@router.get(_ONE, summary="Show an intent", response_model=Intent, dependencies=[allow(Role.VIEWER)])
async def show_intent(
    bot: Bot,
    intent_id: IntentId,
    access: Access,
    examples: Annotated[bool, Query(description="Whether to show its examples too, as `trainingData`.")] = False,
) -> JSONResponse:
    """Return an intent as a bot file has it, without its examples unless they are asked for. Secrets are `***`."""
    wire = await access.drafts.get(INTENT, bot, intent_id)
    return json_response(shown_intent(wire, examples=examples), etag=intent_etag(wire))


@router.put(
    _ONE, summary="Replace an intent", response_model=Intent, responses=EDITS, dependencies=[allow(Role.AUTHOR)]
)
async def replace_intent(
    bot: Bot, intent_id: IntentId, intent: IntentIn, request: Request, access: Access, if_match: IfMatch = None
) -> JSONResponse:
    """Replace an intent. Without `trainingData` its examples stay, and somebody else may edit them meanwhile."""
    if intent.intent_id != intent_id:
        raise UserInputError(f"the path names the intent {intent_id[:100]!r}, and the body {intent.intent_id[:100]!r}")
    given = intent.to_wire()
    brings_examples = "training_data" in intent.model_fields_set

    def merged(now: Wire) -> Wire:
        after = unmasked_intent(given, now)
        return after if brings_examples else with_examples(after, examples_of(now)) if examples_of(now) else after

    entities = await _entities(access, bot, intent) if brings_examples else None
    return await _edit(bot, intent_id, merged, request, access, if_match, entities=entities)


@router.patch(
    _ONE, summary="Change an intent", response_model=Intent, responses=EDITS, dependencies=[allow(Role.AUTHOR)]
)
async def change_intent(
    bot: Bot, intent_id: IntentId, change: IntentChange, request: Request, access: Access, if_match: IfMatch = None
) -> JSONResponse:
    """Change some fields of an intent; examples have routes of their own."""
    given = change.to_wire()
    fixed = given.keys() & {"intentId", "intent_id", "trainingData", "training_data"}
    if fixed:
        raise UserInputError(f"{', '.join(sorted(fixed))} cannot be changed here; examples are at `.../examples`")

    def merged(now: Wire) -> Wire:
        both = {**now, **given}
        return unmasked_intent({name: value for name, value in both.items() if given.get(name, "") is not None}, now)

    return await _edit(bot, intent_id, merged, request, access, if_match)


@router.delete(_ONE, status_code=204, summary="Delete an intent", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def delete_intent(
    bot: Bot,
    intent_id: IntentId,
    request: Request,
    access: Access,
    system: Annotated[bool, Query(description="Whether even an intent that every bot needs is meant.")] = False,
    if_match: IfMatch = None,
) -> None:
    """Delete an intent with its examples."""

    def gone(now: Wire) -> None:
        require_etag(if_match, intent_etag(now), shown_intent(now, examples=True))
        if intent_id in SYSTEM_INTENTS and not system:
            raise DraftNeeded(
                f"the intent {intent_id!r}", "is one that every bot needs", remedy="reword it, or say `system=true`"
            )

    change = await access.drafts.edit(INTENT, bot, intent_id, gone)
    before = change.before or {}
    note_change(request, before={"example_count": len(examples_of(before)), **shown_intent(before)})


async def _edit(
    bot: str,
    intent_id: str,
    merged: Callable[[Wire], Wire],
    request: Request,
    access: DraftAccess,
    if_match: str | None,
    *,
    entities: Sequence[Wire] | None = None,
) -> JSONResponse:
    """Change an intent; with `entities` its examples too, which are checked against them."""
    with_them = entities is not None

    def edit(now: Wire) -> Wire:
        parts = _BOTH if with_them else _DEFINITION
        require_etag(if_match, intent_etag(now), shown_intent(now, examples=with_them), parts=parts)
        after = merged(now)
        if entities is not None:
            after, _ = check_intent(after, entities=entities)
        else:
            check_row("intents", definition_of(after), source=f"intent {intent_id[:100]!r}")
        return now if after == now else after

    change = await access.drafts.edit(INTENT, bot, intent_id, edit)
    before, stored = change.before or {}, change.after or {}
    then, now = differing(shown_intent(before), shown_intent(stored))
    counts = len(examples_of(before)), len(examples_of(stored))
    if counts[0] != counts[1]:
        then["example_count"], now["example_count"] = counts
    note_change(request, before=then, after=now)
    return json_response(shown_intent(stored, examples=with_them), etag=intent_etag(stored))


async def _entities(access: DraftAccess, bot: str, intent: Intent) -> list[Wire]:
    """Return the entities that an intent's annotations may need to be found again."""
    has_marks = any(example.entities for example in intent.training_data)
    return await access.entities(bot) if has_marks else []


def require_intent_id(intent_id: str) -> None:
    """Raise `UserInputError` for an id that a new intent cannot have."""
    if intent_id == OUT_OF_SCOPE:
        raise UserInputError(f"intentId: {OUT_OF_SCOPE!r} stands for what no intent takes; choose another")
    require_name("intentId", intent_id)
