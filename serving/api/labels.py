"""The labelling queue for a page: what is most worth a look, what is decided, and deciding it."""

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
    409: {"model": ErrorBody, "description": "Somebody else has decided about it; look at it again."},
    503: {"model": ErrorBody, "description": "The database does not answer; try again later."},
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
    intent_id: str | None = Field(description="What it means, once accepted; `__oos__`: none of the intents.")
    destination: Destination | None = Field(description="Whether it is learnt from or held out, once accepted.")
    entities: tuple[LabelledSpan, ...]
    proposals: tuple[Proposal, ...] = Field(description="Who thinks what, who knows best first.")
    agreed: str | None = Field(description="What all witnesses agree on, if a program may accept it.")
    value: float = Field(description="What a decision is worth: the higher, the more.")
    cluster: str = Field(description="The same for texts that say nearly the same.")
    personal_data: tuple[str, ...] = Field(description="Kinds of personal data that the text seems to hold.")
    sources: tuple[Source, ...]
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, item: LabelItem) -> "Label":
        """Show an item."""
        return cls(key=item.key, **{name: getattr(item, name) for name in cls.model_fields if name != "key"})


class LabelPage(BaseModel):
    """Some labels, the most valuable first, and how many there are in all."""

    labels: tuple[Label, ...]
    counts: dict[str, int] = Field(
        description="`open`, `accepted`, `rejected`, `skipped`; of the accepted `train` and `holdout`; of the open "
        "`agreed`."
    )


class DecisionIn(Decision):
    """A decision about a label."""

    by: str = Field(default=_BY, pattern=_NAME, max_length=100, description="Who decides.")


class AgreedIn(BaseModel):
    """Who lets a program accept what everybody agrees on."""

    by: str = Field(default=_BY, pattern=_NAME, max_length=100, description="Who accepts.")


class Accepted(BaseModel):
    """What was accepted at once."""

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
    """Give a page of labels of one status, the most valuable first."""
    labels = Labels(_services(request).database)
    items = await labels.page(bot, status=status, offset=offset, limit=limit)
    return LabelPage(labels=tuple(map(Label.of, items)), counts=await labels.counts(bot))


@router.get("/{key}", summary="See a label")
async def show_label(bot: Bot, key: Key, request: Request) -> Label:
    """Give one label."""
    return Label.of(await Labels(_services(request).database).get(bot, key))


@router.post("/{key}/decision", summary="Decide about a label")
async def decide(bot: Bot, key: Key, decision: DecisionIn, request: Request) -> Label:
    """Accept a text for an intent, reject it, skip it, or take a decision back."""
    services = _services(request)
    said = Decision.model_validate(decision.model_dump(exclude={"by"}))
    return Label.of(await Labels(services.database).decide(bot, key, said, by=decision.by, now=services.now()))


@router.post("/accept-agreed", summary="Accept what everybody agrees on")
async def accept_agreed(bot: Bot, agreed: AgreedIn, request: Request) -> Accepted:
    """Accept every open label on which a release trained since, the language model and the customer agree."""
    services = _services(request)
    items = await Labels(services.database).accept_agreed(bot, by=agreed.by, now=services.now())
    return Accepted(labels=tuple(map(Label.of, items)))
