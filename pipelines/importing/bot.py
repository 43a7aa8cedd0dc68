"""From imported rows to a bot: a new one with everything that was missing, or the rows in one that exists."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.importing.entities import merge_entities
from pipelines.importing.rows import ImportedRows
from pipelines.importing.wording import Wording, wording_of
from pipelines.nlu.text import fold_text
from pipelines.schemas.bot import CANCEL_INTENT, FALLBACK_INTENT, SYSTEM_INTENTS, WELCOME_INTENT
from pipelines.schemas.examples import Example

Mode = Literal["add", "replace_examples", "replace"]
"""What becomes of what a bot has and the rows do not: it stays; the examples of the rows' intents go; all of it goes.

Replies, parameters and tools of an intent that the rows have are the author's, and stay.
"""
_CUE_SHARE = 0.5
"""Of a role's values that stand behind the same word, from which that word announces it."""


@dataclass(frozen=True)
class ExampleCounts:
    """What became of the examples.

    Attributes
    ----------
    added
        Texts that the bot did not have.
    moved
        Texts that were another intent's, or are for testing or out of scope now.
    changed
        Texts whose annotations are others now.
    removed, kept
        Texts that the bot had in the rows' intents and the rows do not have.
    """

    added: int = 0
    moved: int = 0
    changed: int = 0
    removed: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Merged:
    """A bot file with the rows in it, what became of the examples, and a sentence for each thing made up."""

    wire: dict[str, Any]
    counts: ExampleCounts
    notes: tuple[str, ...]


def bot_of(rows: ImportedRows) -> dict[str, Any]:
    """Return a new bot file made of rows."""
    return merge_rows(None, rows).wire


def empty_bot(language: str) -> dict[str, Any]:
    """Return a new bot file with nothing but the intents that every bot has, worded in a language if it is known."""
    return {"language": language, "intents": list(_system_intents(wording_of(language), ())), "entities": []}


def merge_rows(bot: Mapping[str, Any] | None, rows: ImportedRows, *, mode: Mode = "add") -> Merged:
    """Put rows into a bot file; None for a bot that does not exist yet.

    The newer label counts: a text that the bot has in another intent is moved to that of the rows.
    """
    before = dict(bot or {})
    rows = _under_known_ids(rows, before.get("intents") or [])
    old = [intent for intent in before.get("intents") or [] if mode != "replace" or _stays(intent, rows)]
    wording = wording_of(rows.language or before.get("language") or "en")
    examples, counts = _merge_examples(before.get("intents") or [], rows, mode)
    created = [_new_intent(intent_id, rows, wording) for intent_id in rows.examples if intent_id not in _ids(old)]
    intents = [_with_examples(intent, examples[_id_of(intent)]) for intent in (*old, *created)]
    taken = {fold_text(example["text"]) for intent in intents for example in _examples_of(intent)}
    made_up = [intent for intent in _system_intents(wording, taken) if intent["intentId"] not in _ids(intents)]
    top = {"language": rows.language} if rows.language is not None and "language" not in before else {}
    wire = {
        **top,
        **before,
        "intents": [*intents, *made_up],
        "entities": merge_entities(before.get("entities") or [], rows.rows(), replaces=mode == "replace"),
    }
    return Merged(wire, counts, tuple(_notes(created, made_up, rows)))


def _under_known_ids(rows: ImportedRows, intents: Iterable[Mapping[str, Any]]) -> ImportedRows:
    """Return the rows with the ids that the bot has for their intents: of the same name, or written in other case."""
    known = {fold_text(str(intent.get("name") or "")): _id_of(intent) for intent in intents}
    known |= {fold_text(_id_of(intent)): _id_of(intent) for intent in intents}
    ids = {one: known.get(fold_text(one)) or known.get(fold_text(rows.name_by_id[one])) or one for one in rows.examples}
    return rows.with_ids(ids)


def _notes(created: Sequence[Mapping[str, Any]], made_up: Sequence[Mapping[str, Any]], rows: ImportedRows) -> list[str]:
    notes = []
    unwritten = [intent for intent in created if intent["intentId"] not in rows.replies]
    if unwritten:
        notes.append(f"the replies of {len(unwritten):,} intents are to be written; until then they say so")
    if made_up:
        names = ", ".join(f"`{intent['intentId']}`" for intent in made_up)
        notes.append(f"intents that every bot has were added, with replies to be reworded: {names}")
    return notes


def _merge_examples(
    intents: Iterable[Mapping[str, Any]], rows: ImportedRows, mode: Mode
) -> tuple[Mapping[str, list[dict[str, Any]]], ExampleCounts]:
    """Return the examples of each intent, and what became of them."""
    new = {intent: {fold_text(row.text): row for row in found} for intent, found in rows.examples.items()}
    placed = {text for texts in new.values() for text in texts}
    placed |= {fold_text(row.text) for row in (*rows.test, *rows.out_of_scope)}
    merged: dict[str, list[dict[str, Any]]] = defaultdict(list)
    known: set[str] = set()
    counts: Counter[str] = Counter()
    for intent in intents:
        intent_id, of_rows = _id_of(intent), new.get(_id_of(intent), {})
        for example in _examples_of(intent):
            text = fold_text(example["text"])
            known.add(text)
            is_replaced = intent_id in new or (mode == "replace" and not _is_system(intent_id))
            fate = _fate(text, of_rows, placed, mode, is_replaced=is_replaced)
            if fate == "known":
                updated = _updated(example, of_rows[text], rows)
                counts["changed"] += updated != example
                merged[intent_id].append(updated)
            elif fate == "kept":
                merged[intent_id].append(example)
            counts[fate] += fate != "kept" or intent_id in new
    for intent_id, texts in new.items():
        there = {fold_text(example["text"]) for example in merged[intent_id]}
        merged[intent_id] += [_wire_of(row) for text, row in texts.items() if text not in there]
        counts["added"] += sum(text not in known for text in texts)
    names = ("added", "moved", "changed", "removed", "kept")
    return merged, ExampleCounts(**{name: counts[name] for name in names})


def _fate(
    text: str, of_rows: Mapping[str, Example], placed: Collection[str], mode: Mode, *, is_replaced: bool
) -> Literal["known", "moved", "kept", "removed"]:
    """Describe what becomes of a text of an intent that the bot has."""
    if text in of_rows:
        return "known"
    if text in placed:
        return "moved"
    return "removed" if mode != "add" and is_replaced else "kept"


def _updated(example: dict[str, Any], row: Example, rows: ImportedRows) -> dict[str, Any]:
    """Return an example with the annotations of its row, if the rows have any."""
    if not rows.has_spans:
        return example
    new = _wire_of(row)
    old = [(span["begin"], span["end"], span["name"]) for span in example.get("entities") or []]
    is_same = sorted(old) == sorted((span["begin"], span["end"], span["name"]) for span in new["entities"])
    return example if is_same and example["text"] == row.text else {**example, **new}


def _wire_of(row: Example) -> dict[str, Any]:
    spans = [
        {"value": row.text[span.start : span.end], "begin": span.start, "end": span.end, "name": span.type}
        for span in row.entities
    ]
    return {"text": row.text, "entities": spans}


def _new_intent(intent_id: str, rows: ImportedRows, wording: Wording) -> dict[str, Any]:
    name = rows.name_by_id[intent_id]
    parameters = list(_parameters(rows.examples[intent_id]))
    return {
        "name": name,
        "intentId": intent_id,
        "userDefined": True,
        "speechResponse": rows.replies.get(intent_id) or wording.reply_to(name),
        **({"parameters": parameters} if parameters else {}),
        "trainingData": [],
    }


def _parameters(examples: Iterable[Example]) -> Iterable[dict[str, Any]]:
    """Yield an optional parameter for each type and role that the examples mark, so that replies can use the value."""
    words_before: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for row in examples:
        for span in row.entities:
            before = row.text[: span.start].lower().split()
            words_before[span.type, span.role].append(before[-1] if before else "")
    cues = {key: Counter(words).most_common(1)[0] for key, words in words_before.items()}
    for (entity, role), (word, count) in cues.items():
        parameter = {"name": role or entity, "type": entity, "required": False}
        is_its_own = sum(word == other for (of, _), (other, _) in cues.items() if of == entity) == 1
        is_cue = role and word.isalpha() and is_its_own and count > _CUE_SHARE * len(words_before[entity, role])
        yield {**parameter, "cues": [word]} if is_cue else parameter


def _system_intents(wording: Wording, taken: Collection[str]) -> Iterable[dict[str, Any]]:
    """Yield the intents that every bot has; no example of theirs is another intent's."""
    system = {"userDefined": False}
    cancels = [{"text": text, "entities": []} for text in wording.cancels if fold_text(text) not in taken]
    yield {"name": "Fallback", "intentId": FALLBACK_INTENT, **system, "speechResponse": wording.fallback}
    yield {
        "name": "Cancel",
        "intentId": CANCEL_INTENT,
        **system,
        "speechResponse": wording.cancelled,
        "trainingData": cancels,
    }
    yield {"name": "Welcome", "intentId": WELCOME_INTENT, **system, "speechResponse": wording.welcome}


def _stays(intent: Mapping[str, Any], rows: ImportedRows) -> bool:
    return _id_of(intent) in rows.examples or _is_system(_id_of(intent))


def _is_system(intent_id: str) -> bool:
    return intent_id in SYSTEM_INTENTS


def _with_examples(intent: Mapping[str, Any], examples: list[dict[str, Any]]) -> dict[str, Any]:
    field = _examples_field(intent)
    is_same = examples == list(intent.get(field) or [])
    return dict(intent) if is_same else {**intent, field: examples}


def _examples_of(intent: Mapping[str, Any]) -> list[dict[str, Any]]:
    return intent.get(_examples_field(intent)) or []


def _examples_field(intent: Mapping[str, Any]) -> str:
    return "training_data" if "training_data" in intent else "trainingData"


def _ids(intents: Iterable[Mapping[str, Any]]) -> set[str]:
    return {_id_of(intent) for intent in intents}


def _id_of(intent: Mapping[str, Any]) -> str:
    return str(intent["intentId"] if "intentId" in intent else intent["intent_id"])
