"""Fills the database: threads and turns inserted in bulk, as copies of a real conversation."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from pipelines.errors import SetupProblem
from pipelines.schemas.keys import REST, channel_thread_key
from pipelines.schemas.turns import TurnRecord
from serving.store.client import Database
from serving.store.threads.states import StateStore
from serving.store.threads.turns import TurnLog

_BATCH = 500
_KEEP = timedelta(days=30)


async def copy_threads(
    database: Database,
    template: tuple[str, str],
    *,
    threads: tuple[str, ...],
    turns: int,
    report: Callable[[float], None],
) -> None:
    """Store `threads` of `turns` turns each, every turn a copy of the last turn of the thread `template` (bot, id).

    `report` gets the share done, in [0, 1]. Raise `SetupProblem` if the template has no turn.
    """
    states, log = StateStore(database, ttl=_KEEP), TurnLog(database, ttl=_KEEP)
    bot, thread_id = template
    stored = await states.load(channel_thread_key(bot, thread_id, channel=REST))
    found = await log.at(stored.key, stored.turn)
    if found is None or found.record is None:
        raise SetupProblem(f"thread {thread_id!r} has no turn to copy; is the API on another database?")
    written = 0
    for batch in _batches(found.record, bot, threads, turns):
        await log.append_all(batch)
        await states.store_all([record for record in batch if record.turn == turns])
        written += len(batch)
        report(written / (len(threads) * turns))


def _batches(record: TurnRecord, bot: str, threads: tuple[str, ...], turns: int) -> Iterator[list[TurnRecord]]:
    batch: list[TurnRecord] = []
    for thread_id in threads:
        key = channel_thread_key(bot, thread_id, channel=REST)
        for turn in range(1, turns + 1):
            place = {"thread": key, "thread_id": thread_id, "turn": turn, "message_id": f"{thread_id}-{turn}"}
            batch.append(record.model_copy(update=place))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch
