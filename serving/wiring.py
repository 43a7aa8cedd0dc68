"""Builds the collaborators of a turn, and closes them at the end."""

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from dotenv import dotenv_values

from pipelines.errors import StoreUnavailable
from pipelines.nlu.entities.forms import forget_words
from pipelines.nlu.text import MAX_CHARACTERS, forget_texts
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.dialogue.answers.reader import forget_answers
from serving.dialogue.services import Releases, Services
from serving.dialogue.thread_locks import ThreadLocks
from serving.llm.reader import LlmReader
from serving.replay.shadow import ShadowPlayer
from serving.replay.shadow_log import ShadowReporter
from serving.store.client import Database
from serving.store.forgotten import REFRESH_SECONDS
from serving.store.ledger import Ledger
from serving.store.promotions import Promotions
from serving.store.shadows import ShadowCounts
from serving.tools.client import ToolClient
from serving.tools.guard import GuardedBackend, allowed_origins
from serving.tools.secrets import Secrets, SecretsManager

LEASE_MARGIN_SECONDS = 5.0
"""A claim outlasts the longest tool call by this: the write after the call, and clock differences."""
SWEEP_SECONDS = 600.0
MAX_REFRESH_SECONDS = 30.0
"""Longest pause between checks for erased threads while the database is unavailable; turns check for themselves."""

_log = logging.getLogger(__name__)


async def _sweep_for_ever(ledger: Ledger) -> None:
    """Prepare the database at start-up, then keep removing what has expired."""
    while True:
        try:
            await ledger.schema.sweep(utc_now())
        except StoreUnavailable as error:
            _log.warning("the database is unavailable: %s", error)
        await asyncio.sleep(SWEEP_SECONDS)


async def _follow_forgotten(ledger: Ledger, llm: LlmReader) -> None:
    """Watch for threads being erased, and clear the caches that are keyed by customers' words."""
    pause = REFRESH_SECONDS
    while True:
        try:
            if await ledger.forgotten.refresh():
                llm.forget()
                forget_texts()
                forget_words()
                forget_answers()
            pause = REFRESH_SECONDS
        except StoreUnavailable:  # reported by whoever needs the database next
            pause = min(2 * pause, MAX_REFRESH_SECONDS)
        await asyncio.sleep(pause)


def _open_secrets(settings: Settings) -> Secrets:
    # From the same places as the settings, and read once as they are.
    variables = {**dotenv_values(".env"), **os.environ}
    prefix = settings.secrets_manager_prefix
    manager = SecretsManager(prefix) if prefix else None
    return Secrets(variables, manager=manager, ttl_seconds=settings.secrets_ttl_seconds)


@asynccontextmanager
async def _open_shadow(settings: Settings, database: Database, releases: Releases) -> AsyncIterator[ShadowPlayer]:
    """Try answered turns on shadow releases, and store the figures."""
    player = ShadowPlayer(
        releases.shadow,
        cpu_share=settings.shadow_cpu_share,
        public_shortcuts=frozenset(settings.public_shortcuts),
        endpoints=settings.endpoints,
    )
    reporter = ShadowReporter(player, ShadowCounts(database), releases, now=utc_now)
    reporting = asyncio.create_task(reporter.run(), name="shadow-reporter")
    try:
        yield player
    finally:
        player.close()
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)
        await reporter.store()


@asynccontextmanager
async def open_services(settings: Settings, *, releases: Releases) -> AsyncIterator[Services]:
    """Open every connection, and close them at the end.

    A database that does not answer does not prevent the start: `/health/ready` reports it, and messages get a 503.
    """
    lease = timedelta(seconds=settings.tool_timeout_seconds + LEASE_MARGIN_SECONDS)
    patience_seconds = 2 * (lease.total_seconds() + settings.llm_timeout_seconds)
    database = Database.from_settings(settings)
    ledger = Ledger.over(
        database,
        state_ttl=timedelta(days=settings.state_ttl_days),
        turn_ttl=timedelta(days=settings.turn_ttl_days),
        holder=f"{socket.gethostname()}-{uuid.uuid4().hex[:12]}",
        lease=lease,
        now=utc_now,
    )
    secrets = _open_secrets(settings)
    backend = GuardedBackend(allowed=allowed_origins(settings.tool_allowed_hosts, settings.endpoints.values()))
    tools = ToolClient(
        backend,
        timeout_seconds=settings.tool_timeout_seconds,
        max_response_bytes=settings.tool_max_response_bytes,
        secrets=secrets,
    )
    llm = LlmReader.over(database, settings, now=utc_now)
    background = [asyncio.create_task(work) for work in (_sweep_for_ever(ledger), _follow_forgotten(ledger, llm))]
    try:
        await releases.start(Promotions(database))
        async with _open_shadow(settings, database, releases) as shadow:
            yield Services(
                database=database,
                ledger=ledger,
                releases=releases,
                tools=tools,
                llm=llm,
                secrets=secrets,
                shadow=shadow,
                thread_locks=ThreadLocks(patience_seconds),
                public_shortcuts=frozenset(settings.public_shortcuts),
                endpoints=settings.endpoints,
                max_message_chars=min(settings.max_message_chars, MAX_CHARACTERS),
                patience_seconds=patience_seconds,
                now=utc_now,
            )
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await releases.stop()
        await llm.aclose()
        await tools.aclose()
        database.close()
