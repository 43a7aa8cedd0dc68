"""Figures of a bot, day by day and release by release, each share with its interval."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Self

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from pipelines.errors import UserInputError
from pipelines.schemas.keys import time_of_key
from pipelines.shares import wilson_interval
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.known_bots import KNOWN_BOT, NO_BOT
from serving.api.admin.route import AdminRouter
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.store.threads.figures import Counts, DailyFigures, Day, total

MOST_DAYS = 92
_DEFAULT_DAYS = 14

router = AdminRouter(prefix="/api/v1/bots/{bot}/analytics", tags=["analytics"], responses=NO_BOT)


class Share(BaseModel):
    """A share with its 95 % interval (Wilson), in [0, 1]."""

    share: float | None = Field(description="Null of nothing.")
    low: float
    high: float
    count: int = Field(description="For how many it holds.")
    of: int = Field(description="Of how many.")

    @classmethod
    def from_counts(cls, count: int, of: int) -> Self:
        """Compute a share."""
        low, high = wilson_interval(count, of)
        return cls(share=count / of if of else None, low=low, high=high, count=count, of=of)


class Figures(BaseModel):
    """What happened to customers' messages."""

    messages: int = Field(description="Messages that were answered.")
    conversations: int = Field(
        description="Threads with a message on the day, for the release that answered the first of them. Over several "
        "days, a thread counts on each."
    )
    containment: Share = Field(description="Of the conversations: not handed over to a person on that day.")
    fallback: Share = Field(description="Of the messages: route `fallback`, so that nothing was understood.")
    clarification: Share = Field(description="Of the messages: the customer was asked which intent they mean.")
    llm: Share = Field(
        description="Of the messages: the language model was needed, even if a kept answer of it was used."
    )
    tool_failures: Share = Field(description="Of the tool calls: without a usable answer at the time.")
    prompt_tokens: int = Field(description="Tokens that the language model was sent.")
    completion_tokens: int = Field(description="Tokens that it wrote.")
    cost: float | None = Field(
        description="Of the language model, in the operator's currency. Null unless prices were set."
    )

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """Compute the figures."""
        return cls(
            messages=counts.messages,
            conversations=counts.conversations,
            containment=Share.from_counts(max(0, counts.conversations - counts.handed_over), counts.conversations),
            fallback=Share.from_counts(counts.fallbacks, counts.messages),
            clarification=Share.from_counts(counts.clarifications, counts.messages),
            llm=Share.from_counts(counts.llm_asked, counts.messages),
            tool_failures=Share.from_counts(counts.tool_failures, counts.tool_calls),
            prompt_tokens=counts.prompt_tokens,
            completion_tokens=counts.completion_tokens,
            cost=round(counts.cost, 6) if counts.priced else None,
        )


class ReleaseFigures(BaseModel):
    """The figures of a release."""

    release: str
    figures: Figures


class DayFigures(BaseModel):
    """The figures of a day in UTC."""

    day: date
    is_complete: bool = Field(description="Whether everything up to now was counted.")
    counted_until: datetime | None = Field(description="The time of the last message that was counted.")
    figures: Figures
    releases: tuple[ReleaseFigures, ...]

    @classmethod
    def of(cls, day: Day) -> Self:
        """Convert a day."""
        return cls(
            day=day.day,
            is_complete=day.is_complete,
            counted_until=time_of_key(day.counted_to) if day.counted_to else None,
            figures=Figures.of(total(day.by_release.values())),
            releases=_by_release([day]),
        )


class Analytics(BaseModel):
    """The figures of a bot."""

    since: date
    until: date
    is_complete: bool = Field(
        description="A request counts some 10,000 messages that were not counted before, of the newest days first. If "
        "that is not all, ask again: the next request goes on."
    )
    figures: Figures
    releases: tuple[ReleaseFigures, ...]
    days: tuple[DayFigures, ...] = Field(description="In order, both ends included.")


@router.get("", summary="Show figures", dependencies=[allow(Role.VIEWER), KNOWN_BOT])
async def show_analytics(
    bot: Annotated[BotName, Path()],
    request: Request,
    since: Annotated[date | None, Query(description="First day; by default 13 days before the last.")] = None,
    until: Annotated[date | None, Query(description="Last day; by default today, in UTC.")] = None,
) -> Analytics:
    """Return what happened on each day, for each release.

    A day that is over is counted once, when it is first asked for, and kept. The figures name nobody: they stay as they
    are when a conversation is forgotten or expires.
    """
    services: Services = request.app.state.services
    now = services.now()
    first, last = _period(since, until, today=now.date())
    days = await DailyFigures(services.database, bot, now=now).days(first, last)
    return Analytics(
        since=first,
        until=last,
        is_complete=all(day.is_complete for day in days),
        figures=Figures.of(total(counts for day in days for counts in day.by_release.values())),
        releases=_by_release(days),
        days=tuple(map(DayFigures.of, days)),
    )


def _period(since: date | None, until: date | None, *, today: date) -> tuple[date, date]:
    last = until or today
    try:
        first = since or last - timedelta(days=_DEFAULT_DAYS - 1)
    except OverflowError as error:
        raise UserInputError("until: no such period; choose a later day") from error
    if first > last:
        raise UserInputError("since: it is after `until`; exchange them")
    if (last - first).days >= MOST_DAYS:
        raise UserInputError(f"since: at most {MOST_DAYS} days at once; ask for the others in another request")
    if last.year >= date.max.year:
        raise UserInputError("until: no such day; choose an earlier one")
    return first, last


def _by_release(days: Iterable[Day]) -> tuple[ReleaseFigures, ...]:
    counts: dict[str, Counts] = {}
    for day in days:
        for release, found in day.by_release.items():
            counts[release] = counts.get(release, Counts()).plus(found)
    named = sorted(counts.items(), key=lambda item: (len(item[0]), item[0]))  # by number
    return tuple(ReleaseFigures(release=release, figures=Figures.of(found)) for release, found in named)
