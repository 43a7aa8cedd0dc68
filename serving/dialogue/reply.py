"""Replies rendered from the release's texts, and never anything a model made up."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.bot import Intent
from pipelines.templates.language import SEED
from pipelines.templates.sandbox import REPLY_ENVIRONMENT, render
from serving.dialogue.messages import BotMessage, QuickReply
from serving.dialogue.phrases import Phrases

SPLIT = "###"
# Replaces `###` while a text is rendered, so that a `###` in a value does not split the reply.
_SPLIT_MARK = "\ue002\ue003\ue002"


class ReplyValues(BaseModel):
    """The names a reply template can use; `seed` selects among reply variants.

    `cancelled` is the name of the intent that the customer cancelled with this message; `prompt` is the question that a
    resumed intent asks again.
    """

    model_config = ConfigDict(frozen=True)

    context: dict[str, JsonValue]
    parameters: dict[str, JsonValue] = {}
    result: JsonValue = None
    cancelled: str = ""
    prompt: str = ""
    seed: str


class Reply(BaseModel):
    """The messages to send. `problem` tells which text of the release could not be rendered, and why."""

    model_config = ConfigDict(frozen=True)

    messages: tuple[BotMessage, ...] = ()
    problem: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the messages."""
        return tuple(message.text for message in self.messages)

    def then(self, other: Self) -> Self:
        """Return this reply followed by another one."""
        problem = self.problem or other.problem
        return self.model_copy(update={"messages": (*self.messages, *other.messages), "problem": problem})

    def with_buttons(self, buttons: Iterable[QuickReply]) -> Self:
        """Return this reply with buttons under its last message."""
        buttons = tuple(buttons)
        if not buttons or not self.messages:
            return self
        last = self.messages[-1].model_copy(update={"quick_replies": buttons})
        return self.model_copy(update={"messages": (*self.messages[:-1], last)})


def say(*texts: str) -> Reply:
    """Return fixed texts as a reply."""
    return Reply(messages=tuple(BotMessage(text=text) for text in texts))


def render_text(template: str, values: ReplyValues) -> tuple[str, ...]:
    """Render a prompt or response and split it into messages; a blank text gives none.

    Raise `TemplateError` if the template is malformed or does something the sandbox forbids.
    """
    names: Mapping[str, Any] = {**values.model_dump(exclude={"seed"}), SEED: values.seed}
    rendered = render(REPLY_ENVIRONMENT, template.replace(SPLIT, _SPLIT_MARK), names)
    return tuple(part.strip() for part in rendered.split(_SPLIT_MARK) if part.strip())


def render_reply(template: str, values: ReplyValues, *, otherwise: str, what: str, phrases: Phrases) -> Reply:
    """Render one of the author's texts; an apology with its `problem` if it cannot be rendered.

    Parameters
    ----------
    otherwise
        Said instead of a blank text; if this is blank too, nothing is said.
    what
        Names the text, for its author.
    """
    try:
        texts = render_text(template, values)
    except TemplateError as error:
        return say(phrases.service_unavailable).model_copy(update={"problem": f"{what}: {error}"})
    return say(*(texts or ([otherwise] if otherwise else [])))


def respond(intent: Intent | None, values: ReplyValues, *, otherwise: str, phrases: Phrases) -> Reply:
    """Answer with one of the intent's responses and its buttons, or with the plain sentence `otherwise` if it has none.

    The same `seed` selects the same response.
    """
    if intent is None:
        return say(otherwise)
    variants = [text for text in (intent.speech_response, *intent.speech_responses) if text.strip()]
    reply = render_reply(
        _chosen(variants, values.seed),
        values,
        otherwise=otherwise,
        what=f"response of {intent.intent_id!r}",
        phrases=phrases,
    )
    return reply.with_buttons(QuickReply(title=one.title, payload=one.payload) for one in intent.quick_replies)


def _chosen(variants: Sequence[str], seed: str) -> str:
    # A replay must pick the same variant, and the choice is not a secret.
    if len(variants) < 2:
        return variants[0] if variants else ""
    return random.Random(seed).choice(variants)  # noqa: S311
