"""The texts of an intent that are templates: their places in the bot file, and the names that they may use."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.schemas.bot import CANCEL_INTENT, Intent

EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
"""What is not literal in a template."""


class ReplyText(NamedTuple):
    """A text that customers may read: its place, the template, and names it may use beside those of every reply."""

    place: str
    template: str
    more_names: frozenset[str] = frozenset()


def reply_texts(intent: Intent) -> Iterator[ReplyText]:
    """Yield the replies and questions of an intent."""
    row = intent.intent_id
    more = frozenset(("cancelled",)) if row == CANCEL_INTENT else frozenset[str]()
    yield ReplyText(f"{row}.speechResponse", intent.speech_response, more)
    for number, text in enumerate(intent.speech_responses, start=1):
        yield ReplyText(f"{row}.speechResponses[{number}]", text, more)
    yield ReplyText(f"{row}.confirmPrompt", intent.confirm_prompt)
    yield ReplyText(f"{row}.resumePrompt", intent.resume_prompt, frozenset(("prompt",)))
    for parameter in intent.parameters:
        yield ReplyText(f"{row}.{parameter.name}.prompt", parameter.prompt)
        yield ReplyText(f"{row}.{parameter.name}.invalidPrompt", parameter.invalid_prompt)


def request_texts(intent: Intent) -> Iterator[tuple[str, str]]:
    """Yield the templates of an intent's tool, each with its place."""
    if intent.tool is None:
        return
    row = f"{intent.intent_id}.apiDetails"
    yield f"{row}.url", intent.tool.url
    for header in intent.tool.headers:
        yield f"{row}.headers.{header.header_key}", header.header_value
    if intent.tool.is_json:
        yield f"{row}.jsonData", intent.tool.json_data
