"""Drafts of intents and entities, as the database stores them; imported from and exported to bot files.

    intents     {_id: "bot:intentId", bot, position, intent: {as in the file}} entities    {_id: "bot:name", bot,
    position, entity: {as in the file}} bots        {_id: bot, fields: {every other top-level field of the file}}

The objects are stored as read, so that an export returns the same JSON, including unknown fields and nulls.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def bot_wire(
    top: Mapping[str, Any] | None, *, intents: Iterable[Mapping[str, Any]], entities: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the JSON object of a bot file from the documents of a bot, in any order; `top` is None if it has none."""
    return {
        **(top["fields"] if top else {}),
        "intents": [document["intent"] for document in sorted(intents, key=_place)],
        "entities": [document["entity"] for document in sorted(entities, key=_place)],
    }


def _place(document: Mapping[str, Any]) -> tuple[int, str]:
    return document["position"], document["_id"]
