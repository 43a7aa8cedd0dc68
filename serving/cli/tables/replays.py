"""The output of `intentloop replay`: a stored thread, replayed, with the differences."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pipelines.errors import NotFound
from serving.console import Console, line_text
from serving.replay.calls import Endpoints
from serving.replay.compare import describe_gap
from serving.replay.replay import ReplayedTurn, readable_turns, replay_turns
from serving.store.threads.turns import TurnLog

if TYPE_CHECKING:
    from pipelines.registry.release import Release
    from pipelines.settings import Settings
    from serving.store.client import Database

_SAME, _DIFFERENT = "same", "different"


async def replay_stored(
    database: "Database", settings: "Settings", *, bot: str, thread_id: str, release: "Release"
) -> list[ReplayedTurn]:
    """Replay every finished turn of a thread that the log still holds.

    Raises
    ------
    NotFound
        The log holds no turn of such a thread.
    """
    records = readable_turns(await _log_of(database, settings).of_thread_id(bot, thread_id))
    if not records:
        raise NotFound("thread", thread_id, hint=f"the log of bot {bot!r} has no turn of it, or no longer has one")
    public_shortcuts = frozenset(settings.public_shortcuts)
    state_ttl = timedelta(days=settings.state_ttl_days)
    return await replay_turns(
        records,
        release,
        public_shortcuts=public_shortcuts,
        endpoints=Endpoints(settings.endpoints),
        state_ttl=state_ttl,
    )


def print_replay(turns: list[ReplayedTurn], *, version: str, console: Console) -> None:
    """Print the turns, with its differences below each."""
    table = Table(box=None, pad_edge=False, show_header=True, header_style="bold")
    for heading in ("turn", "customer", "then", f"release {version}", ""):
        table.add_column(heading, overflow="fold")
    for turn in turns:
        mark = Text(_DIFFERENT, style="yellow") if turn.differences else Text(_SAME, style="green")
        table.add_row(
            str(turn.turn), line_text(turn.text), _intent(turn.before.intent_id, turn.before.confidence),
            _intent(turn.after.intent_id, turn.after.confidence), mark,
        )  # fmt: skip
        for difference in turn.differences:
            table.add_row(
                "", Text(difference.subject, style="dim"), line_text(difference.before), line_text(difference.after)
            )
        for gap in turn.outcome.reply.gaps:
            table.add_row("", Text("left out", style="dim"), "", line_text(describe_gap(gap)))
    console.print(table)
    count = sum(bool(turn.differences) for turn in turns)
    console.print(f"{count} of {len(turns)} turns differ." if count else f"All {len(turns)} turns are the same.")


def unset_endpoints(turns: list[ReplayedTurn]) -> list[str]:
    """Return a sentence for each endpoint that the turns' tools use and that has no base URL in this process."""
    intents_by_name: dict[str, list[str]] = {}
    for turn in turns:
        for name in turn.call.unset if turn.call is not None else ():
            intents_by_name.setdefault(name, []).append(turn.after.intent_id)
    return [
        f"the endpoint {name!r} has no base URL here: calls of {', '.join(dict.fromkeys(intents))} are compared by its "
        "name alone; set it in INTENTLOOP_ENDPOINTS, or in settings.env of the home folder"
        for name, intents in intents_by_name.items()
    ]


def replay_rows(turns: list[ReplayedTurn]) -> list[dict[str, Any]]:
    """Return the turns as plain values, one object per turn."""
    return [
        {
            "turn": turn.turn,
            "text": turn.text,
            "before": turn.before.model_dump(mode="json"),
            "after": turn.after.model_dump(mode="json"),
            "differences": [asdict(difference) for difference in turn.differences],
            "left_out": [describe_gap(gap) for gap in turn.outcome.reply.gaps],
        }
        for turn in turns
    ]


def replay_as_json(turns: list[ReplayedTurn]) -> str:
    """Return the turns as JSON, one object per line."""
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in replay_rows(turns))


def _log_of(database: "Database", settings: "Settings") -> TurnLog:
    return TurnLog(database, ttl=timedelta(days=settings.turn_ttl_days))


def _intent(intent_id: str, confidence: float | None) -> Text:
    return line_text(intent_id if confidence is None else f"{intent_id} {confidence:.2f}")
