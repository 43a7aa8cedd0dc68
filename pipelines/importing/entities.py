"""From marks to spans: names of entity types that can be used, canonical values, roles."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pipelines.importing.cells import LabelledText
from pipelines.importing.labels import identifier
from pipelines.nlu.text import fold_text
from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.schemas.parameter import FREE_TEXT, TEXT_TYPES

_MOST_DIFFERENT = 0.8
"""Different values per annotation above which a type is open, if it has many annotations."""
_MANY = 20


def type_named(name: str) -> str:
    """Return the name of an entity type: the given one if it can be one, else in letters and underscores."""
    usable = name if name.isascii() and name.isidentifier() else identifier(name) or "entity"
    return f"{usable}_value" if usable in (FREE_TEXT, *TEXT_TYPES) else usable


def types_with_values(rows: Iterable[LabelledText]) -> frozenset[str]:
    """Return the types whose marks name a value after the colon, `[NYC](city:New York)`, and not a role.

    A role is one word in small letters, and no word that the type marks.
    """
    words: dict[str, set[str]] = defaultdict(set)
    behind: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for mark in row.marks:
            words[mark.type].add(fold_text(row.text[mark.start : mark.end]))
            if mark.role is not None:
                behind[mark.type].add(mark.role)
    return frozenset(
        name
        for name, said in behind.items()
        if any(not one.isidentifier() or one != one.lower() or fold_text(one) in words[name] for one in said)
    )


def spans_of(row: LabelledText, *, with_values: Collection[str]) -> tuple[LabelledSpan, ...]:
    """Return the spans of a row; the types in `with_values` have no roles."""
    spans = []
    for mark in row.marks:
        value, role = mark.value, mark.role
        if mark.type in with_values:
            value, role = role or value, None
        span = LabelledSpan(
            start=mark.start,
            end=mark.end,
            type=type_named(mark.type),
            value=value or row.text[mark.start : mark.end],
            role=identifier(role) or None if role else None,
        )
        spans.append(span)
    return tuple(spans)


def values_by_type(rows: Iterable[Example]) -> dict[str, dict[str, list[str]]]:
    """Return the values of each entity type, each with its synonyms, in the order in which they occur.

    A type whose values hold digits or hardly ever come again is open, like order numbers: it has none.
    """
    values: dict[str, dict[str, list[str]]] = defaultdict(dict)
    counts: dict[str, int] = defaultdict(int)
    known: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        for span in row.entities:
            words, counts[span.type] = row.text[span.start : span.end], counts[span.type] + 1
            value = known[span.type].setdefault(fold_text(span.value), span.value)
            synonyms = values[span.type].setdefault(value, [])
            if fold_text(words) != fold_text(value) and fold_text(words) not in map(fold_text, synonyms):
                synonyms.append(words)
    return {name: {} if _is_open(found, counts[name]) else found for name, found in values.items()}


def _is_open(values: Mapping[str, list[str]], count: int) -> bool:
    if any(values.values()):
        return False  # somebody wrote synonyms
    n_with_digits = sum(any(map(str.isdigit, value)) for value in values)
    return n_with_digits * 2 > len(values) or (count >= _MANY and len(values) > _MOST_DIFFERENT * count)


def merge_entities(
    entities: Iterable[Mapping[str, Any]], rows: Iterable[Example], *, replaces: bool
) -> list[dict[str, Any]]:
    """Return a bot's entities with the types and values of some rows; `replaces` leaves out the types that have none.

    The values of a type that lists none, and finds its values by their form, stay unlisted.
    """
    found = values_by_type(rows)
    merged = []
    for entity in entities:
        new = found.pop(entity["name"], None)
        if new is None and replaces:
            continue
        listed = entity.get("entity_values") or []
        is_open = not listed and (entity.get("pattern") or not entity.get("lookup"))
        merged.append(dict(entity) if new is None or is_open else _with_values(entity, listed, new))
    return [*merged, *({"name": name, "entity_values": _listed(values)} for name, values in found.items())]


def _with_values(
    entity: Mapping[str, Any], listed: Sequence[Mapping[str, Any]], new: Mapping[str, list[str]]
) -> dict[str, Any]:
    known = {fold_text(word) for each in listed for word in (each["value"], *(each.get("synonyms") or ()))}
    added = {value: synonyms for value, synonyms in new.items() if fold_text(value) not in known}
    return {**entity, "entity_values": [*listed, *_listed(added)]} if added else dict(entity)


def _listed(values: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    return [{"value": value, "synonyms": synonyms} for value, synonyms in values.items()]
