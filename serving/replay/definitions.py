"""What an author changed between two releases that decides what customers are asked and what tools are sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.schemas.bot import Intent
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.tool import ToolSpec


@dataclass(frozen=True)
class DefinitionChange:
    """A change of an intent between two releases, and the sentence that tells it.

    `is_loss` says that something is gone which customers or a tool had.
    """

    intent_id: str
    sentence: str
    is_loss: bool = False


def redefined_intents(before: BotDefinition, after: BotDefinition) -> frozenset[str]:
    """Return the intents of both whose tool, parameters or confirmation were changed."""
    now = after.intent_by_id()
    return frozenset(
        name for name, intent in before.intent_by_id().items() if name in now and _asks(now[name]) != _asks(intent)
    )


def reworded_intents(before: BotDefinition, after: BotDefinition) -> frozenset[str]:
    """Return the intents of both whose texts, or the names that these may use, were changed."""
    now = after.intent_by_id()
    return frozenset(
        name for name, intent in before.intent_by_id().items() if name in now and _texts(now[name]) != _texts(intent)
    )


def definition_changes(before: BotDefinition, after: BotDefinition) -> list[DefinitionChange]:
    """Return what was changed, intent by intent, in the order of `before`."""
    now = after.intent_by_id()
    changes: list[DefinitionChange] = []
    for name, intent in before.intent_by_id().items():
        if name not in now:
            changes.append(DefinitionChange(name, f"the intent {name!r} is gone", is_loss=True))
            continue
        changes += [DefinitionChange(name, said, is_loss) for said, is_loss in _changes(intent, now[name])]
    return changes


def _changes(before: Intent, after: Intent) -> Iterator[tuple[str, bool]]:
    name = before.intent_id
    old = {parameter.name: parameter for parameter in before.parameters}
    new = {parameter.name: parameter for parameter in after.parameters}
    for gone in old.keys() - new.keys():
        yield f"{name!r} no longer has the parameter {gone!r}", True
    for added in new.keys() - old.keys():
        effect = ", which customers are asked for" if new[added].required else ", which is optional"
        yield f"{name!r} has a new parameter {added!r}{effect}", False
    for kept in old.keys() & new.keys():
        yield from ((f"the parameter {kept!r} of {name!r} {what}", False) for what in _differs(old[kept], new[kept]))
    if before.confirm != after.confirm:
        yield f"{name!r} {'now asks' if after.confirm else 'no longer asks'} customers to confirm", False
    if before.tool is None or after.tool is None:
        if before.tool is not after.tool:
            yield f"{name!r} {'now calls a tool' if before.tool is None else 'no longer calls its tool'}", True
    elif fields := [field for field, value in _fields(before.tool).items() if _fields(after.tool)[field] != value]:
        yield f"the tool of {name!r} was changed ({', '.join(fields)})", False
    if _says_something(before) and not _says_something(after):
        yield f"{name!r} no longer has a response", True


def _differs(before: Parameter, after: Parameter) -> Iterator[str]:
    if before.required != after.required:
        yield "is required now" if after.required else "is no longer required"
    if before.type != after.type:
        yield f"is of the type {after.type!r} now, not {before.type!r}"
    if _limits(before) != _limits(after):
        yield "accepts other values"


def _asks(intent: Intent) -> Any:
    parameters = [
        (one.name, one.type, one.required, one.many, one.free_text, _limits(one)) for one in intent.parameters
    ]
    return intent.tool and _fields(intent.tool), parameters, intent.confirm


def _texts(intent: Intent) -> Any:
    prompts = [(one.name, one.prompt, one.invalid_prompt) for one in intent.parameters]
    return intent.speech_response, intent.speech_responses, intent.confirm_prompt, intent.resume_prompt, prompts


def _fields(tool: ToolSpec) -> dict[str, Any]:
    """Return the parts of a tool by the names of the bot file; what makes no difference is left out."""
    mapping = tool.response_mapping
    kept = None if mapping is None else (mapping.result, sorted(mapping.context.items()))
    return {
        "url": tool.url.strip(),
        "requestType": tool.request_type,
        "headers": sorted((header.header_key.lower(), header.header_value) for header in tool.headers),
        "jsonData": tool.json_data if tool.is_json else None,
        "responseMapping": None if kept == (None, []) else kept,
    }


def _limits(parameter: Parameter) -> Any:
    return parameter.pattern, parameter.choices, parameter.minimum, parameter.maximum


def _says_something(intent: Intent) -> bool:
    return any(text.strip() for text in (intent.speech_response, *intent.speech_responses))
