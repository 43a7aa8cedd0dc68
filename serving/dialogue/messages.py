"""What enters and leaves a turn."""

from pydantic import BaseModel, ConfigDict, JsonValue


class UserMessage(BaseModel):
    """A message as a channel hands it over: checked, cleaned and with an id.

    `is_trusted` is true only where a bot author speaks (test chat): every intent may be called as `/intent_id` there,
    while customers have the few that the operator allows.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    thread_id: str
    message_id: str
    text: str
    context: dict[str, JsonValue] = {}
    channel: str
    is_trusted: bool = False


class BotMessage(BaseModel):
    """One message to the customer."""

    model_config = ConfigDict(frozen=True)

    text: str


class FormStatus(BaseModel):
    """How far the turn's intent is with the values it needs."""

    model_config = ConfigDict(frozen=True)

    intent_id: str
    slots: dict[str, JsonValue]
    missing: tuple[str, ...]
    asking: str | None
    is_complete: bool


class Answer(BaseModel):
    """What a caller is told about a turn. A repeated message gets the same one again."""

    model_config = ConfigDict(frozen=True)

    thread_id: str
    message_id: str
    turn: int
    replies: tuple[BotMessage, ...]
    intent_id: str
    confidence: float | None
    form: FormStatus | None
    release: str
