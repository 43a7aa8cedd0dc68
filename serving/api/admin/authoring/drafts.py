"""The draft of a bot as a whole: its bot file, its validation and repairs, and how it differs from what answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from pipelines.botfile.read import parse_content
from pipelines.errors import DraftNeeded, ModelNotLoaded, NotFound
from pipelines.schemas.bot import SYSTEM_INTENTS, BotFile
from pipelines.templates.literal_secrets import MASK, masked_fields, masked_intent, unmasked_fields, unmasked_intent
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.authoring.editing import EDITS, NOT_FOUND, Access, Bot, json_response, require_etag
from serving.api.admin.authoring.finding_models import FindingOut, FindingPage, RepairIn, counted
from serving.api.admin.etags import IfMatch, etag_of
from serving.api.admin.paging import Cursor, Limit, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, leave_no_entry, note_change
from serving.api.admin.tasks import ACCEPTED, Task, begin_task
from serving.api.command_routes import with_routes
from serving.dialogue.services import Services
from serving.jobs.kinds import Repair, Validate
from serving.release.difference import Difference, difference_between
from serving.store.drafts.bots import ImportReport, export_bot, import_bot
from serving.store.drafts.kinds import INTENT, Wire
from serving.store.drafts.plan import ImportPlan
from serving.store.drafts.repairs import has_repair, undo_repair

router = AdminRouter(prefix="/api/v1/bots/{bot}/draft", tags=["draft"], responses=NOT_FOUND)

_SOURCE = "the bot file"
_MOST_NOTED = 100
_PARTS = ("intents", "entities")
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A bot file, of every version of ai-chatbot-framework too.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {name: {"type": "array", "items": {"type": "object"}} for name in _PARTS},
                    "required": ["intents"],
                },
                "example": {
                    "language": "en",
                    "intents": [{"name": "Greet", "intentId": "greet", "trainingData": [{"text": "hello"}]}],
                    "entities": [],
                },
            }
        },
    }
}


Preview = Annotated[
    bool,
    Query(description="Only report what would change: nothing is written. The `ETag` is that of the draft as it is."),
]


@dataclass(frozen=True)
class ImportWay:
    """How a bot file is imported: in place of the draft or into it, and whether only to see what that would change."""

    replaces: bool
    spares_system: bool
    is_preview: bool


class LiveDifference(BaseModel):
    """How the draft differs from the release that answers."""

    is_available: bool = Field(description="Whether a release is known here to compare with.")
    reason: str = Field(description="Why there is none.")
    version: str | None = Field(description="The version that answers.")
    difference: Difference


class Undone(BaseModel):
    """What undoing the last repair has restored."""

    intents: tuple[str, ...] = Field(description="The intents that are as they were before the repair.")


def _shown(wire: Mapping[str, Any]) -> Wire:
    """Return a bot file with its secrets masked."""
    own = masked_fields({name: value for name, value in wire.items() if name not in _PARTS})
    intents = [masked_intent(row) for row in wire.get("intents", ())]
    return {**own, "intents": intents, "entities": wire.get("entities", [])}


@router.get("", summary="Export a draft", response_model=BotFile, dependencies=[allow(Role.VIEWER)])
async def export_draft(bot: Bot, access: Access) -> JSONResponse:
    """Return the bot file of a draft, as `intentloop export` writes it, with the secrets of tools as `***`."""
    wire = await export_bot(access.drafts.database, bot=bot)
    shown, etag = await asyncio.to_thread(lambda: (_shown(wire), etag_of(wire)))
    response = await asyncio.to_thread(json_response, shown, etag=etag)
    response.headers["Content-Disposition"] = f'attachment; filename="{bot}.json"'
    return response


@router.put(
    "",
    summary="Replace a draft",
    response_model=ImportReport,
    responses=EDITS,
    openapi_extra=_FILE,
    dependencies=[allow(Role.AUTHOR)],
)
async def replace_draft(
    bot: Bot,
    request: Request,
    access: Access,
    system: Annotated[bool, Query(description="Whether even intents that every bot needs may go.")] = False,
    preview: Preview = False,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Import a bot file in place of the whole draft: what the file does not hold is deleted. All or nothing.

    Annotations with wrong offsets are moved to their value, or dropped if it is nowhere; `repairs` names each. The bot
    is made if there is none, with `If-Match: *`.
    """
    way = ImportWay(replaces=True, spares_system=not system, is_preview=preview)
    return await _import(bot, request, access, if_match, way)


@router.patch(
    "",
    summary="Merge a bot file into a draft",
    response_model=ImportReport,
    responses=EDITS,
    openapi_extra=_FILE,
    dependencies=[allow(Role.AUTHOR)],
)
async def merge_draft(
    bot: Bot, request: Request, access: Access, preview: Preview = False, if_match: IfMatch = None
) -> JSONResponse:
    """Import a bot file into the draft: what the file does not hold stays. All or nothing."""
    way = ImportWay(replaces=False, spares_system=False, is_preview=preview)
    return await _import(bot, request, access, if_match, way)


async def _import(bot: str, request: Request, access: Access, if_match: str | None, way: ImportWay) -> JSONResponse:
    body = await request.body()
    content = await asyncio.to_thread(parse_content, body, source=_SOURCE)
    if MASK.encode() in body:
        content = await asyncio.to_thread(_unmasked, content, await _stored(access, bot))

    read = ""

    def require(before: Wire | None, plan: ImportPlan) -> None:
        nonlocal read
        read = etag_of(before)
        require_etag(if_match, read, _shown(before) if before is not None else None)
        if way.spares_system:
            _require_system(plan)

    report = await import_bot(
        access.drafts.database,
        content,
        bot=bot,
        source=_SOURCE,
        replace=way.replaces,
        require=require,
        is_preview=way.is_preview,
    )
    if way.is_preview:
        leave_no_entry(request)
        return json_response(report, etag=read)
    counts = report.model_dump(mode="json", exclude={"repairs", "notes", "parts"})
    note_change(request, after={**counts, "repairs": len(report.repairs)})
    after = await export_bot(access.drafts.database, bot=bot)
    return json_response(report, etag=await asyncio.to_thread(etag_of, after))


def _require_system(plan: ImportPlan) -> None:
    kept = [name for name in SYSTEM_INTENTS if INTENT.id_of(plan.bot, name) in plan.intents.deleted]
    if kept:
        raise DraftNeeded(
            f"{', '.join(kept)}", "are intents that every bot needs, and the file lacks them",
            remedy="add them to the file, merge it with PATCH, or say `system=true`",
        )  # fmt: skip


async def _stored(access: Access, bot: str) -> Wire:
    try:
        return await export_bot(access.drafts.database, bot=bot)
    except NotFound:
        return {"intents": [], "entities": []}


def _unmasked(content: object, stored: Wire) -> object:
    """Put the stored secrets back where a bot file has `***`."""
    if not isinstance(content, dict):
        return content
    known = {str(row.get("intentId", row.get("intent_id"))): row for row in stored["intents"]}
    own = unmasked_fields({name: value for name, value in content.items() if name not in _PARTS}, stored)
    rows = content.get("intents")
    if isinstance(rows, list):
        rows = [
            unmasked_intent(row, known.get(str(row.get("intentId", row.get("intent_id")))))
            if isinstance(row, dict)
            else row
            for row in rows
        ]
    parts = {name: rows if name == "intents" else content[name] for name in _PARTS if name in content}
    return {**own, **parts}


@router.get("/difference", summary="Compare a draft with the live release", dependencies=[allow(Role.VIEWER)])
async def compare_draft(bot: Bot, request: Request, access: Access) -> LiveDifference:
    """Return what would change for customers if the draft were released as it is: by intent, entity and field.

    Training examples are not compared: a release has none.
    """
    services: Services = request.app.state.services
    wire = await access.definition(bot)
    try:
        release = await services.releases.ensure(bot)
    except ModelNotLoaded as error:
        return LiveDifference(
            is_available=False, reason=with_routes(str(error), bot), version=None, difference=Difference()
        )
    except NotFound:
        reason = f"no release of bot {bot!r} answers yet; train and promote one"
        return LiveDifference(is_available=False, reason=reason, version=None, difference=Difference())
    found = await asyncio.to_thread(difference_between, release.definition, wire)
    return LiveDifference(is_available=True, reason="", version=release.version, difference=found)


@router.post(
    "/validate", status_code=202, summary="Validate a draft", responses=ACCEPTED, dependencies=[allow(Role.AUTHOR)]
)
async def validate_draft(bot: Bot, request: Request, response: Response, access: Access, caller: Caller) -> Task:
    """Check the draft as `intentloop validate` does. The answer is a task; its findings are at `.../draft/findings`."""
    await access.drafts.head(bot)
    return await begin_task(request, response, bot, Validate(), by=caller)


@router.get("/findings", summary="List findings", dependencies=[allow(Role.VIEWER)])
async def list_findings(
    bot: Bot,
    access: Access,
    check: Annotated[str | None, Query(max_length=100, description="Only those of this check.")] = None,
    severity: Annotated[str | None, Query(max_length=20, description="Only those of this severity.")] = None,
    intent: Annotated[str | None, Query(max_length=500, description="Only those of this intent.")] = None,
    repairable: Annotated[bool | None, Query(description="Only those that can be repaired safely, or cannot.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> FindingPage:
    """Return what the last validation found, worst first."""
    head = await access.drafts.head(bot)
    under_way = await access.validations.under_way(bot)
    validation = await access.validations.last(bot)
    can_undo = await has_repair(access.drafts.database, bot=bot)
    if validation is None:
        return FindingPage(
            items=[],
            task_id=None,
            under_way=under_way,
            validated_at=None,
            is_current=None,
            counts={},
            can_undo=can_undo,
        )
    first = _first(cursor, validation.task_id)
    wanted = {"check": check, "severity": severity, "intent_id": intent}
    rows: list[tuple[int, FindingOut]] = []
    for number, row in enumerate(validation.findings[first:], start=first):
        is_wanted = all(value is None or row.get(name) == value for name, value in wanted.items())
        if is_wanted and repairable in (None, row.get("edit") is not None):
            rows.append((number, _finding(row)))
        if len(rows) > limit:
            break
    more = encode_cursor(validation.task_id, rows[limit][0]) if len(rows) > limit else None
    counts: dict[str, int] = dict(validation.report.get("counts") or {})
    items = [row for _, row in rows[:limit]]
    return FindingPage(
        items=items,
        next=more,
        task_id=validation.task_id,
        under_way=under_way,
        validated_at=validation.at,
        is_current=head.token == token if (token := validation.report.get("draft_token")) else None,
        counts=counts,
        n_repairable=sum(row.get("edit") is not None for row in validation.findings),
        can_undo=can_undo,
        n_left_out=int(validation.report.get("n_left_out") or 0),
        by_check=counted((row["check"], row["title"]) for row in validation.findings),
        by_intent=counted((row["intent_id"],) * 2 for row in validation.findings if row.get("intent_id")),
    )


def _first(cursor: str | None, task_id: str) -> int:
    if cursor is None:
        return 0
    known, number = decode_cursor(cursor, str, int)
    return max(0, int(number or 0)) if known == task_id else 0  # validated again meanwhile: from the beginning


def _finding(row: Mapping[str, Any]) -> FindingOut:
    fields = {name: row.get(name) for name in FindingOut.model_fields if name in row}
    return FindingOut.model_validate({**fields, "is_repairable": row.get("edit") is not None})


@router.post(
    "/repairs", status_code=202, summary="Make repairs", responses=ACCEPTED | EDITS, dependencies=[allow(Role.AUTHOR)]
)
async def repair_draft(
    bot: Bot, wanted: RepairIn, request: Request, response: Response, access: Access, caller: Caller
) -> Task:
    """Make the repairs that the last validation proposes, some or all, and validate again.

    The answer is a task, whose result shows the difference. `.../draft/repairs/undo` reverts it.
    """
    await access.drafts.head(bot)
    return await begin_task(request, response, bot, Repair(findings=wanted.findings), by=caller)


@router.post("/repairs/undo", summary="Undo the last repair", responses=EDITS, dependencies=[allow(Role.AUTHOR)])
async def undo_repairs(bot: Bot, request: Request, access: Access) -> Undone:
    """Restore the intents that the last repair has changed, unless one of them was edited since."""
    intents = await undo_repair(access.drafts.database, bot=bot)
    note_change(request, after={"intents": list(intents[:_MOST_NOTED])})
    return Undone(intents=intents)
