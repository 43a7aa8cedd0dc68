"""The replay gate: stored conversations replayed on the production release and on a candidate.

Nothing leaves the process, as in `serving.replay.replay`.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

from pydantic import ValidationError

from pipelines.errors import BotError, StoreUnavailable
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.replay.calls import Endpoints, UnsetEndpoint
from serving.replay.compare import ComparedConversation, Pair, compare_conversation
from serving.replay.definitions import definition_changes
from serving.replay.names import new_unknown_names
from serving.replay.replay import replay_turns
from serving.replay.report import ReplayReport
from serving.store.client import Database
from serving.store.threads.turns import TurnLog


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
    """Replay conversations on both releases, in the order of `threads`; for the other parameters see `replay_turns`.

    `endpoints` are the operator's base URLs, by name.
    """
    compared: list[ComparedConversation] = []
    pair, known = Pair.of(production, candidate), Endpoints(endpoints)
    n_unreadable = 0
    for number, records in enumerate(threads):
        if number % 10 == 0:
            progress(number / len(threads), f"replaying conversation {number + 1} of {len(threads)}")
            await asyncio.sleep(0)  # lets other work in this loop run, such as a notebook's kernel
        try:
            before, after = [
                await replay_turns(
                    records, release, public_shortcuts=public_shortcuts, endpoints=known, state_ttl=state_ttl
                )
                for release in (production, candidate)
            ]
        except (BotError, ValidationError):  # a turn that another program wrote, or a context that is too large
            n_unreadable += 1
            continue
        compared.append(compare_conversation(records, before, after, pair))
    progress(1.0, "conversations replayed")
    return ReplayReport(
        production.version,
        tuple(compared),
        n_unreadable=n_unreadable,
        unset=tuple(_unset(pair, compared, known, sorted(endpoints))),
        redefined=tuple(definition_changes(production.definition, candidate.definition)),
        names=new_unknown_names(pair, threads),
    )


def _unset(
    pair: Pair, conversations: Iterable[ComparedConversation], endpoints: Endpoints, names: Sequence[str]
) -> Iterable[UnsetEndpoint]:
    """Yield the endpoints without a base URL that tools of either release use."""
    before, after = (_used_unset(release, endpoints) for release in (pair.production, pair.candidate))
    for name in dict.fromkeys((*after, *before)):
        intents = dict.fromkeys((*after.get(name, ()), *before.get(name, ())))
        yield UnsetEndpoint(
            name,
            nearest=next(iter(get_close_matches(name, names, n=1)), ""),
            intents=tuple(intents),
            n_conversations=sum(any(used == name for used, _ in each.unset) for each in conversations),
            is_new=name not in before,
        )


def _used_unset(release: Release, endpoints: Endpoints) -> dict[str, list[str]]:
    """Map the endpoints without a base URL to the intents whose tools use them."""
    found: dict[str, list[str]] = {}
    for intent in release.definition.intents:
        for name in endpoints.unset(intent.tool) if intent.tool is not None else ():
            found.setdefault(name, []).append(intent.intent_id)
    return found
