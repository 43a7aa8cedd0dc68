from pipelines.nlu.entities.lookup import lookup_spans, lookup_types
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Entity, EntityValue

CITY = Entity(name="city", lookup=True, entity_values=(EntityValue(value="New York", synonyms=("big apple",)),))
FRUIT = Entity(name="fruit", entity_values=(EntityValue(value="apple"),))


def test_lookup_spans_gives_known_values_of_lookup_entities_only() -> None:
    text = "an Apple from the Big  Apple"
    tokens = tokenize(text)
    phrases = KnownValues([CITY, FRUIT]).find(tokens)
    (span,) = lookup_spans(tokens, phrases, types=lookup_types([CITY, FRUIT]))
    assert (text[span.start : span.end], span.type, span.value, span.source) == (
        "Big  Apple", "city", "New York", "lookup",
    )  # fmt: skip


def test_lookup_types_names_marked_entities() -> None:
    assert lookup_types([CITY, FRUIT]) == {"city"}
