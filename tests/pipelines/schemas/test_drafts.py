from typing import Any

from pipelines.schemas.drafts import bot_wire


def draft(position: int, name: str, **fields: Any) -> dict[str, Any]:
    return {"_id": f"b:{name}", "bot": "b", "position": position, **fields}


def test_bot_wire_brings_the_drafts_back_into_their_order() -> None:
    intents = [draft(1, "b", intent={"n": 3}), draft(0, "c", intent={"n": 1}), draft(1, "a", intent={"n": 2})]
    wire = bot_wire(
        {"_id": "b", "fields": {"language": "de"}}, intents=intents, entities=[draft(0, "x", entity={"name": "x"})]
    )
    assert wire == {"language": "de", "intents": [{"n": 1}, {"n": 2}, {"n": 3}], "entities": [{"name": "x"}]}
    assert list(wire) == ["language", "intents", "entities"]


def test_bot_wire_of_a_bot_without_anything_else_has_intents_and_entities_alone() -> None:
    assert bot_wire(None, intents=(), entities=()) == {"intents": [], "entities": []}
