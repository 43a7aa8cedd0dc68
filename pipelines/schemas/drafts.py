"""Drafts of intents and entities, as the database stores them; imported from and exported to bot files.

    intents     {_id: "bot:intentId", bot, position, revision, intent: {as in the file}}
    entities    {_id: "bot:name", bot, position, revision, entity: {as in the file}}
    bots        {_id: bot, revision, fields: {every other top-level field of the file}}

The objects are stored as read, so that an export returns the same JSON, including unknown fields and nulls. `revision`
is another random text after each change; documents of older versions have none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.errors import DataRejected


def bot_wire(
    top: Mapping[str, Any] | None, *, intents: Iterable[Mapping[str, Any]], entities: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the JSON object of a bot file from the documents of a bot, in any order; `top` is None if it has none.

    Raise `DataRejected`, which names the documents, if some are no drafts: without them it would be another bot.
    """
    intents, entities = sorted(intents, key=_place), sorted(entities, key=_place)
    problems = [*_problems(intents, "intent"), *_problems(entities, "entity")]
    fields: Any = top.get("fields") if top else {}
    if not isinstance(fields, dict):
        problems.append("its document in 'bots' has no `fields`; import the bot file again")
    if problems:
        raise DataRejected("the drafts in the database", problems)
    return {
        **fields,
        "intents": [document["intent"] for document in intents],
        "entities": [document["entity"] for document in entities],
    }


def _problems(documents: Iterable[Mapping[str, Any]], field: str) -> list[str]:
    """Name the documents that hold no object."""
    remedy = "import the bot file again, or delete the document"
    return [
        f"the document {document.get('_id')!r} has no {field} that can be read; {remedy}"
        for document in documents
        if not isinstance(document.get(field), dict)
    ]


def position_of(document: Mapping[str, Any]) -> int | None:
    """Return the place of a draft among the others of its bot; None if it has none."""
    position = document.get("position")
    return position if isinstance(position, int) and not isinstance(position, bool) else None


def _place(document: Mapping[str, Any]) -> tuple[bool, int, str]:
    position = position_of(document)
    return position is None, position or 0, str(document.get("_id"))
