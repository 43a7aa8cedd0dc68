"""The chat API over HTTP: ours, and that of ai-chatbot-framework."""

import json
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipelines.errors import UserInputError
from pipelines.schemas.keys import REST
from serving.api.chat_paths import COMPAT_MESSAGES, MESSAGES
from serving.api.door import admit
from serving.api.errors import ErrorBody
from serving.api.fields import describe_validation
from serving.channels.incoming import BotName, Context, Id, Text, new_message_id
from serving.dialogue.messages import BotMessage, TurnResponse, UserMessage
from serving.dialogue.turn import handle_turn, handle_turn_json

CHANNEL = REST


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


class Answer(TurnResponse):
    """The replies to a message. The name stands in the API's description, where generated clients take it from."""


class CompatMessageIn(BaseModel):
    """A message in the format of ai-chatbot-framework. A blank text gets the fallback reply."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thread_id": "visitor-7", "text": "track order ORD-1042", "context": {}}]}
    )

    thread_id: Id
    text: Text
    context: Context = Field(default_factory=dict)
    message_id: Id | None = None


_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The body is not JSON."},
    401: {"model": ErrorBody, "description": "The bot needs a widget key or a visitor's token that counts."},
    403: {"model": ErrorBody, "description": "The widget key does not allow this page."},
    404: {"model": ErrorBody, "description": "There is no such bot."},
    429: {"model": ErrorBody, "description": "Too many messages of a thread or address; wait for `Retry-After`."},
    409: {"model": ErrorBody, "description": "Other work on the thread took too long; send the message again."},
    413: {"model": ErrorBody, "description": "The body is too large."},
    422: {"model": ErrorBody, "description": "A field is missing or cannot be used."},
    503: {"model": ErrorBody, "description": "No release or no database; send the message again later."},
}

router = APIRouter(tags=["chat"], responses=_ERRORS)


MessageModel = TypeVar("MessageModel", MessageIn, CompatMessageIn)


async def _read(request: Request, kind: type[MessageModel]) -> MessageModel:
    """Read the body as JSON whatever its content type says, as existing clients expect.

    Not left to FastAPI, whose reading, validation and serialization take more steps: half of what HTTP costs a message.
    """
    body = await request.body()
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return _read_slowly(body, kind)


def _read_slowly(body: bytes, kind: type[MessageModel]) -> MessageModel:
    """Read what the fast parser rejects, such as lone surrogates, which Python accepts; raise for invalid input."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise UserInputError(describe_validation(error.errors(include_input=False))) from error


def _body_of(kind: type[BaseModel]) -> dict[str, Any]:
    """Document a body that the route reads itself; `openapi` adds its schema to the document."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _admit(
    request: Request, bot: str, message: MessageIn | CompatMessageIn
) -> tuple[dict[str, JsonValue], str | None]:
    request.app.state.rate_limits.check_thread(bot, message.thread_id)
    return await admit(request, bot, thread_id=message.thread_id, context=message.context)


@router.post(
    MESSAGES,
    summary="Send a message",
    response_model=Answer,
    openapi_extra=_body_of(MessageIn),
)
async def send_message(bot: Annotated[BotName, Path()], request: Request) -> Response:
    """Answer a customer's message, exactly once for each `message_id`."""
    message = await _read(request, MessageIn)
    context, visitor = await _admit(request, bot, message)
    response = await handle_turn_json(
        UserMessage(
            bot=bot,
            thread_id=message.thread_id,
            message_id=message.message_id or new_message_id(),
            text=message.text,
            context=context,
            visitor=visitor,
            channel=CHANNEL,
            address=request.client.host if request.client is not None else "",
        ),
        request.app.state.services,
    )
    return Response(response, media_type="application/json")


@router.post(COMPAT_MESSAGES[0], summary="Send a message (compatible)", openapi_extra=_body_of(CompatMessageIn))
@router.post(COMPAT_MESSAGES[1], include_in_schema=False)
async def send_compat_message(request: Request) -> list[BotMessage]:
    """Answer a message in the format of ai-chatbot-framework; `webbook` is how it spells its path."""
    message = await _read(request, CompatMessageIn)
    bot: str = request.app.state.default_bot
    context, visitor = await _admit(request, bot, message)
    response = await handle_turn(
        UserMessage(
            bot=bot,
            thread_id=message.thread_id,
            message_id=message.message_id or new_message_id(),
            text=message.text,
            context=context,
            visitor=visitor,
            channel=CHANNEL,
            address=request.client.host if request.client is not None else "",
        ),
        request.app.state.services,
    )
    return list(response.replies)
