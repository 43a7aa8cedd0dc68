"""From a text to its meaning: a shortcut, or the model's reading."""

import asyncio
from datetime import UTC, datetime, tzinfo
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.understanding import NluResult
from serving.dialogue.messages import UserMessage

# Reading 300 characters costs about as much as a hop to a thread and back; a longer text would block other
# conversations.
INLINE_CHARS = 300


class Parser(Protocol):
    """Reads texts; `pipelines.nlu.model.NluModel` is one."""

    def parse(self, text: str, *, now: datetime | None = None) -> NluResult:
        """Read one text, written at `now` on its writer's clock. Thread-safe."""
        ...


class Interpretation(BaseModel):
    """An interpreted message. Either `shortcut` or `nlu` is set, and `llm` if the language model was asked.

    `button` is the intent named by `/intent_id` when the sender may not call every intent: it counts only if the last
    reply had such a button. `said_at` is the message's time on the clock of the bot's time zone.
    """

    model_config = ConfigDict(frozen=True)

    shortcut: str | None = None
    nlu: NluResult | None = None
    button: str | None = None
    message_id: str = ""
    said_at: datetime | None = None
    llm: LlmReading | None = None

    def with_llm(self, reading: LlmReading) -> Self:
        """Add the language model's reading; entities that the trained model found in the same place win."""
        read = self.model_copy(update={"llm": reading})
        if self.nlu is None or not reading.entities:
            return read
        own = self.nlu.entities
        more = [new for new in reading.entities if not any(new.start < old.end and old.start < new.end for old in own)]
        spans = tuple(sorted((*own, *more), key=lambda span: span.start))
        return read.model_copy(update={"nlu": self.nlu.model_copy(update={"entities": spans})})


def shortcut_of(message: UserMessage, *, public_shortcuts: frozenset[str]) -> str | None:
    """Return the intent that `/intent_id` calls; None for an ordinary text or an intent customers may not call."""
    intent_id = _named_intent(message)
    return intent_id if message.is_trusted or intent_id in public_shortcuts else None


def _named_intent(message: UserMessage) -> str | None:
    return message.text[1:].strip() or None if message.text.startswith("/") else None


async def interpret(
    message: UserMessage, *, parser: Parser, public_shortcuts: frozenset[str], zone: tzinfo = UTC
) -> Interpretation:
    """Read a message: its shortcut, or the model's reading, which is empty for a blank text.

    `zone` is the bot's time zone: it decides when `tomorrow` is.
    """
    # naive on purpose: entity finders work in the customer's own days and hours
    said_at = message.sent_at.astimezone(zone).replace(tzinfo=None) if message.sent_at is not None else None
    read = Interpretation(message_id=message.message_id, said_at=said_at)
    shortcut = shortcut_of(message, public_shortcuts=public_shortcuts)
    if shortcut is not None:
        return read.model_copy(update={"shortcut": shortcut})
    nlu = await _parse(message.text, parser, said_at)
    return read.model_copy(update={"nlu": nlu, "button": _named_intent(message)})


async def _parse(text: str, parser: Parser, said_at: datetime | None) -> NluResult:
    if not text.strip():
        return NluResult(text=text, ranking=())
    if len(text) <= INLINE_CHARS:
        return parser.parse(text, now=said_at)
    return await asyncio.to_thread(parser.parse, text, now=said_at)
