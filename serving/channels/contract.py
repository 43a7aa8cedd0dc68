"""What a platform's channel has to be able to do. Whoever adds one implements `Channel` and names it in `connections`.

A channel translates and nothing more: it tells whether a request is the platform's, reads events out of it, and brings
replies into the platform's shape and there. What is lost, repeated, late or out of order is not its concern: `webhooks`
accepts, `delivery` answers. `tests/support/webhook_conformance.py` is the suite that every channel passes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from serving.channels.incoming import Id, Text
from serving.dialogue.messages import BotMessage

OutgoingMessage = dict[str, JsonValue]
"""One message in the platform's own shape: what goes out in one request."""


class IncomingEvent(BaseModel):
    """Something that a customer said or pressed.

    `account` is whom they wrote to (a page, a number), `sender` who they are there; both are part of `thread_id`. An
    attachment has no text: the dialogue answers it as it answers what it does not understand. `sent_at` is the
    platform's clock, None if it does not say.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["text", "button", "attachment"]
    thread_id: Id
    message_id: Id
    text: Text
    account: str
    sender: str
    sent_at: datetime | None = None


class Parsed(BaseModel):
    """What one request held: events in their order, and a word for each part that is none of the bot's business."""

    model_config = ConfigDict(frozen=True)

    events: tuple[IncomingEvent, ...] = ()
    ignored: tuple[str, ...] = ()


class Channel(Protocol):
    """A bot's connection to a platform, with the secrets it needs."""

    @property
    def name(self) -> str:
        """How paths, threads and the log call it."""
        ...

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """Answer the platform's question whether this address is ours; raise `NotAuthentic` if it is not the one."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Tell whether the platform sent this; without a secret to tell by, it did not. Header names are lower-case."""
        ...

    def parse(self, body: bytes) -> Parsed:
        """Read a verified body; raise `ValueError` if it is no JSON."""
        ...

    def compose(self, replies: Sequence[BotMessage]) -> tuple[OutgoingMessage, ...]:
        """Bring replies into the platform's shape; always the same messages, since a crash resumes by their number."""
        ...

    async def send(self, event: IncomingEvent, message: OutgoingMessage) -> None:
        """Send one message to whoever caused the event; raise `DeliveryFailed` or `DeliveryRefused`."""
        ...

    async def show_typing(self, event: IncomingEvent) -> None:
        """Show that an answer is on its way; raise as `send` does."""
        ...
