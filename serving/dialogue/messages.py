"""What enters and leaves a turn."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class UserMessage(BaseModel):
    """A message as its channel delivers it: validated, cleaned and with an id.

    `is_trusted` is true only for a bot author (test chat), who may call every intent as `/intent_id`; customers may
    call only those the operator allows. `sent_at` has a time zone; if the channel gives no time, the turn sets it on
    arrival. `address` is the client's, if the channel knows it; it is never stored. `visitor` stands for a visitor with
    a verified identity; empty for one without, None where the bot knows no visitors.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    thread_id: str
    message_id: str
    text: str
    context: dict[str, JsonValue] = {}
    channel: str
    is_trusted: bool = False
    sent_at: datetime | None = None
    address: str = Field(default="", exclude=True, repr=False)
    visitor: str | None = Field(default=None, exclude_if=lambda visitor: visitor is None)


class QuickReply(BaseModel):
    """A button under a reply: its title, and the text that pressing it sends."""

    model_config = ConfigDict(frozen=True)

    title: str
    payload: str


class BotMessage(BaseModel):
    """One message to the customer. Its buttons are suggestions; any other reply is just as good."""

    model_config = ConfigDict(frozen=True)

    text: str
    # omitted if empty: clients of ai-chatbot-framework expect `text` alone
    quick_replies: tuple[QuickReply, ...] = Field(default=(), exclude_if=lambda replies: not replies)


class FormStatus(BaseModel):
    """How far the turn's intent has collected the values it needs."""

    model_config = ConfigDict(frozen=True)

    intent_id: str
    slots: dict[str, JsonValue]
    missing: tuple[str, ...]
    asking: str | None
    is_complete: bool


class TurnResponse(BaseModel):
    """What a caller is told about a turn. A repeated message gets the same one again.

    `is_handed_over` asks the client to let a person take over the thread.
    """

    model_config = ConfigDict(frozen=True)

    thread_id: str
    message_id: str
    turn: int
    replies: tuple[BotMessage, ...]
    intent_id: str
    confidence: float | None
    form: FormStatus | None
    release: str
    is_handed_over: bool = False


@dataclass(frozen=True)
class TurnSignals:
    """What a turn reveals about the release that answered it."""

    fallback: bool = False
    error: bool = False
    clarification: bool = False
