"""Filling the labelling queue, and taking it away whole."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import NotFound, UserInputError
from pipelines.schemas.keys import named_thread_keys
from pipelines.schemas.labels import LabelItem, Source, Status
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.customers.label_models import Label, LabelIn
from serving.api.admin.known_bots import KNOWN_BOT, NO_BOT
from serving.api.admin.route import AdminRouter, note_change, services_of
from serving.api.admin.tasks import ACCEPTED, Task, begin_task
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.jobs.kinds import MOST_DAYS, Mine
from serving.store.labelling.authored import label_text, source_of, tried_source
from serving.store.labelling.lists import LabelFilter, LabelLists

Bot = Annotated[BotName, Path()]
Format = Literal["jsonl", "csv"]
_MEDIA_TYPES: dict[str, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
_COLUMNS = ("text", "intent_id", "status", "destination", "decided_by", "decided_at", "value", "key")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

router = AdminRouter(prefix="/api/v1/bots/{bot}/labels", tags=["labels"], responses=NO_BOT)


class MineIn(BaseModel):
    """Where to look for texts that are worth a label."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"days": 28}]})

    days: float = Field(default=28.0, gt=0, le=MOST_DAYS, description="How far back to look in the log.")
    version: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,9}$",
        description="The version that reads the texts; by default the newest that passed its gate, and the shadow.",
    )


@router.post(
    "/mine",
    summary="Fill the labelling queue",
    status_code=202,
    dependencies=[allow(Role.AUTHOR), KNOWN_BOT],
    responses=ACCEPTED,
)
async def mine_labels(bot: Bot, asked: MineIn, request: Request, response: Response, caller: Caller) -> Task:
    """Search the log for texts that would teach the model most, as a task. One at a time works on a bot's queue."""
    return await begin_task(request, response, bot, Mine(days=asked.days, version=asked.version), by=caller)


@router.post("", status_code=201, summary="Make a label", dependencies=[allow(Role.LABELLER), KNOWN_BOT])
async def make_label(bot: Bot, made: LabelIn, request: Request, caller: Caller) -> Label:
    """Accept a text for an intent, whether or not it waits in the queue: what somebody tried, or a customer's message.

    Its decision is edited and undone as that of every label. It is trained on and not held out, unless the queue has
    it for the other side already.
    """
    services = services_of(request)
    source = await _source(bot, made, services)
    item = await label_text(
        services.database,
        bot,
        made.text,
        intent_id=made.intent_id,
        entities=made.entities,
        source=source,
        by=caller.name,
        now=services.now(),
        kept=services.lifetimes.turn_ttl,
    )
    note_change(request, after={"status": item.status, "intent": item.intent_id}, target=item.key)
    return Label.of(item)


async def _source(bot: str, made: LabelIn, services: Services) -> Source:
    if len(made.text) > services.max_message_chars or not made.text.strip():
        raise UserInputError(f"text: it has 1 to {services.max_message_chars} characters; send another one")
    if made.thread_id is None:
        return tried_source("", now=services.now())
    for key in named_thread_keys(bot, made.thread_id):
        records = await services.ledger.turns.some_of_thread(key, after=(made.turn or 1) - 1, limit=1)
        if records and records[0].turn == made.turn and records[0].text == made.text:
            return source_of(records[0])
    hint = "take the text and the turn as the conversation shows them"
    raise NotFound("message", f"{made.thread_id}, turn {made.turn}", hint=hint)


@router.get(
    "/export",
    summary="Export labels",
    dependencies=[allow(Role.LABELLER), KNOWN_BOT],
    response_class=StreamingResponse,
    responses={200: {"description": "A label a line.", "content": {kind: {} for kind in _MEDIA_TYPES.values()}}},
)
async def export_labels(
    bot: Bot,
    request: Request,
    status: Annotated[Status, Query(description="Only those of this status.")] = "accepted",
    intent: Annotated[str | None, Query(max_length=200, description="Only those accepted for this intent.")] = None,
    format: Annotated[Format, Query(description="One JSON object a line, as labels are shown, or a table.")] = "jsonl",
) -> StreamingResponse:
    """Return all labels of one status, as they are read, the most valuable first."""
    services: Services = request.app.state.services
    items = LabelLists(services.database).all(bot, LabelFilter(status=status, intent_id=intent))
    lines = _json_lines(items) if format == "jsonl" else _table(items)
    name = f'attachment; filename="{bot}-labels-{status}.{format}"'
    return StreamingResponse(lines, media_type=_MEDIA_TYPES[format], headers={"Content-Disposition": name})


async def _json_lines(items: AsyncIterator[LabelItem]) -> AsyncIterator[str]:
    async for item in items:
        yield Label.of(item).model_dump_json() + "\n"


async def _table(items: AsyncIterator[LabelItem]) -> AsyncIterator[str]:
    yield _row(_COLUMNS)
    async for item in items:
        label = Label.of(item).model_dump(mode="json")
        yield _row([label[name] for name in _COLUMNS])


def _row(values: Any) -> str:
    """Write a row; a text that a spreadsheet would compute is quoted, since customers have written it."""
    written = io.StringIO()
    safe = [f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value for value in values]
    csv.writer(written).writerow(safe)
    return written.getvalue()
