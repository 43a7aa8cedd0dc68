"""The replay gate: stored conversations replayed on the production release and on a candidate.

Nothing leaves the process, as in `serving.replay.replay`.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import ValidationError

from pipelines.errors import BotError, StoreUnavailable
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.replay.compare import ComparedConversation, ComparedTurn, ReplayReport
from serving.replay.replay import ReplayedTurn, differences, replay_turns
from serving.store.client import Database
from serving.store.turns import TurnLog


async def replay_newest(
    bot: str, *, candidate: Release, production: Release, settings: Settings, count: int, progress: Progress
) -> ReplayReport:
    """Replay a bot's `count` newest stored conversations; if the database is unavailable, no candidate passes."""
    progress(0.0, "reading stored conversations")
    database = Database.from_settings(settings)
    try:
        threads = await TurnLog(database, ttl=timedelta(days=settings.turn_ttl_days)).newest_threads(bot, count=count)
    except StoreUnavailable as error:
        reason = f"the stored conversations could not be replayed: {error}; or train with --replays 0 to skip them"
        return ReplayReport(production.version, (), unavailable=reason)
    finally:
        database.close()
    return await replay_both(
        threads,
        candidate=candidate,
        production=production,
        public_shortcuts=frozenset(settings.public_shortcuts),
        endpoints=settings.endpoints,
        state_ttl=timedelta(days=settings.state_ttl_days),
        progress=progress,
    )


async def replay_both(
    threads: Sequence[Sequence[TurnRecord]],
    *,
    candidate: Release,
    production: Release,
    public_shortcuts: frozenset[str],
    endpoints: Mapping[str, str],
    state_ttl: timedelta | None = None,
    progress: Progress,
) -> ReplayReport:
    """Replay conversations on both releases, in the order of `threads`; for the other parameters see `replay_turns`."""
    compared: list[ComparedConversation] = []
    changed_tools = _changed_tools(production, candidate)
    n_unreadable = 0
    for number, records in enumerate(threads):
        if number % 10 == 0:
            progress(number / len(threads), f"replaying conversation {number + 1} of {len(threads)}")
            await asyncio.sleep(0)  # lets other work in this loop run, such as a notebook's kernel
        try:
            before, after = [
                await replay_turns(
                    records, release, public_shortcuts=public_shortcuts, endpoints=endpoints, state_ttl=state_ttl
                )
                for release in (production, candidate)
            ]
        except (BotError, ValidationError):  # a turn that another program wrote, or a context that is too large
            n_unreadable += 1
            continue
        compared.append(_compare(records[0], before, after, changed_tools))
    progress(1.0, "conversations replayed")
    return ReplayReport(production.version, tuple(compared), n_unreadable=n_unreadable)


def _compare(
    first: TurnRecord, before: Sequence[ReplayedTurn], after: Sequence[ReplayedTurn], changed_tools: frozenset[str]
) -> ComparedConversation:
    turns = tuple(
        ComparedTurn(old, new, tuple(differences(old.handling, new.handling)))
        for old, new in zip(before, after, strict=True)
    )
    goals = Counter(turn.after.intent_id for turn in before if _reaches_goal(turn))
    missing = goals - Counter(turn.after.intent_id for turn in after if _reaches_goal(turn))
    asked = Counter(turn.after.intent_id for turn in after if turn.handling.is_unknown)
    tool_changed = Counter({name: min(n, asked[name]) for name, n in missing.items() if name in changed_tools})
    return ComparedConversation(
        thread_id=first.thread_id,
        channel=first.channel,
        turns=turns,
        goals=tuple(goals.elements()),
        lost=tuple((missing - tool_changed).elements()),
        tool_changed=tuple(tool_changed.elements()),
    )


def _reaches_goal(turn: ReplayedTurn) -> bool:
    """Whether a goal was reached: the tool answered or, without one, the form was filled."""
    outcome, form = turn.outcome, turn.after.form
    if outcome.reply.problem is not None:
        return False
    if outcome.tool is not None:
        return outcome.tool.failure is None
    return form is not None and form.is_complete and outcome.decision.tool_intent is None


def _changed_tools(production: Release, candidate: Release) -> frozenset[str]:
    """Return the intents of both releases whose tool has changed."""
    now = candidate.definition.intent_by_id()
    return frozenset(
        name
        for name, intent in production.definition.intent_by_id().items()
        if name in now and now[name].tool != intent.tool
    )
