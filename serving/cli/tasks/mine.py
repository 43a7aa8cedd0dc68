"""Filling the labelling queue: what `intentloop label --mine` does, as JSON."""

import asyncio
from contextlib import closing
from functools import partial
from typing import Any

from pipelines.errors import no_such_bot
from pipelines.progress import Progress
from pipelines.settings import Settings
from serving.cli.labelling.mining import mine_newest
from serving.jobs.kinds import Mine
from serving.store.client import Database
from serving.store.drafts.bots import has_intents
from serving.store.labelling.mining import fill_queue


def mine(bot: str, request: Mine, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Mine the log into the queue; return how many texts are new, and how many were left out for which reason."""
    return asyncio.run(_mine(bot, request, settings, progress))


async def _mine(bot: str, request: Mine, settings: Settings, progress: Progress) -> dict[str, Any]:
    with closing(Database.from_settings(settings)) as database:
        if not await has_intents(database, bot=bot):
            raise no_such_bot(bot)
        miner = partial(mine_newest, settings, bot, days=request.days, version=request.version, folder=None)
        mined, stored = await fill_queue(database, bot, miner, by="the admin API", progress=progress)
    return {
        "turns": mined.n_turns,
        "added": stored.added,
        "refreshed": stored.refreshed,
        "left_out": dict(mined.left_out),
    }
