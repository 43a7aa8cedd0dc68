"""What the routes of drafts share: the store behind them, ETags, and what is shown of a draft."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, JsonValue, ValidationError

from pipelines.errors import EditConflict, PreconditionMissing, UserInputError
from pipelines.schemas.bot import Intent
from pipelines.templates.literal_secrets import masked_intent
from serving.api.admin.etags import ANY, etag_of
from serving.api.errors import ConflictBody, ErrorBody
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.store.drafts.findings import Validations
from serving.store.drafts.index import DraftIndex
from serving.store.drafts.kinds import BOT_FIELDS, ENTITY, INTENT, Wire, definition_of, examples_of
from serving.store.drafts.store import Drafts

Bot = Annotated[BotName, Path()]
Responses = dict[int | str, dict[str, Any]]
_MOST_NAME_CHARACTERS = 200
NOT_FOUND: Responses = {404: {"model": ErrorBody, "description": "There is no such bot, or nothing of that name."}}
EDITS: Responses = {
    409: {"model": ErrorBody, "description": "The bot is being imported, or something forbids it; `detail` says what."},
    412: {"model": ConflictBody, "description": "Somebody else was faster; `current` is the resource as it is now."},
    428: {"model": ErrorBody, "description": "`If-Match` is missing."},
}
MAKES: Responses = {
    409: {"model": ErrorBody, "description": "There is one of that name, or the bot is being imported."}
}


class DraftAccess:
    """The drafts of all bots, what is indexed of them, and what was found wrong with them."""

    def __init__(self, services: Services) -> None:
        self.drafts = Drafts(services.database)
        self.index = DraftIndex(self.drafts)
        self.validations = Validations(services.database)
        self._has_all = False

    async def bots(self) -> list[str]:
        """Return the names of all bots with drafts, in order."""
        if not self._has_all:
            await self.drafts.revisions.make_missing()
            self._has_all = True
        return sorted(await self.drafts.revisions.bots())

    async def definition(self, bot: str) -> Wire:
        """Return the bot file of a draft without its examples and its test set."""
        fields = await self.drafts.find(BOT_FIELDS, bot, bot) or {}
        intents = await self.index.all(INTENT, bot)
        return {**fields, "intents": [each.definition for each in intents], "entities": await self.entities(bot)}

    async def entities(self, bot: str) -> list[Wire]:
        """Return the entities of a bot as a bot file has them."""
        found = await self.index.all(ENTITY, bot)
        return [
            {**each.definition, "entity_values": [each.row(number) for number in range(len(each.rows))]}
            for each in found
        ]


def _access(request: Request) -> DraftAccess:
    state = request.app.state
    if getattr(state, "drafts", None) is None:
        state.drafts = DraftAccess(state.services)
    access: DraftAccess = state.drafts
    return access


Access = Annotated[DraftAccess, Depends(_access)]


def part_etag(*parts: JsonValue) -> str:
    """Return the ETag of a resource with parts that are edited apart."""
    return '"' + "-".join(etag_of(part).strip('"')[:24] for part in parts) + '"'


def require_etag(expected: str | None, etag: str, shown: JsonValue, *, parts: Sequence[int] | None = None) -> None:
    """Check an `If-Match` against the ETag of what is stored; `parts` are those that must be unchanged, by default all.

    `shown` is told to an editor who is late. Raise `PreconditionMissing` without an `If-Match`.
    """
    if expected is None:
        raise PreconditionMissing
    if expected.strip() == ANY:
        return
    wanted = etag.strip('"').split("-")
    places = range(len(wanted)) if parts is None else parts
    for tag in expected.split(","):
        given = tag.strip().removeprefix("W/").strip('"').split("-")
        if len(given) == len(wanted) and all(given[place] == wanted[place] for place in places):
            return
    raise EditConflict(shown, etag=etag)


def intent_etag(intent: Mapping[str, Any]) -> str:
    """Return the ETag of an intent: of its definition, and of its examples."""
    return part_etag(definition_of(intent), examples_of(intent))


def shown_intent(intent: Mapping[str, Any], *, examples: bool = False) -> Wire:
    """Return an intent as it is shown: with the secrets of its tool masked."""
    return normal_intent(masked_intent(dict(intent) if examples else definition_of(intent)))


def normal_intent(wire: Wire) -> Wire:
    """Return an intent with every field in the form that it is documented to have."""
    try:
        return Intent.model_validate(wire).to_wire()
    except ValidationError:  # an older version took it
        return wire


def require_name(field: str, name: str) -> None:
    """Raise `UserInputError` for a name that a new intent or entity cannot have."""
    if not name.strip() or not name.isprintable() or "/" in name or name in (".", ".."):
        raise UserInputError(f"{field}: it may hold printable characters other than `/`; choose another")
    if len(name) > _MOST_NAME_CHARACTERS:
        raise UserInputError(f"{field}: it may have {_MOST_NAME_CHARACTERS} characters; choose a shorter one")


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Wire, Wire]:
    """Return the fields that differ, before and after, for the audit log."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def json_response(
    content: Any, *, status: int = 200, etag: str | None = None, location: str | None = None
) -> JSONResponse:
    """Return a response whose content is already in the documented form."""
    headers = {"ETag": etag} if etag is not None else {}
    headers |= {"Location": location} if location is not None else {}
    body = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    return JSONResponse(body, status_code=status, headers=headers)
