"""What the tools of a bot answered lately, and what its threads remembered: the names that templates may use."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.schemas.keys import TURNS
from pipelines.schemas.turns import DONE
from pipelines.settings import Settings
from pipelines.steps.data.mongo import open_database
from pipelines.templates.unknown_names import LoggedShapes

_NEWEST = 1000
"""Turns that are looked at: enough to have seen every answer that is not rare."""


def read_logged_shapes(bot: str, settings: Settings) -> LoggedShapes:
    """Read the names in a bot's newest turns; raise `StoreUnavailable` if the database does not answer."""
    fields = {"intent_id": 1, "tool": 1, "state": 1}
    with open_database(settings.resolved_mongo_uri, settings.mongo_database) as place:
        turns = place[TURNS].find({"bot": bot, "status": DONE}, fields).sort("expires_at", -1).limit(_NEWEST)
        return shapes_of(turns)


def shapes_of(documents: Iterable[Mapping[str, Any]]) -> LoggedShapes:
    """Return the names in documents of `turns`; what another program wrote is passed over."""
    shapes = LoggedShapes()
    for document in documents:
        tool = document.get("tool") or {}
        has_answer = bool(tool) and tool.get("failure") is None
        try:
            context = json.loads(document["state"]).get("context") or {}
            answers = [json.loads(tool["json"])["result"]] if has_answer else []
        except (KeyError, ValueError, AttributeError, TypeError):
            continue
        shapes.add(context=context, intent_id=str(tool.get("intent_id", "")), answers=answers)
    return shapes
