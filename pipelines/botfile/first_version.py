"""What ai-chatbot-framework 1 left unsaid: an annotation filled the parameter of its name, whatever the type.

It had no entity types. Everything that was marked `town` in an example became the value of the parameter `town`, which
was declared as `free_text`; the answer to its question was the value as a whole. The same here: an entity of the mark's
name, and a parameter of that type with `freeText`, which takes the whole answer, without words such as `I need`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.nlu.system.entities import SYSTEM_TYPES, SYSTEM_TYPES_BY_ALIAS, is_reserved
from pipelines.schemas.parameter import BOOLEAN, FREE_TEXT, TEXT_TYPES

_BUILT_IN = frozenset((*TEXT_TYPES, BOOLEAN, *SYSTEM_TYPES, *SYSTEM_TYPES_BY_ALIAS))


@dataclass(frozen=True)
class Completed:
    """A bot file's object with the entities that it lacked.

    Attributes
    ----------
    added
        The names of those entities: open ones, without values.
    notes
        What was done, a sentence each.
    """

    wire: dict[str, Any]
    added: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def complete(wire: dict[str, Any], *, is_first_version: bool) -> Completed:
    """Declare the entities of parameters and annotations that have none; `wire` is checked, and not changed.

    A `free_text` parameter takes an entity if examples mark values of its name and the file declares no entity of that
    name; in a file of the first version, even if it does. There the other marks get an entity too, and the types of
    parameters that nothing declares.
    """
    intents: list[dict[str, Any]] = wire.get("intents") or []
    declared = {entity["name"] for entity in wire.get("entities") or []}
    marked = dict.fromkeys(span["name"] for intent in intents for _, span in _spans(intent))
    named = {each["name"] for intent in intents for each in _parameters(intent) if _is_free_text(each)}
    by_name = {
        name: name if name in declared else _entity_name(name, intents)
        for name in marked
        if name in named and (is_first_version or name not in declared)
    }
    others = [name for name in marked if name not in by_name] if is_first_version else []
    types = [each["type"] for intent in intents for each in _parameters(intent) if not _is_free_text(each)]
    missing = [name for name in types if name not in declared | _BUILT_IN] if is_first_version else []
    wanted = (*by_name.values(), *filter(_is_usable, (*others, *missing)))
    added = dict.fromkeys(name for name in wanted if name not in declared)
    if not added and not by_name:
        return Completed(wire)
    completed = [_with_types(intent, by_name, missing) for intent in intents]
    entities = [*(wire.get("entities") or []), *({"name": name, "entity_values": []} for name in added)]
    return Completed(
        {**wire, "intents": completed, "entities": entities}, frozenset(added), tuple(_notes(by_name, added, intents))
    )


def _entity_name(name: str, intents: Iterable[Mapping[str, Any]]) -> str:
    """Return the name of a mark's entity: its own, unless that would change what other parameters' types mean."""
    types = {each.get("type") for intent in intents for each in _parameters(intent)} & _BUILT_IN
    return f"{name.replace('.', '_')}_value" if name in TEXT_TYPES or is_reserved(name) or name in types else name


def _is_usable(name: str) -> bool:
    return bool(name) and name != FREE_TEXT and not is_reserved(name)


def _with_types(intent: dict[str, Any], by_name: Mapping[str, str], missing: Collection[str]) -> dict[str, Any]:
    """Return the intent with its parameters' types; the marks are renamed where their entity has another name."""
    rows = [_with_type(each, by_name, missing) for each in _parameters(intent)]
    changed = {**intent, "parameters": rows} if rows else intent
    renamed = {name: other for name, other in by_name.items() if name != other}
    if any(span["name"] in renamed for _, span in _spans(intent)):
        field = "trainingData" if "trainingData" in intent else "training_data"
        examples = [_with_names(example, renamed) for example in intent[field]]
        changed = {**changed, field: examples}
    return changed


def _with_type(parameter: dict[str, Any], by_name: Mapping[str, str], missing: Collection[str]) -> dict[str, Any]:
    if _is_free_text(parameter):
        entity = by_name.get(parameter["name"])
        return parameter if entity is None else {**parameter, "type": entity, "freeText": True}
    return {**parameter, "freeText": True} if parameter["type"] in missing else parameter


def _with_names(example: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    spans = example.get("entities")
    if not spans:
        return example
    return {**example, "entities": [{**span, "name": renamed.get(span["name"], span["name"])} for span in spans]}


def _notes(by_name: Mapping[str, str], added: Iterable[str], intents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for name, entity in by_name.items():
        owners = [
            str(intent.get("intentId", intent.get("intent_id")))
            for intent in intents
            if any(each["name"] == name and _is_free_text(each) for each in _parameters(intent))
        ]
        yield (
            f'parameter "{name}" ({", ".join(owners)}) was free text and examples mark its values: it takes the values '
            f'of the entity "{entity}" now, and whole answers as before'
        )
    for name in added:
        if name not in by_name.values():
            yield f'the file declares no entity "{name}"; one without listed values was added'


def _parameters(intent: Mapping[str, Any]) -> list[dict[str, Any]]:
    return intent.get("parameters") or []


def _is_free_text(parameter: Mapping[str, Any]) -> bool:
    return (parameter.get("type") or FREE_TEXT) == FREE_TEXT


def _spans(intent: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each annotation of an intent with its example."""
    for example in intent.get("trainingData", intent.get("training_data")) or []:
        for span in example.get("entities") or []:
            yield example, span
