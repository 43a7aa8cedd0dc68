"""Replies rendered from the release's texts, and never anything a model made up."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.bot import Intent
from pipelines.templates.filters import LANGUAGE, SEED
from pipelines.templates.sandbox import FAILURE, Gap, render_contained
from serving.dialogue.messages import BotMessage, QuickReply
from serving.dialogue.phrases import Phrases

SPLIT = "###"
# Replaces `###` while a text is rendered, so that a `###` in a value does not split the reply.
_SPLIT_MARK = "\ue002\ue003\ue002"


class ReplyValues(BaseModel):
    """The names a reply template can use; `seed` selects among reply variants.

    `cancelled` is the name of the intent that the customer cancelled with this message; `prompt` is the question that a
    resumed intent asks again. `has_acted`: a tool was called for this reply. `language` is the bot's.
    """

    model_config = ConfigDict(frozen=True)

    context: dict[str, JsonValue]
    parameters: dict[str, JsonValue] = {}
    result: JsonValue = None
    cancelled: str = ""
    prompt: str = ""
    seed: str
    has_acted: bool = False
    language: str = "en"


class ReplyGap(BaseModel):
    """Something that a text of the release leaves out of a reply: a name without a value, or everything.

    Attributes
    ----------
    what
        The text, for its author: `response of 'track_order'`.
    name, nearest
        The name, and the one beside it that was probably meant. An empty `name`: the text says nothing at all, so that
        a plain sentence stands in its place.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    name: str = ""
    nearest: str = ""


class Reply(BaseModel):
    """The messages to send. `problem` tells which text of the release could not be rendered, and why.

    `gaps` tell what its texts leave out; names without a value are noted within `noting_gaps` only.
    """

    model_config = ConfigDict(frozen=True)

    messages: tuple[BotMessage, ...] = ()
    problem: str | None = None
    gaps: tuple[ReplyGap, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the messages."""
        return tuple(message.text for message in self.messages)

    def then(self, other: Self) -> Self:
        """Return this reply followed by another one."""
        messages, gaps = (*self.messages, *other.messages), (*self.gaps, *other.gaps)
        problem = self.problem or other.problem
        return self.model_copy(update={"messages": messages, "problem": problem, "gaps": gaps})

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


class RenderedTexts(BaseModel):
    """The messages of a rendered text, None in place of each that cannot be rendered, and why."""

    model_config = ConfigDict(frozen=True)

    texts: tuple[str | None, ...]
    problem: str | None = None
    gaps: tuple[Gap, ...] = ()


def render_texts(template: str, values: ReplyValues) -> RenderedTexts:
    """Render a prompt or response and split it into messages; a blank one is left out.

    A message that cannot be rendered spoils no other. If the rendering had to stop, the last message is the spoilt one.
    """
    names: Mapping[str, Any] = {
        **values.model_dump(exclude={"seed", "has_acted", "language"}),
        SEED: values.seed,
        LANGUAGE: values.language,
    }
    try:
        rendered = render_contained(template.replace(SPLIT, _SPLIT_MARK), names)
    except TemplateError as error:
        return RenderedTexts(texts=(None,), problem=str(error))
    parts = rendered.text.split(_SPLIT_MARK)
    if rendered.is_cut:
        parts[-1] = FAILURE
    has_failed = bool(rendered.failures)
    texts = [None if has_failed and FAILURE in part else part.strip() for part in parts]
    problem = "; ".join(rendered.failures) or None
    said = tuple(text for text in texts if text != "")
    return RenderedTexts(texts=said, problem=problem, gaps=rendered.gaps)


def render_reply(template: str, values: ReplyValues, *, otherwise: str, what: str, phrases: Phrases) -> Reply:
    """Render one of the author's texts; in place of messages that cannot be rendered stands one apology.

    Parameters
    ----------
    otherwise
        Said instead of a blank text; if this is blank too, nothing is said.
    what
        Names the text, for its author.
    """
    rendered = render_texts(template, values)
    gaps = tuple(ReplyGap(what=what, name=gap.name, nearest=gap.nearest) for gap in rendered.gaps)
    if rendered.problem is None:
        if not rendered.texts and template.strip():
            gaps = (*gaps, ReplyGap(what=what))
        reply = say(*(rendered.texts or ([otherwise] if otherwise else [])))
        return reply.model_copy(update={"gaps": gaps}) if gaps else reply
    apology = phrases.done_but if values.has_acted else phrases.service_unavailable
    spoilt = rendered.texts.index(None)
    texts = [text or apology for number, text in enumerate(rendered.texts) if text is not None or number == spoilt]
    return say(*texts).model_copy(update={"problem": f"{what}: {rendered.problem}", "gaps": gaps})


def respond(intent: Intent | None, values: ReplyValues, *, otherwise: str, phrases: Phrases) -> Reply:
    """Answer with one of the intent's responses and its buttons, or with the plain sentence `otherwise` if it has none.

    The same `seed` selects the same response.
    """
    if intent is None:
        return say(otherwise)
    variants = [text for text in (intent.speech_response, *intent.speech_responses) if text.strip()]
    what = f"response of {intent.intent_id!r}"
    reply = render_reply(_chosen(variants, values.seed), values, otherwise=otherwise, what=what, phrases=phrases)
    if not variants:
        reply = reply.model_copy(update={"gaps": (ReplyGap(what=what),)})
    return reply.with_buttons(QuickReply(title=one.title, payload=one.payload) for one in intent.quick_replies)


def _chosen(variants: Sequence[str], seed: str) -> str:
    # A replay must pick the same variant, and the choice is not a secret.
    if len(variants) < 2:
        return variants[0] if variants else ""
    return random.Random(seed).choice(variants)  # noqa: S311
