"""The examples of an intent: named by their content, added, replaced and deleted. Nothing here knows the database."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.botfile.check import check_row
from pipelines.botfile.spans import repair_spans
from pipelines.errors import DataRejected
from pipelines.nlu.text import fold_text
from serving.store.drafts.kinds import Wire, examples_field, examples_of, with_examples

_KEY_CHARACTERS = 20
KEY_PATTERN = rf"^[0-9a-f]{{{_KEY_CHARACTERS}}}(-[1-9][0-9]{{0,6}})?$"
"""Of the key of an example: a hash of its content; the second one of the same content ends in `-2`."""


@dataclass(frozen=True)
class Added:
    """What adding examples does to an intent.

    Attributes
    ----------
    changed
        Texts that the intent had, with other annotations.
    unchanged
        Texts that it had as they are, or that were sent twice.
    """

    intent: Wire
    added: int = 0
    changed: int = 0
    unchanged: int = 0


def keys_of(examples: Iterable[Any]) -> Iterator[str]:
    """Yield the key of each example of an intent, in order."""
    seen: Counter[str] = Counter()
    for example in examples:
        digest = key_of_example(example)
        seen[digest] += 1
        yield digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def key_of_example(example: Any) -> str:
    """Return the key of an example that is the only one of its content."""
    text = json.dumps(example, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_CHARACTERS]


def place_of(examples: Sequence[Any], key: str) -> int | None:
    """Return where in its intent an example is, from 0; None if there is none with this key."""
    return next((number for number, each in enumerate(keys_of(examples)) if each == key), None)


def add_examples(intent: Mapping[str, Any], new: Sequence[Wire]) -> Added:
    """Add examples to an intent; a text that it has gets the new annotations, if the new one says anything of them."""
    rows, counts = list(examples_of(intent)), Counter[str]()
    sound = [(number, row) for number, row in enumerate(rows) if isinstance(row, dict)]
    place_by_text = {fold_text(str(row.get("text"))): number for number, row in sound}
    for example in new:
        text = fold_text(example["text"])
        place = place_by_text.get(text)
        if place is None:
            place_by_text[text] = len(rows)
            rows.append(example)
            counts["added"] += 1
        elif "entities" not in example or is_same_example(rows[place], example):
            counts["unchanged"] += 1
        else:
            rows[place] = {**rows[place], **example}
            counts["changed"] += 1
    after = with_examples(intent, rows) if counts["added"] or counts["changed"] else dict(intent)
    return Added(after, counts["added"], counts["changed"], counts["unchanged"])


def is_same_example(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two examples have the same text and annotations, in whatever order."""
    return one.get("text") == other["text"] and _spans(one) == _spans(other)


def _spans(example: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    return sorted((int(row["begin"]), int(row["end"]), row["name"]) for row in example.get("entities") or [])


def delete_examples(intent: Mapping[str, Any], keys: Iterable[str]) -> tuple[Wire, int]:
    """Return an intent without the examples of some keys, and how many those were."""
    gone, rows = set(keys), examples_of(intent)
    kept = [row for row, key in zip(rows, keys_of(rows), strict=True) if key not in gone]
    return (with_examples(intent, kept) if len(kept) < len(rows) else dict(intent)), len(rows) - len(kept)


def has_misplaced(intent: Mapping[str, Any]) -> bool:
    """Whether an annotation of a checked intent is not where its offsets say."""
    return any(
        not _holds(example["text"], row) for example in examples_of(intent) for row in example.get("entities") or []
    )


def _holds(text: str, row: Mapping[str, Any]) -> bool:
    begin, end = int(row["begin"]), int(row["end"])
    return 0 <= begin < end <= len(text) and text[begin:end] == row["value"]


def check_intent(intent: Wire, *, entities: Iterable[Mapping[str, Any]] = ()) -> tuple[Wire, tuple[str, ...]]:
    """Check an intent as an import does, and find annotations with wrong offsets.

    Return the intent, with a sentence for each annotation that was moved to its value. Raise `DataRejected` with each
    fault, and for each annotation whose value is not in its text: an import drops it, an editor can correct it.
    """
    source = f"intent {str(intent.get('intentId', intent.get('intent_id')))[:100]!r}"
    check_row("intents", intent, source=source)
    if not has_misplaced(intent):
        return intent, ()
    (placed,), sentences = repair_spans([intent], entities=entities)
    lost = [
        f"example {number}: {' '.join(_lost(before, after))} not in its text; annotate it again"
        for number, (before, after) in enumerate(zip(examples_of(intent), examples_of(placed), strict=True), start=1)
        if len(before.get("entities") or []) > len(after.get("entities") or [])
    ]
    if lost:
        raise DataRejected(source, lost)
    return {**placed, examples_field(intent): examples_of(placed)}, sentences


def _lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    kept = Counter(row["name"] for row in after.get("entities") or [])
    names = []
    for row in before.get("entities") or []:
        if kept[row["name"]] > 0 and str(row["value"]).casefold() in str(before["text"]).casefold():
            kept[row["name"]] -= 1
        else:
            names.append(f"the annotation {str(row['value'])[:50]!r} ({row['name']}) is")
    return names[:1]
