"""What a platform's channel must do. To add one, implement `Channel` and name it in `connections`.

A channel only translates: it authenticates the platform's requests, reads their events, and converts and sends replies.
Lost, repeated, late or reordered events are handled elsewhere: `webhooks` accepts, `delivery` answers.
`tests/support/webhook_conformance.py` is the suite that every channel passes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from serving.channels.incoming import Id, Text
from serving.dialogue.messages import BotMessage

OutgoingMessage = dict[str, JsonValue]
"""One message in the platform's format, sent in one request."""


class IncomingEvent(BaseModel):
    """Something that a customer wrote or pressed.

    `account` is the addressee (a page, a number) and `sender` the customer's id there; both are part of `thread_id`,
    which begins with the channel's name and a colon, so that no other channel reaches the thread. An attachment has no
    text: the dialogue treats it as a message it does not understand. `context` is what the thread shall remember of how
    the customer came; a `visit` brings nothing else and gets no reply. `sent_at` is on the platform's clock; None if
    unknown.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["text", "button", "attachment", "visit"]
    thread_id: Id
    message_id: Id
    text: Text
    account: str
    sender: str
    sent_at: datetime | None = None
    context: dict[str, JsonValue] = {}


class Parsed(BaseModel):
    """The content of one request: events in order, and a reason for each part that was ignored."""

    model_config = ConfigDict(frozen=True)

    events: tuple[IncomingEvent, ...] = ()
    ignored: tuple[str, ...] = ()


class Channel(Protocol):
    """A bot's connection to a platform, with its secrets."""

    @property
    def name(self) -> str:
        """Its name in paths, thread ids and logs."""
        ...

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """Answer the platform's check that this address is ours; raise `NotAuthentic` for anybody else."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the platform signed this body; False without a secret to check with. Header names are lower-case."""
        ...

    def parse(self, body: bytes) -> Parsed:
        """Read a verified body; raise `ValueError` if it is not JSON."""
        ...

    def compose(self, replies: Sequence[BotMessage]) -> tuple[OutgoingMessage, ...]:
        """Convert replies to the platform's format. Deterministic: after a crash, sending resumes by message number."""
        ...

    async def send(self, event: IncomingEvent, message: OutgoingMessage) -> None:
        """Send one message to the event's sender; raise `DeliveryFailed` or `DeliveryRefused`."""
        ...

    async def show_typing(self, event: IncomingEvent) -> None:
        """Show a typing indicator; raises as `send` does."""
        ...
