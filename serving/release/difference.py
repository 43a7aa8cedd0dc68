"""What would change for customers if a draft became the release: intents, entities and the bot's own fields.

A release holds no training examples; the snapshot of its training does, beside the run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from pipelines.schemas.bot import BotFile, Entity, Intent
from pipelines.schemas.release import BotDefinition
from pipelines.templates.literal_secrets import masked_fields, masked_intent

_BOT_FIELDS = ("language", "timezone", "phrases", "llm")

T = TypeVar("T", Intent, Entity)


class FieldChange(BaseModel):
    """A field with two values; null: not set. Secrets are `***`."""

    model_config = ConfigDict(frozen=True)

    field: str
    before: JsonValue = None
    after: JsonValue = None


class PartChange(BaseModel):
    """An intent or entity that differs."""

    model_config = ConfigDict(frozen=True)

    name: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[FieldChange, ...] = Field(default=(), description="What differs, if it was changed.")


class Difference(BaseModel):
    """How a draft differs from a release."""

    model_config = ConfigDict(frozen=True)

    bot: tuple[FieldChange, ...] = ()
    intents: tuple[PartChange, ...] = ()
    entities: tuple[PartChange, ...] = ()


def difference_between(definition: BotDefinition, draft: Mapping[str, Any]) -> Difference:
    """Return how a draft, as a bot file, differs from a release."""
    intents = [_parsed(Intent, row, name="intentId") for row in draft.get("intents") or []]
    entities = [_parsed(Entity, row, name="name") for row in draft.get("entities") or []]
    return Difference(
        bot=_fields_of_bot(definition, draft),
        intents=_parts(definition.intents, intents, name_of=lambda each: each.intent_id, shown=_intent),
        entities=_parts(definition.entities, entities, name_of=lambda each: each.name, shown=_entity),
    )


def _parsed(kind: type[T], row: Any, *, name: str) -> T:
    try:
        found = kind.model_validate(row)
    except ValidationError:  # an older version took it: only what it is called can be compared
        found = kind.model_validate({"name": str(row.get("name")), name: str(row.get(name))})
    return found.without_training_data() if isinstance(found, Intent) else found


def _fields_of_bot(definition: BotDefinition, draft: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    own = {name: value for name, value in draft.items() if name not in ("intents", "entities")}
    try:
        bot_file = BotFile.model_validate({**own, "testSet": None})
    except ValidationError:
        return ()
    before = {name: getattr(definition, name) for name in _BOT_FIELDS}
    after = {name: getattr(bot_file, name) for name in _BOT_FIELDS[:-1]} | {"llm": bot_file.llm_config}
    return _differing(_plain(before), _plain(after), masked_fields)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value for name, value in fields.items()
    }


def _parts(
    before: Sequence[T], after: Sequence[T], *, name_of: Callable[[T], str], shown: Callable[[T], dict[str, Any]]
) -> tuple[PartChange, ...]:
    old, new = ({name_of(each): each for each in rows} for rows in (before, after))
    changes = []
    for name in {**new, **old}:
        if name not in old:
            changes.append(PartChange(name=name, change="added"))
        elif name not in new:
            changes.append(PartChange(name=name, change="removed"))
        else:
            mask = masked_intent if isinstance(new[name], Intent) else dict
            fields = _differing(shown(old[name]), shown(new[name]), mask)
            if fields:
                changes.append(PartChange(name=name, change="changed", fields=fields))
    return tuple(changes)


def _intent(intent: Intent) -> dict[str, Any]:
    return intent.model_dump(mode="json", by_alias=True, exclude={"training_data"}) | {"labeledSentences": None}


def _entity(entity: Entity) -> dict[str, Any]:
    return entity.model_dump(mode="json")


def _differing(
    before: dict[str, Any], after: dict[str, Any], mask: Callable[[dict[str, Any]], Mapping[str, Any]]
) -> tuple[FieldChange, ...]:
    """Compare with the secrets and show without them, so that a changed secret is seen to have changed."""
    shown_before, shown_after = mask(before), mask(after)
    return tuple(
        FieldChange(field=name, before=shown_before.get(name), after=shown_after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )
