"""From a file's JSON to a bot file's object, in whichever way ai-chatbot-framework or MongoDB wrote it."""

from dataclasses import dataclass
from typing import Any

from pipelines.botfile.extended_json import is_extended, plain_json
from pipelines.botfile.foreign import GUIDE, foreign_kind, named
from pipelines.errors import DataRejected

_SHAPE = "a bot file is a JSON object with `intents` and `entities`"
_NAMES_SHOWN = 5
_LONGEST_NAME = 30
_OLD_NAMES = {"storyName": "name", "intentName": "intentId"}
"""The fields of an intent in the first of all versions, which called intents stories."""
_INTENT_IDS = ("intentId", "intent_id", "intentName")
_ENTITY_FIELDS = frozenset(("_id", "id", "name", "entity_values", "pattern", "lookup"))
_BOT_FIELDS = ("nlu_config", "llm", "language", "timezone", "phrases", "thresholds")


@dataclass(frozen=True)
class Unpacked:
    """A bot file's object, and whether it was written as ai-chatbot-framework 1 or MongoDB writes it."""

    wire: dict[str, Any]
    is_first_version: bool


def unpack(content: object, *, source: str) -> Unpacked:
    """Return the bot file in some JSON: an object with `intents`, an array of intents, or documents of `mongoexport`.

    `DataRejected` names what else it is. The bot's content is not checked; `source` is the file's name, for messages.
    """
    kind = foreign_kind(content)
    if kind is not None:
        raise DataRejected(source, [named(kind)])
    if isinstance(content, dict) and content.keys() & {"intents", "entities"}:
        return Unpacked(_whole(content), is_first_version=is_extended(content))
    given = _flat(content) if isinstance(content, list) else [content]
    documents = [each for each in given if isinstance(each, dict)]
    if not documents or len(documents) < len(given):
        raise DataRejected(source, [f"{_SHAPE}; {GUIDE} describes it"])
    if not any(map(_part_of, documents)):
        raise DataRejected(source, [_nothing_known(documents)])
    return Unpacked(_joined(documents, source), is_first_version=True)


def _nothing_known(documents: list[dict[str, Any]]) -> str:
    """Report that some JSON holds nothing of a bot, and what it holds."""
    names = [name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..." for name in documents[0]]
    held = ", ".join(f"`{name}`" for name in names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    fields = f" but {held}" if held else ""
    return f"it has neither `intents` nor `entities`{fields}; {_SHAPE}, {GUIDE} describes it"


def _joined(documents: list[dict[str, Any]], source: str) -> dict[str, Any]:
    """Join the documents of a bot, in any order, into one object."""
    wire: dict[str, Any] = {"intents": [], "entities": []}
    problems = []
    for number, document in enumerate(documents, start=1):
        part = _part_of(document)
        if part is None:
            problems.append(f"document {number} is neither an intent (it has no `intentId`) nor an entity; {_SHAPE}")
        elif part == "bot":
            if "intents" in document or "entities" in document:
                whole = _whole(document)
                for name in ("intents", "entities"):
                    rows = whole.pop(name, None) or []
                    if isinstance(rows, list):
                        wire[name] += rows
                    else:
                        problems.append(f"`{name}` of document {number} is no list; {_SHAPE}")
                wire |= whole
            else:
                wire |= {name: document[name] for name in _BOT_FIELDS if name in document}
        else:
            wire[part].append(_row(document))
    if problems:
        raise DataRejected(source, problems)
    return wire


def _flat(documents: list[Any]) -> list[Any]:
    """Open arrays among the documents: the exports of two collections, one after the other."""
    return [row for each in documents for row in (each if isinstance(each, list) else [each])]


def _part_of(document: object) -> str | None:
    """Return which part of a bot a document is: `intents`, `entities` or `bot`; None if it is none."""
    if not isinstance(document, dict):
        return None
    if any(name in document for name in _INTENT_IDS):
        return "intents"
    if "name" in document and (document.keys() <= _ENTITY_FIELDS or "entity_values" in document):
        return "entities"
    is_bot = "intents" in document or "entities" in document or ("name" in document and "nlu_config" in document)
    return "bot" if is_bot else None


def _whole(content: dict[str, Any]) -> dict[str, Any]:
    wire = dict(content) if not is_extended(content) else {name: plain_json(value) for name, value in content.items()}
    for name in ("intents", "entities"):
        rows = wire.get(name, ())
        if isinstance(rows, list):
            wire[name] = [_row(row) for row in rows]
        elif rows is None:
            wire[name] = []
    return wire


def _row(row: Any) -> Any:
    """Return an intent or entity without the id of its document, and with the names of today."""
    if not isinstance(row, dict):
        return row
    if is_extended(row):
        row = plain_json(row)
    if "_id" not in row and not row.keys() & set(_OLD_NAMES):
        return row
    return {_new_name(name, row): value for name, value in row.items() if name != "_id"}


def _new_name(name: str, row: dict[str, Any]) -> str:
    new = _OLD_NAMES.get(name, name)
    return name if new in row else new
