"""What enters and leaves a turn."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class UserMessage(BaseModel):
    """A message as a channel hands it over: checked, cleaned and with an id.

    `is_trusted` is true only where a bot author speaks (test chat): every intent may be called as `/intent_id` there,
    while customers have the few that the operator allows. `sent_at` is when it was sent, with its zone; the turn sets
    it to the time of arrival where the channel does not say.
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


class QuickReply(BaseModel):
    """A button under a reply: what it shows, and the text that pressing it sends."""

    model_config = ConfigDict(frozen=True)

    title: str
    payload: str


class BotMessage(BaseModel):
    """One message to the customer. Its buttons are offers: any other answer is as good."""

    model_config = ConfigDict(frozen=True)

    text: str
    # left out where there are none: clients of ai-chatbot-framework expect `text` alone
    quick_replies: tuple[QuickReply, ...] = Field(default=(), exclude_if=lambda replies: not replies)


class FormStatus(BaseModel):
    """How far the turn's intent is with the values it needs."""

    model_config = ConfigDict(frozen=True)

    intent_id: str
    slots: dict[str, JsonValue]
    missing: tuple[str, ...]
    asking: str | None
    is_complete: bool


class Answer(BaseModel):
    """What a caller is told about a turn. A repeated message gets the same one again.

    `is_handed_over` asks whoever shows this to let a person go on with the thread.
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
class TurnSigns:
    """What a turn says about the release that answered it."""

    fallback: bool = False
    error: bool = False
    clarification: bool = False
