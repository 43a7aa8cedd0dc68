"""The labelling queue over HTTP: the most valuable texts, the decided ones, and decisions."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.labels import KEY_PATTERN, Decision, Destination, LabelItem, Proposal, Source, Status
from serving.api.access import AdminOnly
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.store.labels import MAX_PAGE, Labels

_ERRORS: dict[int | str, dict[str, Any]] = {
    403: {"model": ErrorBody, "description": "The operator's token is missing or wrong."},
    404: {"model": ErrorBody, "description": "There is no such label, or the drafts have no such intent."},
    409: {"model": ErrorBody, "description": "Somebody else has decided this label; read it again."},
    503: {"model": ErrorBody, "description": "The database is unavailable; try again later."},
}
_BY = "the admin API"
_NAME = r"^[^\x00-\x1f\x7f-\x9f]+$"
"""Without control characters: it is shown at terminals."""

router = APIRouter(prefix="/api/v1/bots/{bot}/labels", tags=["labels"], dependencies=[AdminOnly], responses=_ERRORS)

Bot = Annotated[BotName, Path()]
Key = Annotated[str, Path(pattern=KEY_PATTERN)]


class Label(BaseModel):
    """A text of the queue."""

    key: str
    text: str
    status: Status
    intent_id: str | None = Field(description="Its intent, once accepted; `__oos__`: none of the intents.")
    destination: Destination | None = Field(description="Whether it is used for training or held out, once accepted.")
    entities: tuple[LabelledSpan, ...]
    proposals: tuple[Proposal, ...] = Field(description="Proposed intents by source, the most reliable first.")
    agreed: str | None = Field(description="The intent all sources agree on, if a program may accept it.")
    value: float = Field(description="How much a decision would teach the model; higher is better.")
    cluster: str = Field(description="Shared by texts that say nearly the same.")
    personal_data: tuple[str, ...] = Field(description="Kinds of personal data the text seems to contain.")
    sources: tuple[Source, ...]
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, item: LabelItem) -> "Label":
        """Convert an item."""
        return cls(key=item.key, **{name: getattr(item, name) for name in cls.model_fields if name != "key"})


class LabelPage(BaseModel):
    """Some labels, the most valuable first, and the total counts."""

    labels: tuple[Label, ...]
    counts: dict[str, int] = Field(
        description="`open`, `accepted`, `rejected`, `skipped`; of the accepted `train` and `holdout`; of the open "
        "`agreed`."
    )


class DecisionIn(Decision):
    """A decision about a label."""

    by: str = Field(default=_BY, pattern=_NAME, max_length=100, description="Who decides.")


class AgreedIn(BaseModel):
    """Who accepts what all witnesses agree on."""

    by: str = Field(default=_BY, pattern=_NAME, max_length=100, description="Who accepts.")


class Accepted(BaseModel):
    """The accepted labels."""

    labels: tuple[Label, ...]


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


@router.get("", summary="List labels")
async def list_labels(
    bot: Bot,
    request: Request,
    status: Annotated[Status, Query()] = "open",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> LabelPage:
    """Return a page of labels of one status, the most valuable first."""
    labels = Labels(_services(request).database)
    items = await labels.page(bot, status=status, offset=offset, limit=limit)
    return LabelPage(labels=tuple(map(Label.of, items)), counts=await labels.counts(bot))


@router.get("/{key}", summary="Show a label")
async def show_label(bot: Bot, key: Key, request: Request) -> Label:
    """Return one label."""
    return Label.of(await Labels(_services(request).database).get(bot, key))


@router.post("/{key}/decision", summary="Decide a label")
async def decide(bot: Bot, key: Key, decision: DecisionIn, request: Request) -> Label:
    """Accept a text for an intent, reject it, skip it, or undo a decision."""
    services = _services(request)
    said = Decision.model_validate(decision.model_dump(exclude={"by"}))
    return Label.of(await Labels(services.database).decide(bot, key, said, by=decision.by, now=services.now()))


@router.post("/accept-agreed", summary="Accept all agreed labels")
async def accept_agreed(bot: Bot, agreed: AgreedIn, request: Request) -> Accepted:
    """Accept every open label on which a newer release, the language model and the customer agree."""
    services = _services(request)
    items = await Labels(services.database).accept_agreed(bot, by=agreed.by, now=services.now())
    return Accepted(labels=tuple(map(Label.of, items)))
