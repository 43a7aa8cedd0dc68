"""Replies rendered from the release's texts, and never anything a model made up."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.bot import Intent
from serving.dialogue.messages import BotMessage, QuickReply
from serving.dialogue.phrases import Phrases
from serving.tools.sandbox import REPLY_ENVIRONMENT, SEED, render

SPLIT = "###"
# Stands for `###` while a text is rendered, so that a `###` in a value does not split the reply.
_SPLIT_MARK = "\ue002\ue003\ue002"


class ReplyValues(BaseModel):
    """The names that a reply template sees; `seed` decides among reply variants.

    `cancelled` is the name of the intent that the customer ended with this message, `prompt` the question that an
    interrupted intent comes back to.
    """

    model_config = ConfigDict(frozen=True)

    context: dict[str, JsonValue]
    parameters: dict[str, JsonValue] = {}
    result: JsonValue = None
    cancelled: str = ""
    prompt: str = ""
    seed: str


class Reply(BaseModel):
    """The messages to send. `problem` says which text of the release could not be rendered, and why."""

    model_config = ConfigDict(frozen=True)

    messages: tuple[BotMessage, ...] = ()
    problem: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """What the messages say."""
        return tuple(message.text for message in self.messages)

    def then(self, other: Self) -> Self:
        """Give this reply and another one after it."""
        problem = self.problem or other.problem
        return self.model_copy(update={"messages": (*self.messages, *other.messages), "problem": problem})

    def with_buttons(self, buttons: Iterable[QuickReply]) -> Self:
        """Give the same with buttons under the last message."""
        buttons = tuple(buttons)
        if not buttons or not self.messages:
            return self
        last = self.messages[-1].model_copy(update={"quick_replies": buttons})
        return self.model_copy(update={"messages": (*self.messages[:-1], last)})


def say(*texts: str) -> Reply:
    """Give texts as a reply, as they are."""
    return Reply(messages=tuple(BotMessage(text=text) for text in texts))


def render_text(template: str, values: ReplyValues) -> tuple[str, ...]:
    """Render a prompt or response and split it into messages.

    Parameters
    ----------
    template
        The author's text.
    values
        The names it sees.

    Returns
    -------
    tuple[str, ...]
        The messages; none for a blank text.

    Raises
    ------
    TemplateError
        The template is malformed or does what the sandbox refuses.
    """
    names: Mapping[str, Any] = {**values.model_dump(exclude={"seed"}), SEED: values.seed}
    rendered = render(REPLY_ENVIRONMENT, template.replace(SPLIT, _SPLIT_MARK), names)
    return tuple(part.strip() for part in rendered.split(_SPLIT_MARK) if part.strip())


def render_reply(template: str, values: ReplyValues, *, otherwise: str, what: str, phrases: Phrases) -> Reply:
    """Render one of the author's texts.

    Parameters
    ----------
    template
        The text.
    values
        The names it sees.
    otherwise
        What is said for a blank one; nothing, if this is blank too.
    what
        Names the text, for whoever must repair it.
    phrases
        The bot's language.

    Returns
    -------
    Reply
        An apology with its `problem`, if the text cannot be rendered.
    """
    try:
        texts = render_text(template, values)
    except TemplateError as error:
        return say(phrases.service_unavailable).model_copy(update={"problem": f"{what}: {error}"})
    return say(*(texts or ([otherwise] if otherwise else [])))


def respond(intent: Intent | None, values: ReplyValues, *, otherwise: str, phrases: Phrases) -> Reply:
    """Answer with one of an intent's responses, or with a plain sentence where the release has none.

    Parameters
    ----------
    intent
        Whose response; None if the release has no such intent.
    values
        The names it sees; the same `seed` chooses the same response.
    otherwise
        The plain sentence.
    phrases
        The bot's language.

    Returns
    -------
    Reply
        With the intent's buttons.
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
    # Picking a reply variant is no secret, and a replay must pick the same one.
    if len(variants) < 2:
        return variants[0] if variants else ""
    return random.Random(seed).choice(variants)  # noqa: S311
