"""The chat API over HTTP: ours, and the one that bots of ai-chatbot-framework are called by."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.exceptions import HTTPException

from pipelines.errors import UserInputError
from serving.channels.incoming import BotName, Context, Id, Text, new_message_id
from serving.dialogue.messages import Answer, BotMessage, UserMessage
from serving.dialogue.turn import handle_turn
from serving.http_errors import ErrorBody, describe_validation
from serving.services import Services

CHANNEL = "rest"


class MessageIn(BaseModel):
    """A customer's message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"thread_id": "visitor-7", "message_id": "m-1", "text": "track order ORD-1042"}]
        }
    )

    thread_id: Id = Field(description="The conversation: whatever stays the same for one customer.")
    text: Text = Field(description="What the customer wrote, or `/intent_id` for a button.")
    message_id: Id | None = Field(
        default=None, description="The sender's id for this message. Sent again with the same id, it is answered once."
    )
    context: Context = Field(default_factory=dict, description="Values for reply and tool templates; they stay known.")

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("the text is empty")
        return text


class CompatMessageIn(BaseModel):
    """A message as ai-chatbot-framework's channel takes it. A blank text gets the fallback reply."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thread_id": "visitor-7", "text": "track order ORD-1042", "context": {}}]}
    )

    thread_id: Id
    text: Text
    context: Context = Field(default_factory=dict)
    message_id: Id | None = None


async def services_of(request: Request) -> Services:
    """Give the services of the app that handles the request.

    A coroutine though it waits for nothing: an ordinary function would be called in a worker thread, half the cost of
    the whole HTTP layer.
    """
    services: Services = request.app.state.services
    return services


ServicesOfApp = Annotated[Services, Depends(services_of)]

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The body is not JSON."},
    404: {"model": ErrorBody, "description": "There is no such bot."},
    409: {"model": ErrorBody, "description": "Other work on the thread took too long; send the message again."},
    413: {"model": ErrorBody, "description": "The body is too large."},
    422: {"model": ErrorBody, "description": "A field is missing or cannot be used."},
    503: {"model": ErrorBody, "description": "No release or no database; send the message again later."},
}

router = APIRouter(tags=["chat"], responses=_ERRORS)


@router.post("/api/v1/bots/{bot}/messages", summary="Send a message")
async def send_message(bot: Annotated[BotName, Path()], message: MessageIn, services: ServicesOfApp) -> Answer:
    """Answer a message of a customer, exactly once for each `message_id`."""
    return await handle_turn(
        UserMessage(
            bot=bot,
            thread_id=message.thread_id,
            message_id=message.message_id or new_message_id(),
            text=message.text,
            context=message.context,
            channel=CHANNEL,
        ),
        services,
    )


async def _compat_message(request: Request) -> CompatMessageIn:
    """Read the body as JSON whatever its content type says, as existing clients expect."""
    try:
        payload = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
    try:
        return CompatMessageIn.model_validate(payload)
    except ValidationError as error:
        raise UserInputError(describe_validation(error.errors(include_input=False))) from error


_COMPAT_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": CompatMessageIn.model_json_schema()}}}
}


@router.post("/bots/channels/rest/webhook", summary="Send a message (compatible)", openapi_extra=_COMPAT_BODY)
@router.post("/bots/channels/rest/webbook", include_in_schema=False)
async def send_compat_message(request: Request, services: ServicesOfApp) -> list[BotMessage]:
    """Answer a message in the shape of ai-chatbot-framework; `webbook` is how its path is spelt."""
    message = await _compat_message(request)
    answer = await handle_turn(
        UserMessage(
            bot=request.app.state.default_bot,
            thread_id=message.thread_id,
            message_id=message.message_id or new_message_id(),
            text=message.text,
            context=message.context,
            channel=CHANNEL,
        ),
        services,
    )
    return list(answer.replies)
