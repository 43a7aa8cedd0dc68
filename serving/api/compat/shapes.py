"""Drafts in the shapes of ai-chatbot-framework, and the ids of its objects."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipelines.botfile.check import check_row
from pipelines.botfile.spans import repair_spans
from pipelines.errors import NotFound
from pipelines.templates.literal_secrets import masked_intent
from serving.store.drafts.kinds import Wire, examples_field, examples_of

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PAGES = ("new", "create")
"""What its front end has pages for, where the id of an object would stand."""
_ENCODED = "~"
_INTENT: Wire = {
    "name": "",
    "userDefined": True,
    "intentId": "",
    "apiTrigger": False,
    "apiDetails": None,
    "speechResponse": "",
    "parameters": [],
    "labeledSentences": [],
    "trainingData": [],
}
_TOOL: Wire = {"url": "", "requestType": "GET", "headers": [], "isJson": False, "jsonData": "{}"}
_PARAMETER: Wire = {"name": "", "required": False, "type": "free_text", "prompt": ""}
_OURS = {"_id", "id"}
"""Names that a client may send and that are not stored: ids are made of names."""


class CompatExample(BaseModel):
    """A labelled text. An annotation whose offsets are wrong is moved to its value, or dropped."""

    model_config = ConfigDict(extra="allow")

    text: str
    entities: list[dict[str, Any]] | None = Field(default=None, examples=[[]])


class CompatIntentIn(BaseModel):
    """An intent in the format of ai-chatbot-framework. Fields of ours may stand beside; those left out stay."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {"name": "Opening hours", "intentId": "hours", "speechResponse": "From 9 to 5.", "parameters": []}
            ]
        },
    )

    name: str
    intentId: str = Field(min_length=1, max_length=200)
    speechResponse: str
    trainingData: list[CompatExample] | None = Field(default=None, description="Left out, the examples stay.")


class CompatIntent(CompatIntentIn):
    """An intent as it is shown; secrets of its tool are `***`."""

    id: str = Field(description="For paths.")


class CompatEntityIn(BaseModel):
    """An entity in the format of ai-chatbot-framework."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"name": "size", "entity_values": [{"value": "large", "synonyms": ["big"]}]}]},
    )

    name: str = Field(min_length=1, max_length=200)
    entity_values: list[dict[str, Any]] | None = None


class CompatEntity(CompatEntityIn):
    """An entity as it is shown."""

    id: str = Field(description="For paths.")


class CompatDone(BaseModel):
    """What ai-chatbot-framework answers to a change."""

    status: str = Field(default="success", examples=["success"])
    repairs: tuple[str, ...] = Field(
        default=(), description="A sentence for each annotation that was moved or dropped."
    )


def id_of(name: str) -> str:
    """Return the id of an object with a name: the name itself if it can stand in a path as it is."""
    if _PLAIN_ID.fullmatch(name) and name not in _PAGES:
        return name
    return _ENCODED + base64.urlsafe_b64encode(name.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def name_of(object_id: str, *, kind: str) -> str:
    """Return the name that an id stands for; raise `NotFound` for one that stands for none."""
    if not object_id.startswith(_ENCODED):
        return object_id
    text = object_id.removeprefix(_ENCODED)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise NotFound(kind, object_id[:100], hint="take the `id` of the list") from error


def shown_intent(wire: Mapping[str, Any]) -> Wire:
    """Return an intent of the draft as ai-chatbot-framework shows it, with the secrets of its tool masked."""
    masked = _camel(masked_intent(wire))
    tool = masked.get("apiDetails")
    return {
        "id": id_of(str(masked["intentId"])),
        **_filled(_INTENT, masked),
        "apiDetails": _filled(_TOOL, tool) if isinstance(tool, Mapping) else None,
        "parameters": [_filled(_PARAMETER, row) for row in masked.get("parameters") or []],
        "trainingData": [shown_example(row) for row in examples_of(wire)],
    }


def shown_example(row: Mapping[str, Any]) -> Wire:
    """Return an example; a list of entities is always there."""
    return {**row, "entities": row.get("entities") or []}


def shown_entity(wire: Mapping[str, Any]) -> Wire:
    """Return an entity of the draft as ai-chatbot-framework shows it."""
    values = [{**row, "synonyms": row.get("synonyms") or []} for row in wire.get("entity_values") or []]
    return {"id": id_of(str(wire["name"])), **wire, "entity_values": values}


def without_id(wire: Mapping[str, Any]) -> Wire:
    """Return an object as it is exported."""
    return {name: value for name, value in wire.items() if name != "id"}


def given_intent(intent: CompatIntentIn, stored: Mapping[str, Any] | None) -> Wire:
    """Return an intent to be stored. What ai-chatbot-framework does not have stays as stored, and so do examples."""
    given = {name: value for name, value in intent.model_dump(exclude_unset=True).items() if name not in _OURS}
    if given.get("trainingData", "") is None:
        del given["trainingData"]
    if stored is None:
        return given
    known = _camel(stored)
    kept = {name: value for name, value in known.items() if name not in _INTENT or name == "trainingData"}
    return {**kept, **given}


def given_entity(entity: CompatEntityIn, stored: Mapping[str, Any] | None) -> Wire:
    """Return an entity to be stored; fields that ai-chatbot-framework does not have stay as stored."""
    given = {name: value for name, value in entity.model_dump(exclude_unset=True).items() if name not in _OURS}
    kept = {name: value for name, value in (stored or {}).items() if name not in ("name", "entity_values")}
    return {**kept, **given}


def placed(wire: Wire, entities: list[Wire]) -> tuple[Wire, tuple[str, ...]]:
    """Check an intent and find its annotations in their texts, as an import does: one that is nowhere is dropped.

    Its front end counts offsets from the wrong place, and does not look at the status of an answer.
    """
    check_row("intents", wire, source=f"intent {str(wire.get('intentId'))[:100]!r}")
    (found,), sentences = repair_spans([wire], entities=entities)
    return found, sentences


def _camel(wire: Mapping[str, Any]) -> Wire:
    """Return an intent with the names of today: a bot file may also write `intent_id`."""
    names = {"intent_id": "intentId", "user_defined": "userDefined", "api_trigger": "apiTrigger"}
    names |= {"api_details": "apiDetails", "speech_response": "speechResponse", examples_field(wire): "trainingData"}
    return {names.get(name, name): value for name, value in wire.items()}


def _filled(defaults: Wire, wire: Mapping[str, Any]) -> Wire:
    given = {name: value for name, value in wire.items() if value is not None or name not in defaults}
    return {**defaults, **given}
