"""Everything that is kept about one person, to be handed over to them."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.responses import StreamingResponse

from pipelines.errors import NotFound
from pipelines.schemas.keys import thread_hash, thread_key
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.route import AdminRouter
from serving.api.errors import ErrorBody
from serving.channels.graph_api import threads_of_sender
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.store.access.audit import AuditEntry, AuditLog
from serving.store.threads.persons import PERSONAL, PersonalData

_SUMMARY = "Export a person's data"
_ELSEWHERE = (
    "Snapshots, runs and versions of trainings, and scorings of the log, may hold copies of these texts in files: "
    "`intentloop forget --dry-run`, or a task of the kind `forget` that only looks, says in which."
)
_EXAMPLE = {
    "bot": "default",
    "user": "1042",
    "exported_at": "2026-11-29T12:00:00+00:00",
    "threads": ["1042", "facebook:77:1042"],
    "elsewhere": _ELSEWHERE,
    **{name: [] for name in PERSONAL},
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Documents by collection, as JSON.",
        "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
    },
    404: {"model": ErrorBody, "description": "Nothing is kept of such a person."},
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/users", tags=["privacy"], responses=_ERRORS)


@router.get(
    "/{user_id:path}/export",
    summary=_SUMMARY,
    dependencies=[allow(Role.OPERATOR)],
    response_class=StreamingResponse,
)
async def export_user(
    bot: Annotated[BotName, Path()],
    user_id: Annotated[str, Path(min_length=1, max_length=200, description="A sender's id, or that of a thread.")],
    request: Request,
    caller: Caller,
) -> StreamingResponse:
    """Return all that the database holds of a person: the same as `forget` erases.

    These are turns, states, events of channels, documents put aside, labels, and what authors have copied into examples
    and test sets. It is sent as it is read; who was asked about is recorded in the audit log as a hash.
    """
    services: Services = request.app.state.services
    if not user_id.isprintable():  # no id is, and a database may refuse to look for it
        raise _nothing(user_id, bot)
    data = PersonalData(services.database, bot)
    threads = await data.thread_ids(user_id, threads_of_sender(user_id))
    rows = data.all(threads)
    first = await anext(rows, None)
    if first is None:
        raise _nothing(user_id, bot)
    entry = AuditEntry(
        at=services.now(),
        by=caller.id,
        by_name=caller.name,
        address=request.client.host if request.client is not None else None,
        action=_SUMMARY,
        bot=bot,
        target=f"hash {thread_hash(thread_key(bot, user_id))}",
        outcome="done",
    )
    await AuditLog(services.database).append(entry)
    head = {
        "bot": bot,
        "user": user_id,
        "exported_at": services.now().isoformat(),
        "threads": threads,
        "elsewhere": _ELSEWHERE,
    }
    name = f'attachment; filename="{bot}-person.json"'
    return StreamingResponse(
        _written(head, first, rows), media_type="application/json", headers={"Content-Disposition": name}
    )


def _nothing(user_id: str, bot: str) -> NotFound:
    return NotFound("trace of", user_id, hint=f"nothing of bot {bot!r} is theirs; check the id")


async def _written(
    head: dict[str, Any], first: tuple[str, dict[str, Any]], rows: AsyncIterator[tuple[str, dict[str, Any]]]
) -> AsyncIterator[str]:
    """Write an object with a list for each collection, in the order in which they are read."""
    yield json.dumps(head, ensure_ascii=False)[:-1]
    current: str | None = None
    left = list(PERSONAL)

    async def every() -> AsyncIterator[tuple[str, dict[str, Any]]]:
        yield first
        async for row in rows:
            yield row

    async for name, document in every():
        begins = name != current
        if begins:
            yield ("]" if current is not None else "") + f', "{name}": ['
            current = name
            left.remove(name)
        text = json.dumps(document, ensure_ascii=False, default=str)
        yield ("" if begins else ",\n") + text.encode("utf-8", "replace").decode()
    yield "]"
    yield "".join(f', "{name}": []' for name in left) + "}\n"
