"""A tool call shown to an author: what would be sent, with its secrets masked, and what answers if it is sent."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from pipelines.errors import ToolFailed
from pipelines.schemas.bot import Intent
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.turns import ToolRecord
from pipelines.templates.literal_secrets import masked_intent
from pipelines.templates.references import hidden
from pipelines.templates.request import ToolRequest
from serving.dialogue.services import Services
from serving.replay.calls import Endpoints, ReplayedCall
from serving.tools.mapping import AnswerUnusable, map_answer

SHOWN_ONLY = "shown only, so nothing has answered"
"""Failure of a call that was not made."""


@dataclass(frozen=True)
class ToolUse:
    """What to do about tools: call them, or only show the calls, with an answer that somebody made up.

    `has_answer` tells an answer of null from none.
    """

    is_called: bool = False
    has_answer: bool = False
    answer: JsonValue = None


@dataclass(frozen=True)
class ShownCall:
    """A tool call with its secrets masked, and its answer.

    Attributes
    ----------
    record
        What was answered: that of the tool, or the made-up one.
    headers
        As sent, in order.
    is_called
        Whether it was sent.
    problem
        Why it cannot be sent, or why it failed; empty otherwise.
    answer
        The beginning of an answer that cannot be used. Neither the record nor a log has it.
    """

    record: ToolRecord
    headers: tuple[tuple[str, str], ...] = ()
    is_called: bool = False
    problem: str = ""
    answer: str = ""


async def show_call(
    intent: Intent,
    *,
    parameters: Mapping[str, JsonValue],
    context: Mapping[str, JsonValue],
    language: str,
    services: Services,
    tools: ToolUse,
) -> ShownCall:
    """Render the call of an intent's tool with some values, and send it if the author wants that."""
    if intent.tool is None:
        raise ValueError(f"intent {intent.intent_id!r} has no tool")
    started, key = time.perf_counter(), f"try-{uuid.uuid4().hex}"
    endpoints = Endpoints(services.endpoints)

    def render(tool: ToolSpec, of: Intent) -> ReplayedCall:
        return endpoints.render_values(
            tool, of, parameters=dict(parameters), context=dict(context), key=key, language=language
        )

    rendered = render(intent.tool, intent)
    masked = Intent.model_validate(masked_intent(intent.to_wire()))
    shown = render(masked.tool, masked) if masked.tool else rendered
    record = ToolRecord(intent_id=intent.intent_id, key=key)
    request, safe = rendered.request, shown.request
    if request is None or safe is None:
        problem = rendered.problem or shown.problem
        return ShownCall(record.model_copy(update={"failure": problem}), problem=problem)
    sent = {"method": request.method, "url": hidden(safe.url), "body": _hidden(safe.body)}
    unusable = ""
    try:
        answered = await _answer(request, is_set=not rendered.unset, services=services, tools=tools)
    except ToolFailed as error:
        unusable = error.answer
        answered = {"failure": error.reason, "has_acted": error.has_acted, "may_have_acted": error.may_have_acted}
    took = round((time.perf_counter() - started) * 1000, 2)
    record = record.model_copy(update={**sent, **answered, "duration_ms": took})
    headers = tuple((name, hidden(value)) for name, value in safe.headers)
    problem = record.failure if record.failure not in (None, SHOWN_ONLY) else ""
    return ShownCall(record, headers, is_called=tools.is_called, problem=problem or "", answer=unusable)


async def _answer(request: ToolRequest, *, is_set: bool, services: Services, tools: ToolUse) -> dict[str, object]:
    """Return what an answer adds to the record of a call; raise `ToolFailed` if the tool was called in vain."""
    if not tools.is_called and not tools.has_answer:
        return {"failure": SHOWN_ONLY}
    try:
        if not tools.is_called:
            answer = map_answer(tools.answer, request.mapping, max_chars=services.tools.max_response_bytes)
        elif is_set:
            answer = await services.tools.call(request, keeps_answer=True)
        else:
            return {
                "failure": "an endpoint of its templates has no base URL; the operator sets it in INTENTLOOP_ENDPOINTS"
            }
    except AnswerUnusable as error:
        return {"failure": str(error)}
    return {"result": answer.result, "context": answer.context}


def _hidden(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, dict):
        return {hidden(name): _hidden(inner) for name, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value
