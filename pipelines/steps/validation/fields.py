"""Check of the validation step: fields that the platform keeps as they are, and never uses."""

from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import BaseModel

from pipelines.schemas.bot import BotFile, Entity
from pipelines.schemas.training import Finding
from pipelines.schemas.wire import WireModel
from pipelines.steps.validation.checks import note, warning

_OF_EXPORTS = frozenset(("_id", "id", "labeledSentences"))
"""What ai-chatbot-framework writes and nobody need correct."""
_MEANT = {
    **dict.fromkeys(("reply", "response", "answer"), "speechResponse"),
    **dict.fromkeys(("replies", "responses", "answers"), "speechResponses"),
    **dict.fromkeys(("examples", "utterances", "phrases"), "trainingData"),
    **dict.fromkeys(("tool", "webhook"), "apiDetails"),
    **dict.fromkeys(("slots", "fields"), "parameters"),
    **dict.fromkeys(("buttons", "options"), "quickReplies"),
    "method": "requestType",
    "question": "prompt",
    "values": "entity_values",
    "regex": "pattern",
}
_ALIKE = 0.7


def check_intent_fields(bot_file: BotFile) -> Iterator[Finding]:
    """Find unknown fields of intents and their parts: a warning if a known field was probably meant."""
    for intent in bot_file.intents:
        yield from _check(intent, intent.intent_id)
        for parameter in intent.parameters:
            yield from _check(parameter, f"{intent.intent_id}.{parameter.name}")
        if intent.api_details is not None:
            yield from _check(intent.api_details, f"{intent.intent_id}.apiDetails")


def check_entity_fields(bot_file: BotFile) -> Iterator[Finding]:
    """Find unknown fields of entities likewise."""
    for entity in bot_file.entities:
        yield from _check(entity, entity.name)


def _check(part: WireModel | Entity, row: str) -> Iterator[Finding]:
    for name in part.model_extra or {}:
        if name in _OF_EXPORTS:
            continue
        explanation, likely = f"the field {name[:100]!r} is not known, so nothing reads it.", _likely(name, part)
        if likely is None:
            yield note("field_is_known", row, explanation, "delete it, or leave it: an export returns it.")
        else:
            yield warning("field_is_known", row, explanation, f"rename it, if {likely} is meant.")


def _likely(name: str, part: BaseModel) -> str | None:
    """Return the known field that was probably meant."""
    known = {_plain(field.alias or key): field.alias or key for key, field in type(part).model_fields.items()}
    meant = _plain(_MEANT.get(_plain(name), name))
    return next((known[found] for found in get_close_matches(meant, known, n=1, cutoff=_ALIKE)), None)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
