"""The lists of `intentloop label`: open texts and decided ones, as tables and as lines to edit."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import KEY_LENGTH, LabelItem, Status
from serving.console import Console, line_text
from serving.store.labelling.labels import DECIDED, Labels
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.settings import Settings

_ReadPage = Callable[..., Awaitable[list[LabelItem]]]


async def print_open(labels: Labels, bot: str, *, limit: int, as_json: bool) -> None:
    """Print the open texts, the most valuable first."""
    items = await _all_pages(labels.page, bot, limit=limit)
    empty = "no text is open; `intentloop label --mine` looks for some in the log"
    _print(items, table_of(items), await labels.counts(bot), as_json=as_json, empty=empty)


async def print_decided(
    labels: Labels, bot: str, *, status: Status | None, intent_id: str | None, limit: int, as_json: bool
) -> None:
    """Print decided texts, the latest decision first; of one status and intent, if they are given."""
    statuses = (status,) if status else DECIDED
    items = await _all_pages(labels.decided, bot, limit=limit, statuses=statuses, intent_id=intent_id)
    _print(items, table_of_decided(items), await labels.counts(bot), as_json=as_json, empty="no such decision")


def choices_of(item: LabelItem) -> list[str]:
    """Return the proposed intents, most reliable proposer first."""
    return [
        intent_id for intent_id in dict.fromkeys(each.intent_id for each in item.proposals) if intent_id != OUT_OF_SCOPE
    ]


def marked_text(item: LabelItem) -> Text:
    """Return the text with its annotations in brackets: `to [Rome](city)`."""
    text = item.text
    for span in sorted(item.entities, key=lambda span: -span.start):
        text = f"{text[: span.start]}[{text[span.start : span.end]}]({span.type}){text[span.end :]}"
    return Text(shown_text(text))


def shown_text(text: str) -> str:
    """Return a customer's text without what would control the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def table_of(items: Sequence[LabelItem]) -> Table:
    """Return labels as a table for the terminal."""
    table = _table("value", "said", "text", "proposed")
    for item in items:
        proposed = (
            ", ".join(choices_of(item)) if item.status != "accepted" else f"{item.intent_id} ({item.destination})"
        )
        table.add_row(item.key, f"{item.value:.2f}", str(len(item.sources)), marked_text(item), line_text(proposed))
    return table


def table_of_decided(items: Sequence[LabelItem]) -> Table:
    """Return decided labels as a table for the terminal."""
    table = _table("decision", "goes to", "text", "by", "when")
    for item in items:
        when = f"{item.decided_at:%Y-%m-%d %H:%M}" if item.decided_at else ""
        decision = line_text(item.intent_id or item.status)
        table.add_row(
            item.key, decision, item.destination or "", marked_text(item), line_text(item.decided_by or ""), when
        )
    return table


def line_of(item: LabelItem) -> str:
    """Return a label as a line of JSON, which `--decide` takes once `status` and `intent_id` are set or changed."""
    names = ["text", "status", "intent_id", "proposals", "value", "cluster"]
    if item.status != "open":
        names += ["entities", "destination", "decided_by", "decided_at"]
    shown = item.model_dump(mode="json", include=set(names))
    line = {"key": item.key, **{name: shown[name] for name in names}, "agreed": item.agreed}
    return json.dumps(line if item.status == "open" else {**line, "was": item.status}, ensure_ascii=False)


def say_what_follows(settings: "Settings", bot: str, corrected: Sequence[LabelItem]) -> None:
    """Return which version goes by the former decisions, and until when."""
    from contextlib import suppress

    from pipelines.errors import NotFound, RegistryUnavailable
    from pipelines.registry.client import Registry

    if not corrected:
        return
    made = {}
    with suppress(NotFound, RegistryUnavailable):
        versions = Registry(settings.resolved_tracking_uri).versions(bot)
        made = {int(each.version): each.created_at for each in versions if each.created_at}
    newest = max(made, default=None)
    before = [
        item.destination
        for item in corrected
        if item.status == "accepted" and item.decided_at and newest is not None and item.decided_at < made[newest]
    ]
    if n_learnt := before.count("train"):
        echo(f"version {newest} has learnt {n_learnt:,} of them as they were decided before")
    if n_held_out := before.count("holdout"):
        echo(f"version {newest} was measured on {n_held_out:,} of them as they were decided before")
    echo(f"earlier decisions corrected: {len(corrected):,}; the next training goes by them")


def _table(*headings: str) -> Table:
    """Return an empty table whose keys stay whole: they are what a decision names."""
    table = Table(box=None, pad_edge=False)
    table.add_column("key", no_wrap=True, min_width=KEY_LENGTH)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


async def _all_pages(read: _ReadPage, bot: str, *, limit: int, **chosen: object) -> list[LabelItem]:
    """Read up to `limit` items, which may be more than a page holds."""
    items: list[LabelItem] = []
    while len(items) < limit and (page := await read(bot, offset=len(items), limit=limit - len(items), **chosen)):
        items += page
    return items


def _print(items: Sequence[LabelItem], table: Table, counts: dict[str, int], *, as_json: bool, empty: str) -> None:
    if as_json:
        for item in items:
            echo(line_of(item))
        return
    if items:
        Console().print(table)
    else:
        echo(empty)
    echo(", ".join(f"{count:,} {name}" for name, count in counts.items()))
