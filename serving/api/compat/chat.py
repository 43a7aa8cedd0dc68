"""ai-chatbot-framework's test chat: a turn on the default bot's draft, shown as its whole state."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipelines.errors import NotFound
from pipelines.registry.release import Release
from serving.access.roles import Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.authoring.tries import read_state, tried_message, wanted_release
from serving.api.admin.route import AdminRouter
from serving.api.errors import ErrorBody
from serving.api.webhooks import DefaultBot
from serving.channels.incoming import Context, Id, Text
from serving.dialogue.messages import BotMessage
from serving.dialogue.services import Services
from serving.replay.shown_calls import ToolUse
from serving.replay.try_turn import TriedTurn, try_turn
from serving.store.threads.try_states import TryStates

_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such bot."}}
_SHOWN_CHANNEL = "rest"

router = AdminRouter(prefix="/admin/test", tags=["compatible"], responses=_ERRORS)


class CompatTestIn(BaseModel):
    """A message of the test chat."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thread_id": "test-user", "text": "/init_conversation", "context": {}}]}
    )

    thread_id: Id
    text: Text
    context: Context = Field(default_factory=dict)


class CompatUserMessage(BaseModel):
    """The message as it was read."""

    thread_id: str
    text: str
    channel: str
    context: dict[str, JsonValue]


class CompatReading(BaseModel):
    """What the model found: the likeliest intent, and a value for each type of entity."""

    entities: dict[str, JsonValue]
    intent: dict[str, JsonValue] = Field(examples=[{"intent": "track_order", "confidence": 0.93}])


class CompatParameter(BaseModel):
    """A value that the intent needs."""

    name: str
    type: str
    required: bool


class CompatState(BaseModel):
    """The state of the conversation after the turn, in the format of ai-chatbot-framework."""

    thread_id: str
    user_message: CompatUserMessage
    bot_message: tuple[BotMessage, ...]
    nlu: CompatReading
    context: dict[str, JsonValue]
    intent: dict[str, str] = Field(examples=[{"id": "track_order"}])
    parameters: tuple[CompatParameter, ...]
    extracted_parameters: dict[str, JsonValue]
    missing_parameters: tuple[str, ...]
    complete: bool
    current_node: str | None = Field(description="The parameter that is asked for.")
    date: datetime


@router.post("/chat", summary="Test chat (compatible)", dependencies=[allow(Role.AUTHOR, on=Reach.DEFAULT_BOT)])
async def test_compat_chat(wanted: CompatTestIn, request: Request, bot: DefaultBot, caller: Caller) -> CompatState:
    """Answer a message with the default bot's draft, over the understanding of the newest version.

    It is kept apart from customers, and from the chats of other authors. Tools are called for real, as there.
    """
    services: Services = request.app.state.services
    states, thread = TryStates(services.database), f"{caller.id}/{wanted.thread_id}"
    message = tried_message(bot, thread, wanted.text, wanted.context, services)
    release, now = await _release(bot, services), services.now()
    turn, stored = await states.load(bot, thread, now=now)
    tools = ToolUse(is_called=True)
    found = await try_turn(message, read_state(stored), release, services, turn=turn + 1, tools=tools)
    after = found.outcome.decision.state.model_dump_json()
    await states.save(bot, thread, turn=turn + 1, state=after, now=now)
    return _state(wanted, found, now=now)


async def _release(bot: str, services: Services) -> Release:
    """Return the draft as a release, or the release that answers if there is no draft."""
    try:
        release, _ = await wanted_release(bot, "draft", services)
    except NotFound:
        release, _ = await wanted_release(bot, "live", services)
    return release


def _state(message: CompatTestIn, found: TriedTurn, *, now: datetime) -> CompatState:
    decision, nlu = found.outcome.decision, found.outcome.read.nlu
    form, intent, filling = decision.form_status, decision.intent, decision.filling
    best = nlu.ranking[0] if nlu is not None and nlu.ranking else None
    is_shortcut = nlu is None
    return CompatState(
        thread_id=message.thread_id,
        user_message=CompatUserMessage(**message.model_dump(), channel=_SHOWN_CHANNEL),
        bot_message=found.outcome.reply.messages,
        nlu=CompatReading(
            entities={span.type: span.value for span in nlu.entities} if nlu is not None else {},
            intent={
                "intent": best.intent_id if best is not None else decision.route.intent_id,
                "confidence": best.confidence if best is not None else float(is_shortcut),
            },
        ),
        context=decision.state.context,
        intent={"id": decision.route.intent_id},
        parameters=tuple(
            CompatParameter(name=each.name, type=each.type, required=each.required)
            for each in (intent.parameters if intent is not None else ())
        ),
        extracted_parameters=form.slots if form is not None else {},
        missing_parameters=form.missing if form is not None else (),
        complete=filling is None or not filling.is_open,
        current_node=form.asking if form is not None else None,
        date=now,
    )
