"""The fixed test set of a bot: what every version is judged on and none learns from."""

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from pipelines.botfile.test_rows import read_rows, to_row
from pipelines.errors import NotFound, UserInputError
from pipelines.nlu.text import fold_text
from pipelines.schemas.bot import FALLBACK_INTENT, TestRow
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.authoring.editing import NOT_FOUND, Access, Bot
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change, services_of
from serving.store.drafts.kinds import INTENT
from serving.store.drafts.test_sets import TestSets

router = AdminRouter(prefix="/api/v1/bots/{bot}/test-set", tags=["test set"], responses=NOT_FOUND)

_MOST = 2000


class TestRowsIn(BaseModel):
    """Rows to add."""

    __test__ = False  # not a test, whatever pytest makes of its name
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"rows": [{"text": "hello there", "intent": "greet"}]}]}
    )

    rows: tuple[TestRow, ...] = Field(min_length=1, max_length=_MOST)


class TextsIn(BaseModel):
    """The texts whose rows go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"texts": ["hello there"]}]})

    texts: tuple[str, ...] = Field(min_length=1, max_length=_MOST)


class TestRowPage(Page[TestRow]):
    """Rows of the newest version."""

    name: str | None = Field(description="The version of the test set; null: the bot has none.")
    n_rows: int


class TestSetChange(BaseModel):
    """What became of the rows."""

    __test__ = False
    name: str = Field(description="The version of the test set that is the newest now.")
    n_rows: int
    added: int
    deleted: int
    replaced: tuple[TestRow, ...] = Field(description="Rows with one of the texts, as they were before.")


@router.get("", summary="List test rows", dependencies=[allow(Role.VIEWER)])
async def list_test_rows(
    bot: Bot, request: Request, access: Access, cursor: Cursor = None, limit: Limit = 50
) -> TestRowPage:
    """Return the rows of the bot's test set, in their order."""
    await access.drafts.head(bot)
    rows, name = await _rows(bot, request)
    first = max(0, int(decode_cursor(cursor, int)[0] or 0)) if cursor is not None else 0
    more = encode_cursor(first + limit) if len(rows) > first + limit else None
    return TestRowPage(items=[_row(row) for row in rows[first : first + limit]], next=more, name=name, n_rows=len(rows))


@router.post("/rows", summary="Add test rows", dependencies=[allow(Role.AUTHOR)])
async def add_test_rows(bot: Bot, sent: TestRowsIn, request: Request, access: Access) -> TestSetChange:
    """Add rows to the test set, as a new version of it. A row takes the place of one with the same text."""
    await access.drafts.head(bot)
    known = {INTENT.name_in(each.definition) for each in await access.index.all(INTENT, bot)}
    for row in sent.rows:
        if row.intent == FALLBACK_INTENT:
            raise UserInputError(f"no text means {FALLBACK_INTENT!r}; {OUT_OF_SCOPE!r} says that no intent is meant")
        if row.intent not in known | {OUT_OF_SCOPE}:
            raise NotFound("intent", row.intent[:100], hint=f"add it to the drafts of bot {bot!r} first")
    before, _ = await _rows(bot, request)
    texts = {fold_text(row.text) for row in sent.rows}
    old = [row for row in before if fold_text(row.text) in texts]
    new = read_rows(
        [{**row.to_wire(), "id": f"test/{len(before) + n}"} for n, row in enumerate(sent.rows, start=1)], source="rows"
    )
    is_new = [_row(row) for row in new] != [_row(row) for row in old]
    services = services_of(request)
    if not is_new:
        version = (await TestSets(services.database).versions(bot))[0]
        return TestSetChange(name=version.name, n_rows=version.n_rows, added=0, deleted=0, replaced=())
    version = await TestSets(services.database).put_rows(bot, new, now=services.now())
    note_change(request, after={"version": version.name, "rows": version.n_rows})
    added = version.n_rows - len(before)
    return TestSetChange(
        name=version.name, n_rows=version.n_rows, added=added, deleted=0, replaced=tuple(map(_row, old))
    )


@router.post("/rows/delete", summary="Delete test rows", dependencies=[allow(Role.AUTHOR)])
async def delete_test_rows(bot: Bot, sent: TextsIn, request: Request, access: Access) -> TestSetChange:
    """Take rows out of the test set, as a new version of it. Earlier versions keep them."""
    await access.drafts.head(bot)
    before, name = await _rows(bot, request)
    texts = {fold_text(text) for text in sent.texts}
    old = [row for row in before if fold_text(row.text) in texts]
    if name is None:
        raise NotFound("test set of bot", bot, hint="add rows first")
    services = services_of(request)
    version = await TestSets(services.database).drop_rows(bot, texts, now=services.now())
    note_change(request, after={"version": version.name, "rows": version.n_rows})
    return TestSetChange(
        name=version.name, n_rows=version.n_rows, added=0, deleted=len(old), replaced=tuple(map(_row, old))
    )


async def _rows(bot: str, request: Request) -> tuple[tuple[Example, ...], str | None]:
    newest = await TestSets(services_of(request).database).newest(bot)
    return (tuple(newest.rows), newest.version.name) if newest is not None else ((), None)


def _row(example: Example) -> TestRow:
    fields = {name: value for name, value in to_row(example).items() if name != "id"}
    return TestRow.model_validate(fields)
