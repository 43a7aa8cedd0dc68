"""From a text to what it means: a shortcut, or the model's reading."""

import asyncio
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.understanding import NluResult
from serving.dialogue.messages import UserMessage

# Reading 300 characters costs about as much as the hop to a thread and back; a longer text would hold up other
# conversations.
INLINE_CHARS = 300


class Parser(Protocol):
    """Whatever reads a text; `pipelines.nlu.model.NluModel` does."""

    def parse(self, text: str) -> NluResult:
        """Read one text; may be called from any thread."""
        ...


class Interpretation(BaseModel):
    """A message, read. Exactly one of the two is set."""

    model_config = ConfigDict(frozen=True)

    shortcut: str | None = None
    nlu: NluResult | None = None


def shortcut_of(message: UserMessage, *, public_shortcuts: frozenset[str]) -> str | None:
    """Give the intent that `/intent_id` calls; None for an ordinary text or an intent that customers may not call."""
    if not message.text.startswith("/"):
        return None
    intent_id = message.text[1:].strip()
    return intent_id if intent_id and (message.is_trusted or intent_id in public_shortcuts) else None


async def interpret(message: UserMessage, *, parser: Parser, public_shortcuts: frozenset[str]) -> Interpretation:
    """Read a message.

    Parameters
    ----------
    message
        What the customer sent.
    parser
        The release's model.
    public_shortcuts
        Intents that customers may call as `/intent_id`.

    Returns
    -------
    Interpretation
        The shortcut, or the model's reading; of a blank text an empty one.
    """
    shortcut = shortcut_of(message, public_shortcuts=public_shortcuts)
    if shortcut is not None:
        return Interpretation(shortcut=shortcut)
    if not message.text.strip():
        return Interpretation(nlu=NluResult(text=message.text, ranking=()))
    if len(message.text) <= INLINE_CHARS:
        return Interpretation(nlu=parser.parse(message.text))
    return Interpretation(nlu=await asyncio.to_thread(parser.parse, message.text))
