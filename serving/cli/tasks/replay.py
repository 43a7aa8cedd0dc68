"""Stored conversations answered again by a release, as JSON."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from pipelines.progress import Progress, part
from pipelines.registry.client import Registry
from pipelines.registry.fetch import fetch_release
from pipelines.registry.release import Release
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.cli.arguments import with_database
from serving.cli.tables.replays import replay_rows, replay_stored, unset_endpoints
from serving.jobs.kinds import Replay
from serving.replay.gate import replay_newest
from serving.replay.report import ReplayReport

_MAX_TURNS = 2000
_MAX_CHANGES = 500
_MAX_WORDS = 300
_MAX_LOST_GOALS = float(TrainParams.model_fields["max_lost_goals"].default)


def replay(bot: str, request: Replay, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Replay one thread beside the log, or the newest conversations beside another release, by default the live one."""
    progress(0.0, "loading the release")
    registry = Registry(settings.resolved_tracking_uri)
    release = fetch_release(registry, registry.find_version(bot, request.version), bot=bot)
    if request.thread is not None:
        progress(0.5, "replaying")
        return _thread(bot, request.thread, release, settings)
    if request.against is None:
        found = registry.find(bot, alias=settings.release_alias)
    else:
        found = registry.find_version(bot, request.against)
    report = asyncio.run(
        replay_newest(
            bot,
            candidate=release,
            production=fetch_release(registry, found, bot=bot),
            settings=settings,
            count=request.count,
            progress=part(progress, 0.1, 1.0),
        )
    )
    return _report(report, version=request.version)


def _thread(bot: str, thread_id: str, release: Release, settings: Settings) -> dict[str, Any]:
    turns = with_database(
        lambda database: replay_stored(database, settings, bot=bot, thread_id=thread_id, release=release)
    )
    rows = replay_rows(turns)
    return {
        "version": release.version,
        "thread": thread_id,
        "n_turns": len(turns),
        "n_different": sum(bool(turn.differences) for turn in turns),
        "turns": rows[:_MAX_TURNS],
        "n_left_out": max(0, len(rows) - _MAX_TURNS),
        "notes": unset_endpoints(turns),
    }


def _report(report: ReplayReport, *, version: str) -> dict[str, Any]:
    judged = report.check(max_lost_goals=_MAX_LOST_GOALS)
    rows, changes = report.rows(), report.changes()
    return {
        "version": version,
        "against": report.version,
        "problem": report.unavailable,
        "n_conversations": len(report.conversations),
        "n_unreadable": report.n_unreadable,
        "n_turns": sum(len(each.turns) for each in report.conversations),
        "n_different": len(rows),
        "n_reaching_a_goal": len(report.reaching),
        "n_losing_a_goal": len(report.lost),
        "reasons": list(judged.reasons),
        "changes": [asdict(change) for change in changes[:_MAX_CHANGES]],
        "redefined": [change.sentence for change in report.redefined],
        "turns": rows[:_MAX_TURNS],
        "n_left_out": max(0, len(rows) - _MAX_TURNS),
        "words": list(islice(_words(report), _MAX_WORDS)),
        "notes": [one.sentence for one in report.unset],
    }


def _words(report: ReplayReport) -> Iterator[dict[str, Any]]:
    """Yield what the customer wrote in each turn that changes, and what either release answers."""
    for conversation in report.conversations:
        for turn in conversation.turns:
            if turn.differences:
                yield {
                    "thread": conversation.thread_id,
                    "turn": turn.after.turn,
                    "text": turn.after.text,
                    "before": [each.text for each in turn.before.after.replies],
                    "after": [each.text for each in turn.after.after.replies],
                    "differences": [asdict(difference) for difference in turn.differences],
                    "loses_a_goal": bool(conversation.lost),
                }
