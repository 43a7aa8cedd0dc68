"""Previews of an intent while it is written: its replies and its tool call with sample values. Nothing is stored."""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from fastapi import Request
from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipelines.errors import NotFound
from pipelines.schemas.bot import Intent
from pipelines.schemas.keys import BOTS
from pipelines.schemas.tool import ToolSpec
from pipelines.templates.json_fault import find_fault
from pipelines.templates.literal_secrets import unmasked_intent
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import render_parts
from pipelines.templates.sandbox import noting_gaps
from pipelines.templates.texts import reply_texts
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.authoring.editing import NOT_FOUND, Access, Bot, DraftAccess
from serving.api.admin.authoring.tries import TriedCall
from serving.api.admin.route import AdminRouter, leave_no_entry, note_change, services_of
from serving.dialogue.reply import ReplyValues, render_texts
from serving.replay.calls import Endpoints
from serving.replay.shown_calls import ToolUse, show_call
from serving.store.drafts.kinds import INTENT, Wire

router = AdminRouter(prefix="/api/v1/bots/{bot}/draft/preview", tags=["draft"], responses=NOT_FOUND)

_SEED = "preview"
_NO_JSON = "jsonData does not give valid JSON"
_EXAMPLE: Any = {
    "intent": {"name": "Greet", "intentId": "greet", "speechResponse": "Hello {{ parameters.name }}!"},
    "parameters": {"name": "Ada"},
}


class PreviewIn(BaseModel):
    """An intent as it is being written, and sample values."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    intent: Intent = Field(description="Without its examples. Secrets that come as `***` are those of the draft.")
    parameters: dict[str, JsonValue] = Field(default_factory=dict, description="A value for each parameter.")
    context: dict[str, JsonValue] = Field(default_factory=dict)
    tool_answer: JsonValue = Field(default=None, description="What the tool would answer, if it is not called.")
    tool: Literal["shown", "called"] = Field(
        default="shown", description="`called`: the tool is called for real, and the replies use its answer."
    )


class PreviewedText(BaseModel):
    """A text of the intent as a customer would read it."""

    place: str = Field(description="Its field, such as `speechResponse` or `city.prompt`.")
    messages: tuple[str | None, ...] = Field(description="Null: this one cannot be rendered.")
    problem: str | None = Field(description="Why one of them cannot be rendered.")
    missing: tuple[str, ...] = Field(description="Names in it that have no value here, so that they print nothing.")


class ToolFault(BaseModel):
    """A part of the tool that cannot be sent."""

    field: str = Field(description="`url`, `headers.NAME` or `jsonData`.")
    detail: str
    offset: int | None = Field(description="Where in the field, in characters, if that is known.")


class Preview(BaseModel):
    """An intent with sample values."""

    texts: tuple[PreviewedText, ...]
    tool: TriedCall | None = Field(description="The call; null without a tool, or if something in it is at fault.")
    faults: tuple[ToolFault, ...]
    endpoints: tuple[str, ...] = Field(description="The names of the operator's endpoints, for `{{ endpoints.NAME }}`.")


@router.post("", summary="Preview an intent", dependencies=[allow(Role.AUTHOR)])
async def preview_intent(bot: Bot, sent: PreviewIn, request: Request, access: Access) -> Preview:
    """Render the replies and the tool call of an intent that need not be stored.

    With `tool: called` the call is made for real, by a program on the server: it can be seen in the audit log then.
    """
    services = services_of(request)
    intent, language = await _unmasked(access, bot, sent.intent), await _language(access, bot)
    tools = ToolUse(sent.tool == "called", "tool_answer" in sent.model_fields_set, sent.tool_answer)
    faults: tuple[ToolFault, ...] = ()
    tool, result, context = None, sent.tool_answer, dict(sent.context)
    if intent.tool is not None:
        faults = await asyncio.to_thread(_faults, intent, intent.tool, sent, services.endpoints, language)
        if not faults:
            call = await show_call(
                intent,
                parameters=sent.parameters,
                context=sent.context,
                language=language,
                services=services,
                tools=tools,
            )
            tool = TriedCall.of(call, request, bot=bot)
            result, context = tool.result, context | tool.context
    if tool is not None and tool.is_called:
        note_change(request, target=intent.intent_id)
    else:
        leave_no_entry(request)
    values = ReplyValues(
        context=context, parameters=sent.parameters, result=result, seed=_SEED, language=language, prompt="…"
    )
    texts = await asyncio.to_thread(_texts, intent, values)
    return Preview(texts=texts, tool=tool, faults=faults, endpoints=tuple(sorted(services.endpoints)))


async def _unmasked(access: DraftAccess, bot: str, intent: Intent) -> Intent:
    """Return the intent with the secrets of the stored one in place of their masks."""
    stored: Wire | None = None
    try:
        stored = await access.drafts.get(INTENT, bot, intent.intent_id)
    except NotFound:
        await access.drafts.head(bot)  # the intent may be new, the bot may not
    return Intent.model_validate(unmasked_intent(intent.without_training_data().to_wire(), stored))


async def _language(access: DraftAccess, bot: str) -> str:
    database = access.drafts.database
    stored = await database.call("read bot", database.collection(BOTS).find_one({"_id": bot})) or {}
    return str((stored.get("fields") or {}).get("language") or "en")


def _texts(intent: Intent, values: ReplyValues) -> tuple[PreviewedText, ...]:
    found = []
    for text in reply_texts(intent):
        if not text.template.strip():
            continue
        with noting_gaps():
            rendered = render_texts(text.template, values)
        found.append(
            PreviewedText(
                place=text.place.removeprefix(f"{intent.intent_id}."),
                messages=rendered.texts,
                problem=rendered.problem,
                missing=tuple(dict.fromkeys(gap.name for gap in rendered.gaps if gap.name)),
            )
        )
    return tuple(found)


def _faults(
    intent: Intent, tool: ToolSpec, sent: PreviewIn, base_by_name: Mapping[str, str], language: str
) -> tuple[ToolFault, ...]:
    """Return what of a tool cannot be rendered with the sample values, each with its place."""
    values = RequestValues(
        parameters=sent.parameters,
        context=sent.context,
        endpoints=Endpoints(base_by_name).bases_for(tool),
        optional=intent.optional_names,
        language=language,
    )
    found = []
    for field, part in render_parts(tool, values):
        if not isinstance(part, TemplateError):
            continue
        reason, offset = str(part), None
        if reason == _NO_JSON:
            reason, offset = find_fault(tool.json_data, values)
        found.append(ToolFault(field=field, detail=reason, offset=offset))
    return tuple(found)
