"""The examples of a bot's intents: found across the bot, edited one by one, and pasted by the thousand."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request
from fastapi.responses import JSONResponse

from pipelines.errors import NotFound
from pipelines.nlu.text import fold_text
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.authoring.editing import (
    EDITS,
    NOT_FOUND,
    Access,
    Bot,
    DraftAccess,
    intent_etag,
    json_response,
    require_etag,
)
from serving.api.admin.authoring.example_shapes import (
    MOST_SHOWN,
    AddedOut,
    DeletedOut,
    DeletionIn,
    ExampleIn,
    ExampleOut,
    ExamplesIn,
    PlacedExamplesIn,
    spans_of,
)
from serving.api.admin.etags import IfMatch
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change
from serving.store.drafts.examples import (
    KEY_PATTERN,
    Added,
    add_examples,
    check_intent,
    delete_examples,
    keys_of,
    place_of,
)
from serving.store.drafts.findings import Validation
from serving.store.drafts.index import Indexed
from serving.store.drafts.kinds import INTENT, Wire, examples_of, with_examples
from serving.store.drafts.store import Edit, no_draft

router = AdminRouter(prefix="/api/v1/bots/{bot}", tags=["examples"], responses=NOT_FOUND)

_ONE_INTENT = "/intents/{intent_id}/examples"
_MOST_REPAIRS_TOLD = 100
_SCANNED_AT_ONCE = 2_000
"""Examples looked at before the event loop gets a turn."""

IntentId = Annotated[str, Path(description="The intent's `intentId`.", examples=["order_pizza"])]
Key = Annotated[str, Path(pattern=KEY_PATTERN, description="The example's `key`.")]


@router.get("/examples", summary="List examples", dependencies=[allow(Role.VIEWER)])
async def list_examples(
    bot: Bot,
    access: Access,
    text: Annotated[str | None, Query(max_length=500, description="In the text; case is ignored.")] = None,
    intent: Annotated[str | None, Query(max_length=500, description="Only this intent's.")] = None,
    entity: Annotated[str | None, Query(max_length=500, description="Only those that mark this entity.")] = None,
    finding: Annotated[str | None, Query(max_length=100, description="Only those that fail this check.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ExampleOut]:
    """Return the examples of a bot, intent by intent in the order of its bot file."""
    intents = await access.index.all(INTENT, bot) if intent is None else [await access.index.one(INTENT, bot, intent)]
    validation = await access.validations.last(bot)
    found: list[tuple[Indexed, int]] = []
    looked_at = 0
    for each, number in _matching(intents, cursor, fold_text(text or "")):
        looked_at += 1
        if looked_at % _SCANNED_AT_ONCE == 0:
            await asyncio.sleep(0)
        if entity is not None and entity not in each.types[number]:
            continue
        if finding is not None and finding not in _checks(each, number, validation):
            continue
        found.append((each, number))
        if len(found) > limit:
            break
    page = [_shown(each, number, validation) for each, number in found[:limit]]
    return Page(items=page, next=_cursor_after(*found[limit - 1]) if len(found) > limit else None)


def _matching(intents: Sequence[Indexed], cursor: str | None, words: str) -> Iterator[tuple[Indexed, int]]:
    """Yield the examples with some folded words, after the one that a cursor names."""
    position, draft_id, number, key = decode_cursor(cursor, int, str, int, str) if cursor else (-1, "", 0, "")
    for each in intents:
        place = (each.position, each.id)
        if place < (position, draft_id):
            continue
        first = 0
        if place == (position, draft_id):
            first = _place_after(each, int(number or 0), str(key))
        for found in each.find_rows(words, first=first):
            yield each, found


def _place_after(intent: Indexed, number: int, key: str) -> int:
    """Return where to go on after an example that may have moved since, or be gone."""
    rows = range(len(intent.rows))
    if 0 <= number < len(rows) and _key(intent, number) == key:
        return number + 1
    place = next((place for place, each in enumerate(keys_of(map(intent.row, rows))) if each == key), None)
    return max(0, number) if place is None else place + 1


def _cursor_after(intent: Indexed, number: int) -> str:
    return encode_cursor(intent.position, intent.id, number, _key(intent, number))


def _key(intent: Indexed, number: int) -> str:
    return intent.key(number)


def _checks(intent: Indexed, number: int, validation: Validation | None) -> tuple[str, ...]:
    if validation is None or intent.name not in validation.checks_by_intent:
        return ()
    return validation.checks_by_text.get((intent.name, str(intent.row(number).get("text"))), ())


def _shown(intent: Indexed, number: int, validation: Validation | None) -> ExampleOut:
    row, key = intent.row(number), _key(intent, number)
    return ExampleOut(
        key=key,
        etag=_etag(key),
        intent_id=intent.name,
        position=number + 1,
        text=row["text"],
        entities=spans_of(row),
        findings=_checks(intent, number, validation),
    )


def _etag(key: str) -> str:
    return f'"{key.partition("-")[0]}"'


def _of(intent_id: str, examples: Sequence[Any], number: int) -> ExampleOut:
    row = examples[number]
    key = list(keys_of(examples[: number + 1]))[-1]
    return ExampleOut(
        key=key,
        etag=_etag(key),
        intent_id=intent_id,
        position=number + 1,
        text=row["text"],
        entities=spans_of(row),
        findings=(),
    )


@router.post("/examples", summary="Add examples to many intents", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def paste_examples(bot: Bot, sent: PlacedExamplesIn, request: Request, access: Access) -> AddedOut:
    """Add up to 20,000 examples. A text that its intent has already gets the new annotations, if `entities` is there.

    Everything is checked before anything is written; then each intent is written for itself, so that what is cut short
    can be sent again.
    """
    wires = [example.model_dump(mode="json", by_alias=True, exclude_unset=True) for example in sent.examples]
    names = [wire.pop("intentId", None) or wire.pop("intent_id", "") for wire in wires]
    return await _add(access, bot, names, wires, request)


@router.post(_ONE_INTENT, summary="Add examples", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def add_intent_examples(
    bot: Bot, intent_id: IntentId, sent: ExamplesIn, request: Request, access: Access
) -> AddedOut:
    """Add up to 20,000 examples to an intent. A text that it has gets the new annotations, if any."""
    wires = [example.to_wire() for example in sent.examples]
    return await _add(access, bot, [intent_id] * len(wires), wires, request, always=(intent_id,))


async def _add(
    access: DraftAccess,
    bot: str,
    names: Sequence[str],
    wires: Sequence[Wire],
    request: Request,
    *,
    always: Sequence[str] = (),
) -> AddedOut:
    await _require_intents(access, bot, [*names, *always])
    placed, repairs = await _placed(access, bot, wires)
    by_intent: dict[str, list[Wire]] = defaultdict(list)
    for name, wire in zip(names, placed, strict=True):
        by_intent[name].append(wire)
    outcomes: dict[str, Added] = {}

    def adding(name: str) -> Edit:
        def edit(now: Wire | None) -> Wire:
            if now is None:
                raise no_draft(INTENT, bot, name)
            outcomes[name] = add_examples(now, by_intent[name])
            return outcomes[name].intent if outcomes[name].added or outcomes[name].changed else now

        return edit

    await access.drafts.change_many(INTENT, bot, {name: adding(name) for name in by_intent})
    counts = {
        field: sum(getattr(each, field) for each in outcomes.values()) for field in ("added", "changed", "unchanged")
    }
    note_change(request, after={**counts, "intents": len(by_intent)})
    shown = await _now(access, bot, by_intent) if len(wires) <= MOST_SHOWN else ()
    return AddedOut(**counts, repairs=repairs[:_MOST_REPAIRS_TOLD], n_repairs=len(repairs), examples=shown)


async def _now(access: DraftAccess, bot: str, by_intent: Mapping[str, Sequence[Wire]]) -> tuple[ExampleOut, ...]:
    """Return the examples of some texts as they are now; one that somebody has deleted meanwhile is left out."""
    validation = await access.validations.last(bot)
    found = []
    for intent in await access.index.all(INTENT, bot):
        for text in dict.fromkeys(fold_text(wire["text"]) for wire in by_intent.get(intent.name, ())):
            same = (number for number in intent.find_rows(text) if fold_text(intent.row(number)["text"]) == text)
            found += [_shown(intent, number, validation) for number in islice(same, 1)]
    return tuple(found)


async def _require_intents(access: DraftAccess, bot: str, names: Sequence[str]) -> None:
    head = await access.drafts.head(bot)
    known = {entry.id for entry in head.of(INTENT.collection)}
    missing = dict.fromkeys(name for name in names if INTENT.id_of(bot, name) not in known)
    if len(missing) == 1:
        raise no_draft(INTENT, bot, next(iter(missing)))
    if missing:
        shown = ", ".join(repr(name[:50]) for name in list(missing)[:10])
        raise NotFound("intents", shown, hint=f"make them first, or correct their names ({len(missing)} are missing)")


async def _placed(access: DraftAccess, bot: str, wires: Sequence[Wire]) -> tuple[list[Wire], tuple[str, ...]]:
    """Check examples, and find annotations with wrong offsets again."""
    entities = await access.entities(bot) if any(wire.get("entities") for wire in wires) else []
    stub: Wire = {"name": "examples", "intentId": "of the request", "trainingData": list(wires)}
    placed, repairs = await asyncio.to_thread(check_intent, stub, entities=entities)
    return examples_of(placed), tuple(sentence.partition(", ")[2] for sentence in repairs)


@router.post("/examples/delete", summary="Delete many examples", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def delete_many_examples(bot: Bot, sent: DeletionIn, request: Request, access: Access) -> DeletedOut:
    """Delete examples by their keys. One that was edited since has another key, and stays."""
    keys: dict[str, set[str]] = defaultdict(set)
    for each in sent.intents:
        keys[each.intent_id].update(each.keys)
    await _require_intents(access, bot, list(keys))
    deleted: dict[str, int] = {}

    def deleting(name: str) -> Edit:
        def edit(now: Wire | None) -> Wire:
            if now is None:
                raise no_draft(INTENT, bot, name)
            after, deleted[name] = delete_examples(now, keys[name])
            return after if deleted[name] else now

        return edit

    await access.drafts.change_many(INTENT, bot, {name: deleting(name) for name in keys})
    count = sum(deleted.values())
    note_change(request, before={"examples": count, "intents": len(keys)})
    return DeletedOut(deleted=count, missing=sum(map(len, keys.values())) - count)


@router.put(_ONE_INTENT, summary="Replace all examples", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def replace_intent_examples(
    bot: Bot, intent_id: IntentId, sent: ExamplesIn, request: Request, access: Access, if_match: IfMatch = None
) -> JSONResponse:
    """Replace all examples of an intent; `If-Match` is the intent's `ETag`."""
    wires = [example.to_wire() for example in sent.examples]
    placed, repairs = await _placed(access, bot, wires)

    def edit(now: Wire) -> Wire:
        require_etag(if_match, intent_etag(now), {"examples": examples_of(now)}, parts=(1,))
        return with_examples(now, placed)

    change = await access.drafts.edit(INTENT, bot, intent_id, edit)
    before, after = len(examples_of(change.before or {})), len(placed)
    note_change(request, before={"example_count": before}, after={"example_count": after})
    told = AddedOut(added=after, changed=0, unchanged=0, repairs=repairs[:_MOST_REPAIRS_TOLD], n_repairs=len(repairs))
    return json_response(told, etag=intent_etag(change.after or {}))


@router.get(f"{_ONE_INTENT}/{{key}}", summary="Show an example", dependencies=[allow(Role.VIEWER)])
async def show_example(bot: Bot, intent_id: IntentId, key: Key, access: Access) -> ExampleOut:
    """Return one example."""
    examples = examples_of(await access.drafts.get(INTENT, bot, intent_id))
    return _of(intent_id, examples, _found(examples, key))


@router.put(
    f"{_ONE_INTENT}/{{key}}",
    summary="Replace an example",
    response_model=ExampleOut,
    responses=EDITS,
    dependencies=[allow(Role.AUTHOR)],
)
async def replace_example(
    bot: Bot,
    intent_id: IntentId,
    key: Key,
    example: ExampleIn,
    request: Request,
    access: Access,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Replace one example. It has another key afterwards; the others stay, whoever edits them meanwhile."""
    (placed,), _ = await _placed(access, bot, [example.to_wire()])
    places: list[int] = []

    def edit(now: Wire) -> Wire:
        examples = list(examples_of(now))
        place = _found(examples, key)
        require_etag(if_match, _etag(key), examples[place])
        examples[place] = placed
        places.append(place)
        return with_examples(now, examples)

    change = await access.drafts.edit(INTENT, bot, intent_id, edit)
    note_change(request, after={"characters": len(placed["text"]), "entities": len(placed.get("entities") or [])})
    shown = _of(intent_id, examples_of(change.after or {}), places[-1])
    location = quote(f"/api/v1/bots/{bot}/intents/{intent_id}/examples/{shown.key}")
    return json_response(shown, etag=shown.etag, location=location)


@router.delete(
    f"{_ONE_INTENT}/{{key}}",
    status_code=204,
    summary="Delete an example",
    responses=EDITS,
    dependencies=[allow(Role.AUTHOR)],
)
async def delete_example(
    bot: Bot, intent_id: IntentId, key: Key, request: Request, access: Access, if_match: IfMatch = None
) -> None:
    """Delete one example; the others stay, whoever edits them meanwhile."""

    def edit(now: Wire) -> Wire:
        examples = examples_of(now)
        place = _found(examples, key)
        require_etag(if_match, _etag(key), examples[place])
        return with_examples(now, [*examples[:place], *examples[place + 1 :]])

    await access.drafts.edit(INTENT, bot, intent_id, edit)
    note_change(request, before={"examples": 1})


def _found(examples: Sequence[Any], key: str) -> int:
    place = place_of(examples, key)
    if place is None or not isinstance(examples[place], dict) or not isinstance(examples[place].get("text"), str):
        raise NotFound("example", key, hint="it was edited or deleted; list them again")
    return place
