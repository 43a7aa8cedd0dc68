"""The output of `intentloop releases`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pipelines.errors import StoreUnavailable
from pipelines.registry.client import ACCURACY_ROWS_TAG, REFUSED_TAG, Registry, model_name, shortened
from pipelines.registry.fetch import find_problem
from pipelines.registry.links import model_page
from pipelines.registry.verdict import REASONS_TAG
from pipelines.shares import describe_figure, describe_share
from serving.console import Console, line_text
from serving.release.trials import SHADOW
from serving.replay.shadow_log import total_of
from serving.store.releases.promotions import Entry, Promotions
from serving.store.releases.shadows import ShadowCount, ShadowCounts

if TYPE_CHECKING:
    from pipelines.registry.client import RegisteredVersion
    from serving.store.client import Database

SHOWN_MOVES = 10


@dataclass(frozen=True)
class Overview:
    """A bot's versions, newest first, and their history.

    `entries` and `shadow_counts` are None if the database did not answer. `problem` says why the version behind the
    alias that serving follows must not answer, and `link` is the model's page; either may be empty.
    """

    versions: "Sequence[RegisteredVersion]"
    aliases: dict[str, str]
    entries: Sequence[Entry] | None
    shadow_counts: Sequence[ShadowCount] | None
    problem: str = ""
    link: str = ""


async def load_overview(registry: Registry, database: "Database", *, bot: str, alias: str) -> Overview:
    """Load a bot's versions, aliases and history; without the history if the database does not answer.

    `alias` is the one that serving follows.

    Raises
    ------
    NotFound
        There is no such bot.
    RegistryUnavailable
        The MLflow server did not answer.
    """
    aliases = registry.aliases(bot)
    entries: Sequence[Entry] | None
    counts: Sequence[ShadowCount] | None
    try:
        entries = await Promotions(database).recent(bot)
        counts = await ShadowCounts(database).of(bot, aliases[SHADOW]) if SHADOW in aliases else []
    except StoreUnavailable:
        entries = counts = None
    versions = registry.versions(bot)
    problem = ""
    for version in versions:
        if version.version == aliases.get(alias):
            problem = _describe_problem(version, find_problem(registry, version, bot=bot), alias=alias)
    link = model_page(registry.tracking_uri, model_name(bot))
    return Overview(versions, aliases, entries, counts, problem, link)


def _describe_problem(version: "RegisteredVersion", reason: str | None, *, alias: str) -> str:
    if reason is None:
        return ""
    return (
        f"The alias {alias} is on version {version.version}, which must not answer: {shortened(reason)}. What "
        f"answered before keeps answering. Move the alias: `intentloop rollback`, or `intentloop promote VERSION`."
    )


def print_releases(overview: Overview, *, console: Console) -> None:
    """Print versions, the shadow's differences and the last promotions."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("version", "verdict", "aliases", "registered", "accuracy"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("version", "accuracy") else "left")
    for version in overview.versions:
        table.add_row(
            version.version,
            _verdict(version),
            line_text(", ".join(_aliases(version, overview.aliases)), "bold"),
            _when(version.created_at),
            _accuracy(version.tags),
        )
    console.print(table)
    if overview.problem:
        console.print()
        console.print(line_text(overview.problem, "red"))
    if overview.link:
        console.print(f"\nIn MLflow: {overview.link}", soft_wrap=True, highlight=False, markup=False)
    if overview.entries is None:
        console.print("The database did not answer: no history to show.")
        return
    if overview.shadow_counts:
        total = total_of(overview.shadow_counts)
        console.print(
            f"\nShadow {overview.aliases[SHADOW]}: {total['different']:,} of {total['turns']:,} turns would have "
            f"differed, {total['failed']:,} failed."
        )
        console.print(_shadow_table(overview.shadow_counts))
    if overview.entries:
        console.print("\nLast promotions")
        console.print(_moves_table(overview.entries))


def releases_as_json(overview: Overview) -> str:
    """Return the overview as JSON."""
    rows: dict[str, Any] = {
        "versions": [
            {
                "version": version.version,
                "verdict": version.tags.get("gate"),
                "refused": version.tags.get(REFUSED_TAG),
                "aliases": _aliases(version, overview.aliases),
                "registered_at": version.created_at.isoformat() if version.created_at else None,
                "accuracy": version.tags.get("accuracy"),
                "accuracy_rows": version.tags.get(ACCURACY_ROWS_TAG),
                "copied_from": version.copied_from,
            }
            for version in overview.versions
        ],
        "problem": overview.problem or None,
        "url": overview.link or None,
        "moves": None if overview.entries is None else [row.model_dump(mode="json") for row in overview.entries],
        "shadow": None
        if overview.shadow_counts is None
        else [row.model_dump(mode="json") for row in overview.shadow_counts],
    }
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _verdict(version: "RegisteredVersion") -> Text:
    if REFUSED_TAG in version.tags:
        return line_text(f"refused: {version.tags[REFUSED_TAG]}", "red")
    gate = version.tags.get("gate", "none")
    reasons = version.tags.get(REASONS_TAG)
    if version.copied_from is not None:
        return line_text(f"{gate}, copied from {version.copied_from}", "yellow")
    return line_text(f"{gate}: {reasons}" if reasons else gate, "green" if gate == "passed" else "red")


def _aliases(version: "RegisteredVersion", version_by_alias: dict[str, str]) -> list[str]:
    named = sorted(alias for alias, aliased in version_by_alias.items() if aliased == version.version)
    return named if version.stage == "none" else [*named, f"stage {version.stage}"]


def _when(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment is not None else ""


def _accuracy(tags: Mapping[str, str]) -> str:
    try:
        accuracy, n = float(tags["accuracy"]), float(tags.get(ACCURACY_ROWS_TAG, 0))
    except (KeyError, ValueError):
        return ""
    return describe_share(accuracy, n=n) if n else describe_figure(accuracy)


def _shadow_table(counts: Sequence[ShadowCount]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("intent", "turns", "different", "failed"):
        table.add_column(heading, justify="left" if heading == "intent" else "right")
    by_intent: dict[str, list[ShadowCount]] = {}
    for count in counts:
        by_intent.setdefault(count.intent_id, []).append(count)
    totals = {intent_id: total_of(rows) for intent_id, rows in by_intent.items()}
    for intent_id, total in sorted(totals.items(), key=lambda row: -row[1]["different"] - row[1]["failed"]):
        table.add_row(line_text(intent_id), *(f"{total[name]:,}" for name in ("turns", "different", "failed")))
    return table


def _moves_table(entries: Sequence[Entry]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for entry in reversed(entries[-SHOWN_MOVES:]):
        move = entry.move
        table.add_row(
            _when(move.at),
            line_text(f"{move.from_version or '-'} -> {move.to_version or '-'}"),
            line_text(move.by),
            line_text(move.why, "dim"),
        )
    return table
