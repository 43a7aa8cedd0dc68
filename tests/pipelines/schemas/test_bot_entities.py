import pytest

from pipelines.schemas.bot import Entity
from pipelines.schemas.parameter import Parameter


@pytest.mark.parametrize(
    "wire",
    [
        {"name": "order_id", "entity_values": []},
        {"name": "order_id", "pattern": r"ORD-?\d{4}", "entity_values": []},
        {"name": "city", "lookup": True, "entity_values": [{"value": "Bath", "synonyms": []}], "colour": "red"},
        {"name": "city", "pattern": None, "lookup": False, "entity_values": []},
    ],
)
def test_entity_comes_back_as_it_was_read(wire: dict[str, object]) -> None:
    assert Entity.model_validate(wire).to_wire() == wire


@pytest.mark.parametrize(
    "wire", [{"name": "origin", "type": "city"}, {"name": "origin", "type": "city", "cues": ["from", "out of"]}]
)
def test_parameter_comes_back_as_it_was_read(wire: dict[str, object]) -> None:
    assert Parameter.model_validate(wire).to_wire() == wire


def test_entity_fields_default_to_nothing() -> None:
    entity = Entity(name="city")
    assert (entity.pattern, entity.lookup) == (None, False)
    assert Parameter(name="origin").cues == ()
