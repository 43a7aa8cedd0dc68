"""The audit log over the admin API; nothing here changes it."""

from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import AwareDatetime

from pipelines.errors import AccessDenied
from pipelines.settings import BOT_NAME
from serving.access.roles import ALL_BOTS, Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter
from serving.dialogue.services import Services
from serving.store.access.audit import AuditLog, RecordedEntry

router = AdminRouter(prefix="/api/v1/audit", tags=["audit"])


@router.get("", summary="Read the audit log", dependencies=[allow(Role.OWNER, on=Reach.ANY_BOT)])
async def list_audit_entries(
    request: Request,
    caller: Caller,
    bot: Annotated[str | None, Query(pattern=BOT_NAME, description="Only what concerns this bot.")] = None,
    by: Annotated[
        str | None, Query(max_length=300, description="Only what this key or member did, by id or by name.")
    ] = None,
    action: Annotated[str | None, Query(max_length=100, description="Only this action, as entries have it.")] = None,
    outcome: Annotated[Literal["done", "refused"] | None, Query(description="Only what was done, or refused.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Only from this moment on.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only before this moment.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RecordedEntry]:
    """Return what was changed, newest first. Owners of some bots see what concerns those.

    A page may hold fewer entries than `limit`, and even none, while there are more: follow `next` to the end.
    """
    services: Services = request.app.state.services
    bots = [bot] if bot is not None else None
    if bot is not None and not caller.may(Role.OWNER, bot=bot):
        raise AccessDenied(Role.OWNER, f"bot {bot!r}", held=caller.name)
    if bot is None and not caller.may(Role.OWNER):
        bots = sorted(name for name, role in caller.roles.items() if role is Role.OWNER and name != ALL_BOTS)
    before = str(decode_cursor(cursor, str)[0]) if cursor is not None else None
    found, following = await AuditLog(services.database).search(
        bots=bots, by=by, action=action, outcome=outcome, since=since, until=until, before=before, limit=limit
    )
    return Page(items=found, next=encode_cursor(following) if following is not None else None)
