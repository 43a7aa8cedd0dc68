"""Releases: what is registered, what answers, and moving from one to another."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from pipelines.errors import NotFound
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.releasing.release_models import (
    NO_CONDITION,
    NO_REASON,
    Figure,
    JournalEntry,
    LiveRelease,
    LoggedComparison,
    Moved,
    PromotionIn,
    Release,
    ReleaseDetails,
    WhyIn,
)
from serving.api.admin.route import AdminRouter, note_change, services_of
from serving.api.admin.tasks import ACCEPTED, Task, begin_task
from serving.api.errors import ErrorBody
from serving.api.fields import VERSION_PATTERN
from serving.channels.incoming import BotName
from serving.jobs.kinds import Compare
from serving.release.manager import Overview, ReleaseManager, Wanted
from serving.release.promoter import AliasMove
from serving.store.drafts.store import Drafts
from serving.store.releases.promotions import Promotions, answered_before, former_versions

ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such bot, or no such version."},
    503: {"model": ErrorBody, "description": "The MLflow server or the database does not answer; try again later."},
}
REFUSED: dict[int | str, dict[str, Any]] = {
    409: {
        "model": ErrorBody,
        "description": "The servers would refuse the version, or another one answers than the sender believes; nothing "
        "was moved.",
    },
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/releases", tags=["releases"], responses=ERRORS)

Bot = Annotated[BotName, Path()]
Version = Annotated[str, Path(pattern=VERSION_PATTERN, description="The version's number.")]


class CompareIn(BaseModel):
    """Two releases to evaluate on the same utterances."""

    first: str = Field(pattern=VERSION_PATTERN, description="The one before.")
    second: str = Field(pattern=VERSION_PATTERN)
    on: Annotated[str, Field(pattern="^(held_out|test_set)$")] = Field(
        default="held_out",
        description="`held_out`: examples of the draft that neither has learnt from. `test_set`: the bot's fixed rows.",
    )


def manager_of(request: Request) -> ReleaseManager:
    """Return what reads and moves releases."""
    manager: ReleaseManager = request.app.state.release_manager
    return manager


def note_move(request: Request, moved: AliasMove, *, bot: str) -> Moved:
    """Tell the audit log and this server's own releases of a move, and show it."""
    note_change(request, before={moved.alias: moved.before}, after={moved.alias: moved.version})
    services_of(request).releases.wake()
    return Moved.of(moved, bot=bot, poll_seconds=request.app.state.settings.release_poll_seconds)


def wanted_of(caller: Caller, said: WhyIn) -> Wanted:
    """Return a move with what the journal says of it."""
    instead_of = said.instead_of if isinstance(said, PromotionIn) else None
    return Wanted(by=f"{caller.name} over the admin API", why=said.why, instead_of=instead_of)


async def overview_of(request: Request, bot: str) -> Overview:
    """Return every version of a bot, none if it was never trained; raises `NotFound` if there is no such bot."""
    try:
        return await manager_of(request).overview(bot)
    except NotFound:
        await Drafts(services_of(request).database).head(bot)
        return Overview([], {})


def _shown(overview: Overview, request: Request, *, bot: str) -> list[Release]:
    manager = manager_of(request)
    return [Release.of(each, overview, manager, bot=bot) for each in overview.versions]


@router.get("", summary="List releases", dependencies=[allow(Role.VIEWER)])
async def list_releases(bot: Bot, request: Request, cursor: Cursor = None, limit: Limit = 50) -> Page[Release]:
    """Return a bot's registered versions with their verdicts and accuracy, newest first."""
    before = decode_cursor(cursor, int)[0] if cursor is not None else None
    overview = await overview_of(request, bot)
    left = [each for each in overview.versions if before is None or int(each.version) < int(str(before))]
    page = Overview(left[:limit], overview.aliases)
    more = encode_cursor(int(page.versions[-1].version)) if len(left) > limit else None
    return Page(items=_shown(page, request, bot=bot), next=more)


@router.get("/live", summary="Show what answers", dependencies=[allow(Role.VIEWER)])
async def show_live_release(bot: Bot, request: Request) -> LiveRelease:
    """Return the version that answers customers, those on trial, and why another one answers if that is so."""
    manager, status = manager_of(request), services_of(request).releases.status(bot)
    overview = await overview_of(request, bot)
    found = [each for each in overview.versions if each.version == overview.aliases.get(manager.alias)]
    shown = _shown(Overview(found, overview.aliases), request, bot=bot)
    current = found[0].version if found else None
    moves = [entry.move for entry in await Promotions(services_of(request).database).recent(bot)]
    last = next((move for move in reversed(moves) if move.changes_answers), None)
    is_of_current = last is not None and last.to_version == current
    known = {each.version for each in overview.versions}
    former = [each for each in former_versions(answered_before(moves), current=current) if each in known]
    return LiveRelease(
        release=shown[0] if shown else None,
        problem=await manager.problem(bot, found[0]) if found else "",
        answering=status.version,
        canary=status.canary,
        shadow=status.shadow,
        promoted_by=last.by if last is not None and is_of_current else None,
        promoted_why=last.why if last is not None and is_of_current else None,
        rolls_back_to=former[-1] if former else None,
    )


@router.get("/journal", summary="Read the journal of releases", dependencies=[allow(Role.VIEWER)])
async def list_release_moves(
    bot: Bot, request: Request, cursor: Cursor = None, limit: Limit = 50
) -> Page[JournalEntry]:
    """Return which version answered after which, by whom and why, the latest first."""
    before = int(str(decode_cursor(cursor, int)[0])) if cursor is not None else None
    found, last = await Promotions(services_of(request).database).page(bot, before=before, limit=limit)
    more = encode_cursor(last) if last is not None else None
    return Page(items=[JournalEntry.of(entry) for entry in found], next=more)


@router.get("/compare", summary="Compare what was measured of two releases", dependencies=[allow(Role.VIEWER)])
async def compare_logged_figures(
    bot: Bot,
    request: Request,
    first: Annotated[str, Query(pattern=VERSION_PATTERN, description="The version before.")],
    second: Annotated[str, Query(pattern=VERSION_PATTERN, description="The version after.")],
) -> LoggedComparison:
    """Return the figures that two trainings have logged, side by side.

    Each was measured on its own utterances; a POST here evaluates both on the same ones.
    """
    manager = manager_of(request)
    overviews = [await manager.find(bot, version) for version in (first, second)]
    before, after = [(await manager.evidence(each.versions[0])).figures for each in overviews]
    names = sorted({*before, *after})
    rows = [(name, _finite(before.get(name)), _finite(after.get(name))) for name in names]
    figures = [
        Figure(name=name, first=old, second=new, difference=None if old is None or new is None else new - old)
        for name, old, new in rows
    ]
    shown = [_shown(each, request, bot=bot)[0] for each in overviews]
    return LoggedComparison(first=shown[0], second=shown[1], figures=figures)


def _finite(value: float | None) -> float | None:
    return value if value is not None and value - value == 0 else None


@router.post(
    "/compare", summary="Compare two releases", status_code=202, dependencies=[allow(Role.AUTHOR)], responses=ACCEPTED
)
async def compare_releases(bot: Bot, asked: CompareIn, request: Request, response: Response, caller: Caller) -> Task:
    """Evaluate two releases on the same utterances, as a task.

    Its result has figures with intervals of their differences, intents, confusions, and paired tests.
    """
    for version in (asked.first, asked.second):
        await manager_of(request).find(bot, version)
    return await begin_task(request, response, bot, Compare.model_validate(asked.model_dump()), by=caller)


@router.post("/rollback", summary="Roll back", dependencies=[allow(Role.OPERATOR)], responses=REFUSED)
async def roll_back_release(bot: Bot, request: Request, caller: Caller, said: WhyIn = NO_REASON) -> Moved:
    """Restore the version that answered before. A second rollback goes one further back."""
    return note_move(request, await manager_of(request).roll_back(bot, wanted_of(caller, said)), bot=bot)


@router.get("/{version}", summary="Show a release", dependencies=[allow(Role.VIEWER)])
async def show_release(bot: Bot, version: Version, request: Request) -> ReleaseDetails:
    """Return a version with what its training measured and what its gate found."""
    manager = manager_of(request)
    overview = await manager.find(bot, version)
    evidence = await manager.evidence(overview.versions[0])
    return ReleaseDetails.with_evidence(_shown(overview, request, bot=bot)[0], evidence)


@router.post("/{version}/promote", summary="Promote a release", dependencies=[allow(Role.OPERATOR)], responses=REFUSED)
async def promote_release(
    bot: Bot, version: Version, request: Request, caller: Caller, said: PromotionIn = NO_CONDITION
) -> Moved:
    """Let a version answer customers, once it is downloaded and verified as the servers do."""
    return note_move(request, await manager_of(request).promote(bot, version, wanted_of(caller, said)), bot=bot)
