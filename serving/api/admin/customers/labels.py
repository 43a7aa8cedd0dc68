"""The labelling queue over HTTP: the most valuable texts, the decided ones, and decisions."""

import math
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from pydantic import ValidationError

from pipelines.errors import EditConflict, LabelDecided, NotFound, PreconditionMissing, UserInputError
from pipelines.schemas.labels import KEY_PATTERN, Decision, LabelItem, Status, Witness
from serving.access.roles import Principal, Role
from serving.api.access import Caller, allow
from serving.api.admin.customers.label_models import (
    Accepted,
    AgreedIn,
    DecisionIn,
    DecisionResult,
    DecisionResults,
    DecisionsIn,
    EditIn,
    Label,
    LabelPage,
)
from serving.api.admin.etags import ANY, IfMatch, etag_of
from serving.api.admin.known_bots import KNOWN_BOT
from serving.api.admin.paging import Cursor, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change, services_of
from serving.api.errors import ConflictBody, ErrorBody
from serving.api.fields import describe_validation
from serving.channels.incoming import BotName
from serving.store.labelling.labels import MAX_PAGE, Labels
from serving.store.labelling.lists import LabelFilter, LabelLists, LabelPlace

SHARED = "token"
"""Id of whoever sends the admin token, which many may share."""

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such bot or label, or the drafts have no such intent."},
    409: {"model": ErrorBody, "description": "Somebody else has decided this label; read it again."},
    503: {"model": ErrorBody, "description": "The database is unavailable; try again later."},
}
_EDIT_ERRORS: dict[int | str, dict[str, Any]] = {
    412: {"model": ConflictBody, "description": "Somebody else has decided it meanwhile."},
    428: {"model": ErrorBody, "description": "There is no `If-Match`."},
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/labels", tags=["labels"], responses=_ERRORS)

Bot = Annotated[BotName, Path()]
Key = Annotated[str, Path(pattern=KEY_PATTERN)]


def _who(caller: Principal, by: str | None) -> str:
    """Return who decides: whoever shares the admin token says so, and nobody speaks for others with a key."""
    return by if by is not None and caller.id == SHARED else caller.name


def _etag(item: LabelItem) -> str:
    return etag_of(item.revision)


@router.get("", summary="List labels", dependencies=[allow(Role.LABELLER), KNOWN_BOT])
async def list_labels(
    bot: Bot,
    request: Request,
    status: Annotated[Status, Query(description="Only those of this status.")] = "open",
    intent: Annotated[
        str | None,
        Query(max_length=200, description="Only those accepted for this intent; of others, those with it proposed."),
    ] = None,
    source: Annotated[
        Witness | None, Query(description="Only those about which this source has said something.")
    ] = None,
    order: Annotated[
        Literal["value", "decided"] | None,
        Query(description="The most valuable or the last decided first; by default `decided` with `intent`."),
    ] = None,
    cursor: Cursor = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="In place of `cursor`.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many at most.")] = 50,
) -> LabelPage:
    """Return a page of labels of one status."""
    database = services_of(request).database
    labels = Labels(database)
    counts = await labels.counts(bot)
    is_plain = cursor is None and source is None
    if is_plain and (order or ("decided" if intent is not None and status == "accepted" else "value")) == "decided":
        items = await labels.decided(bot, statuses=(status,), intent_id=intent, offset=offset, limit=limit)
        return LabelPage(labels=tuple(map(Label.of, items)), counts=counts)
    if is_plain and offset:
        items = await labels.page(bot, status=status, offset=offset, limit=limit)
        return LabelPage(labels=tuple(map(Label.of, items)), counts=counts)
    place = _place(cursor) if cursor is not None else None
    found = await LabelLists(database).after(bot, LabelFilter(status, intent, source), limit=limit, place=place)
    following = encode_cursor(found.place.value, found.place.id) if found.place is not None else None
    return LabelPage(labels=tuple(map(Label.of, found.items)), counts=counts, next=following)


def _place(cursor: str) -> LabelPlace:
    value, key = decode_cursor(cursor, float, str)
    if not math.isfinite(float(value or 0.0)):
        raise UserInputError("cursor: not one of this list; take `next` of the page before, or leave it out")
    return LabelPlace(float(value or 0.0), str(key))


@router.get("/counts", summary="Count labels", dependencies=[allow(Role.LABELLER), KNOWN_BOT])
async def count_labels(bot: Bot, request: Request) -> dict[str, int]:
    """Count labels by status; the accepted ones also by `train` and `holdout`, and the open ones that all agree on."""
    return await Labels(services_of(request).database).counts(bot)


@router.get("/{key}", summary="Show a label", dependencies=[allow(Role.LABELLER)])
async def show_label(bot: Bot, key: Key, request: Request, response: Response) -> Label:
    """Return one label."""
    item = await Labels(services_of(request).database).get(bot, key)
    response.headers["ETag"] = _etag(item)
    return Label.of(item)


@router.post("/{key}/decision", summary="Decide a label", dependencies=[allow(Role.LABELLER)])
async def decide_label(bot: Bot, key: Key, decision: DecisionIn, request: Request, caller: Caller) -> Label:
    """Accept a text for an intent, reject it, skip it, or undo a decision."""
    services = services_of(request)
    said = Decision.model_validate(decision.model_dump(exclude={"by"}))
    by = _who(caller, decision.by)
    note_change(request, before={"status": said.was}, after={"status": said.status, "intent": said.intent_id})
    return Label.of(await Labels(services.database).decide(bot, key, said, by=by, now=services.now()))


@router.put(
    "/{key}/decision",
    summary="Edit the decision about a label",
    dependencies=[allow(Role.LABELLER)],
    responses=_EDIT_ERRORS,
)
async def edit_label(
    bot: Bot, key: Key, edit: EditIn, request: Request, response: Response, caller: Caller, if_match: IfMatch = None
) -> Label:
    """Decide a label, or decide it differently than before, whatever was decided."""
    return await _edit(bot, key, edit.model_dump(), request, response, caller, if_match)


@router.delete(
    "/{key}/decision",
    summary="Undo the decision about a label",
    dependencies=[allow(Role.LABELLER)],
    responses=_EDIT_ERRORS,
)
async def undo_label(
    bot: Bot, key: Key, request: Request, response: Response, caller: Caller, if_match: IfMatch = None
) -> Label:
    """Open a label again."""
    return await _edit(bot, key, {"status": "open"}, request, response, caller, if_match)


async def _edit(
    bot: str,
    key: str,
    fields: dict[str, Any],
    request: Request,
    response: Response,
    caller: Principal,
    if_match: str | None,
) -> Label:
    services, labels = services_of(request), Labels(services_of(request).database)
    if if_match is None:
        raise PreconditionMissing
    item = await labels.get(bot, key)
    is_forced = if_match.strip() == ANY
    if not is_forced and _etag(item) not in [tag.strip().removeprefix("W/") for tag in if_match.split(",")]:
        raise _conflict(item)
    try:
        decision = Decision.model_validate({**fields, "was": item.status})
    except ValidationError as error:
        raise UserInputError(describe_validation(error.errors(include_input=False))) from error
    try:
        decided = await labels.decide(
            bot, key, decision, by=caller.name, now=services.now(), revision=None if is_forced else item.revision
        )
    except LabelDecided as error:
        raise _conflict(await labels.get(bot, key)) from error
    note_change(
        request,
        before={"status": item.status, "intent": item.intent_id},
        after={"status": decided.status, "intent": decided.intent_id},
    )
    response.headers["ETag"] = _etag(decided)
    return Label.of(decided)


def _conflict(item: LabelItem) -> EditConflict:
    return EditConflict(Label.of(item).model_dump(mode="json"), etag=_etag(item))


@router.post("/decisions", summary="Decide many labels", dependencies=[allow(Role.LABELLER), KNOWN_BOT])
async def decide_labels(bot: Bot, asked: DecisionsIn, request: Request, caller: Caller) -> DecisionResults:
    """Decide up to 200 labels, each on its own: those that cannot be decided do not keep the others from it."""
    services, results = services_of(request), []
    labels = Labels(services.database)
    for each in asked.decisions:
        said = Decision.model_validate(each.model_dump(exclude={"key"}))
        outcome: Literal["decided", "conflict", "not_found", "invalid"] = "decided"
        detail, label = "", None
        try:
            label = Label.of(await labels.decide(bot, each.key, said, by=caller.name, now=services.now()))
        except NotFound as error:
            outcome, detail = "not_found", str(error)
        except UserInputError as error:
            outcome, detail = "invalid", str(error)
        except LabelDecided as error:
            outcome, detail = "conflict", str(error)
        results.append(DecisionResult(key=each.key, outcome=outcome, detail=detail, label=label))
    n_decided = sum(result.outcome == "decided" for result in results)
    note_change(request, after={"decided": n_decided, "asked": len(results)})
    return DecisionResults(results=tuple(results))


@router.post("/accept-agreed", summary="Accept all agreed labels", dependencies=[allow(Role.LABELLER), KNOWN_BOT])
async def accept_agreed_labels(bot: Bot, agreed: AgreedIn, request: Request, caller: Caller) -> Accepted:
    """Accept every open label on which a newer release, the language model and the customer agree."""
    services = services_of(request)
    by = _who(caller, agreed.by)
    items = await Labels(services.database).accept_agreed(bot, by=by, now=services.now())
    note_change(request, after={"accepted": len(items)})
    return Accepted(labels=tuple(map(Label.of, items)))
