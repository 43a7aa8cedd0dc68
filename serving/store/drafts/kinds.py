"""The three kinds of drafts, and how their documents hold them."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.schemas.keys import BOTS, ENTITIES, INTENTS, thread_key
from serving.store.client import Document

Wire = dict[str, Any]
"""An intent, an entity or a bot's own fields as a bot file writes them."""


@dataclass(frozen=True)
class Kind:
    """A kind of draft: its collection, the field that holds it, and the fields that may name it."""

    collection: str
    field: str
    name_fields: tuple[str, ...]

    @property
    def noun(self) -> str:
        """What messages call it."""
        return "bot" if self.collection == BOTS else self.field

    def id_of(self, bot: str, name: str) -> str:
        """Return the `_id` of a draft; a bot's own fields have no name but the bot's."""
        return bot if self.collection == BOTS else thread_key(bot, name)

    def name_in(self, wire: Mapping[str, Any]) -> str:
        """Return the name that a bot file gives a draft."""
        return str(next(wire[field] for field in self.name_fields if field in wire))

    def document(self, bot: str, name: str, wire: Wire, *, position: int, revision: str) -> Document:
        """Return the document of a draft."""
        head: Document = {"_id": self.id_of(bot, name), "revision": revision, self.field: wire}
        return head if self.collection == BOTS else {**head, "bot": bot, "position": position}


INTENT = Kind(INTENTS, "intent", ("intentId", "intent_id"))
ENTITY = Kind(ENTITIES, "entity", ("name",))
BOT_FIELDS = Kind(BOTS, "fields", ())
KINDS = (INTENT, ENTITY, BOT_FIELDS)


def new_revision() -> str:
    """Return a revision that no draft has had."""
    return secrets.token_hex(8)


def key_of(collection: str, document_id: str) -> str:
    """Return the field of a draft in the revisions of its bot; a name may hold dots, and a field may not."""
    return hashlib.sha256(f"{collection}\n{document_id}".encode()).hexdigest()[:24]


def examples_field(intent: Mapping[str, Any]) -> str:
    """Return the name under which an intent holds its examples."""
    return "training_data" if "training_data" in intent and "trainingData" not in intent else "trainingData"


def examples_of(intent: Mapping[str, Any]) -> list[Any]:
    """Return an intent's examples; none if it leaves them out."""
    return intent.get(examples_field(intent)) or []


def definition_of(intent: Mapping[str, Any]) -> Wire:
    """Return an intent without its examples."""
    field = examples_field(intent)
    return {name: value for name, value in intent.items() if name != field}


def with_examples(intent: Mapping[str, Any], examples: list[Any]) -> Wire:
    """Return an intent with other examples."""
    return {**intent, examples_field(intent): examples}
