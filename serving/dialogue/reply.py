"""What the customer is told: replies rendered from the release's texts, and never anything a model made up."""

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.bot import FALLBACK_INTENT, Intent, Parameter
from serving.tools.sandbox import REPLY_ENVIRONMENT, SEED, render

SPLIT = "###"
# Stands for `###` while a text is rendered, so that a `###` in a value does not split the reply.
_SPLIT_MARK = "\ue002\ue003\ue002"

SERVICE_UNAVAILABLE = "Service is not available. Please try again later."
NOT_UNDERSTOOD = "Sorry, I did not understand that. Could you put it in other words?"
NO_LONGER_OFFERED = "Sorry, I can no longer help with that. What else can I do for you?"
CANCELLED = "All right, I have cancelled that."


class ReplyValues(BaseModel):
    """The names that a reply template sees; `seed` decides among reply variants."""

    model_config = ConfigDict(frozen=True)

    context: dict[str, JsonValue]
    parameters: dict[str, JsonValue] = {}
    result: JsonValue = None
    seed: str


class Reply(BaseModel):
    """The messages to send. `problem` says which text of the release could not be rendered, and why."""

    model_config = ConfigDict(frozen=True)

    texts: tuple[str, ...]
    problem: str | None = None


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
    names: Mapping[str, Any] = {
        "context": values.context,
        "parameters": values.parameters,
        "result": values.result,
        SEED: values.seed,
    }
    rendered = render(REPLY_ENVIRONMENT, template.replace(SPLIT, _SPLIT_MARK), names)
    return tuple(part.strip() for part in rendered.split(_SPLIT_MARK) if part.strip())


def _reply(template: str, values: ReplyValues, *, otherwise: str, what: str) -> Reply:
    try:
        texts = render_text(template, values)
    except TemplateError as error:
        return Reply(texts=(SERVICE_UNAVAILABLE,), problem=f"{what}: {error}")
    return Reply(texts=texts or (otherwise,))


def ask_for(parameter: Parameter, values: ReplyValues) -> Reply:
    """Ask for a parameter in its author's words, or plainly where there are none."""
    plainly = f"Please tell me the {parameter.name.replace('_', ' ')}."
    return _reply(parameter.prompt, values, otherwise=plainly, what=f"prompt of {parameter.name!r}")


def respond(intent: Intent | None, values: ReplyValues, *, otherwise: str) -> Reply:
    """Answer with an intent's response, or with a plain sentence where the release has none."""
    if intent is None:
        return Reply(texts=(otherwise,))
    return _reply(intent.speech_response, values, otherwise=otherwise, what=f"response of {intent.intent_id!r}")


def default_text(intent_id: str, *, cancels: bool) -> str:
    """Give the sentence for an intent without a response."""
    if cancels:
        return CANCELLED
    return NOT_UNDERSTOOD if intent_id == FALLBACK_INTENT else "Done."
