"""Builds the collaborators of a turn, and closes them at the end."""

import asyncio
import logging
import math
import socket
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import httpx2
from pydantic import SecretStr

from pipelines.errors import LlmUnavailable, SecretUnavailable, SetupProblem, StoreUnavailable
from pipelines.home import home_variables
from pipelines.nlu.entities.forms import forget_words
from pipelines.nlu.text import MAX_CHARACTERS, forget_texts
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.dialogue.answers.reader import forget_answers
from serving.dialogue.late_answers import LateAnswers
from serving.dialogue.orphans import OrphanSweep
from serving.dialogue.privacy import Privacy
from serving.dialogue.services import Releases, Services
from serving.dialogue.thread_locks import ThreadLocks
from serving.llm.completion import Completion
from serving.llm.endpoints import LlmEndpoint
from serving.llm.reader import LlmReader
from serving.logs import describe_crash
from serving.replay.shadow import ShadowPlayer
from serving.replay.shadow_log import ShadowReporter
from serving.store.access.policies import POLICY_SECONDS, Lifetimes, Policies
from serving.store.client import Database
from serving.store.drafts.import_journal import restore_killed_imports
from serving.store.readiness import StoreReadiness
from serving.store.releases.promotions import Promotions
from serving.store.releases.shadows import ShadowCounts
from serving.store.schema import Schema
from serving.store.threads.forgotten import REFRESH_SECONDS
from serving.store.threads.ledger import Ledger
from serving.store.upkeep.migrations import settle_version
from serving.store.upkeep.retention import Retention
from serving.store.upkeep.turn_times import fill_turn_times
from serving.store.versions import NUMBER
from serving.store.watch import BEAT_SECONDS
from serving.tools.client import GuardedTransport, ToolClient
from serving.tools.guard import GuardedBackend, allowed_origins
from serving.tools.secrets import Secrets, SecretsManager

if TYPE_CHECKING:
    from serving.llm.client import LlmClient

LEASE_MARGIN_SECONDS = 5.0
"""A claim of an earlier version outlasts the longest tool call by this."""
LATE_ANSWER_SECONDS = 5.0
"""How long a tool gets to finish a call without a clear answer before it is asked about it."""
PROBE_SECONDS = 10.0
"""Longest wait when an operator tests a language model; it may take longer than a customer would wait."""
SWEEP_SECONDS = 600.0
INDEX_SECONDS = 20.0
"""Time between two looks for indexes that somebody has dropped."""
MAX_REFRESH_SECONDS = 30.0
"""Longest pause between checks for erased threads while the database is unavailable; turns check for themselves."""

_log = logging.getLogger(__name__)


async def keep_going(duty: Callable[[], Awaitable[None]], *, pause_seconds: float) -> None:
    """Do what never ends; begin it again after an error that it does not know, which the log names."""
    while True:
        try:
            await duty()
        except Exception as error:
            name = getattr(duty, "func", duty).__name__.lstrip("_")
            _log.error("%s failed and begins again in %g s: %s", name, pause_seconds, describe_crash(error))
        await asyncio.sleep(pause_seconds)


async def _keep_database(database: Database, schema: Schema, lifetimes: Lifetimes) -> None:
    """Prepare the database at start-up, then keep its indexes and keep removing what has expired."""
    retention, swept_at = Retention(database, schema, lifetimes=lifetimes), -math.inf
    number: int | None = None
    while True:
        try:
            await schema.renew()
            if number is None and (number := await settle_version(database)) < NUMBER:
                _log.warning("the database is of an earlier version; run `intentloop db migrate`, also while this runs")
            for bot in await restore_killed_imports(database):
                _log.warning("an import was killed, the bot is as it was before bot=%s", bot)
            if time.monotonic() - swept_at >= SWEEP_SECONDS:
                await retention.sweep(utc_now())
                swept_at = time.monotonic()
        except StoreUnavailable as error:
            _log.warning("the database is unavailable: %s", error)
        await asyncio.sleep(INDEX_SECONDS)


async def _follow_policies(policies: Policies) -> None:
    """Read the bots' policies again and again, so that no message has to."""
    while True:
        with suppress(StoreUnavailable):  # a message that needs them reports it
            await policies.refresh()
        await asyncio.sleep(POLICY_SECONDS)


async def _fill_turn_times(database: Database, schema: Schema) -> None:
    """Give turns of earlier versions the key by which they are found by time, also those still being written."""
    while True:
        with suppress(StoreUnavailable):  # reported by whoever needs the database next
            await schema.ensure()
            if n_filled := await fill_turn_times(database):
                _log.info("%d turns of an earlier version can now be found by their time", n_filled)
        await asyncio.sleep(INDEX_SECONDS)


async def _give_signs_of_life(ledger: Ledger) -> None:
    """Tell other processes every second that this one works on what it has claimed."""
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        with suppress(StoreUnavailable):  # reported by whoever needs the database next
            await ledger.beat()


async def _finish_orphans(services: Services) -> None:
    """Finish the turns of processes that died."""
    sweep = OrphanSweep(services)
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            if n_finished := await sweep.run():
                _log.info("finished %d turns of processes that died", n_finished)
        except StoreUnavailable:
            await asyncio.sleep(BEAT_SECONDS)
        except Exception as error:
            _log.error("cannot look for turns of dead processes: %s", describe_crash(error))


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
    variables = home_variables(settings.home)
    prefix = settings.secrets_manager_prefix
    manager = SecretsManager(prefix) if prefix else None
    return Secrets(variables, manager=manager, ttl_seconds=settings.secrets_ttl_seconds)


async def connect_llm(
    settings: Settings, backend: GuardedBackend, secrets: Secrets, endpoint: LlmEndpoint
) -> "LlmClient":
    """Connect to a bot's own endpoint: to a host on the public internet, or to one that the operator has named."""
    await asyncio.to_thread(import_module, "serving.llm.client")  # half a second that nobody shall wait for
    from serving.llm.client import LlmClient

    key = await secrets.resolve(endpoint.key) if endpoint.key is not None else None
    return LlmClient(
        endpoint.base_url,
        api_key=SecretStr(key) if key is not None else None,
        timeout_seconds=settings.llm_timeout_seconds,
        transport=GuardedTransport(backend, ssl_context=httpx2.create_ssl_context()),
    )


async def probe_llm(
    settings: Settings, secrets: Secrets, endpoint: LlmEndpoint | None, *, model: str
) -> Completion | str:
    """Ask a model for a word, at a bot's own endpoint or the platform's; return its answer, or why there is none."""
    if endpoint is None and settings.llm_base_url is None:
        return "no endpoint is set, neither the bot's own nor the platform's (INTENTLOOP_LLM_BASE_URL)"
    backend = GuardedBackend(allowed=allowed_origins(settings.tool_allowed_hosts, settings.endpoints.values()))
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            if endpoint is not None:
                client = await connect_llm(settings, backend, secrets, endpoint)
            else:
                client = await _connect_platform_llm(settings)
            async with client:
                return await client.probe(model)
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} s"
    except LlmUnavailable as error:
        return error.reason
    except (SecretUnavailable, SetupProblem) as error:
        return str(error)


async def _connect_platform_llm(settings: Settings) -> "LlmClient":
    await asyncio.to_thread(import_module, "serving.llm.client")
    from serving.llm.client import LlmClient

    return LlmClient(
        str(settings.llm_base_url), api_key=settings.openai_api_key, timeout_seconds=settings.llm_timeout_seconds
    )


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
    policies = Policies(database)
    state_ttl, turn_ttl = timedelta(days=settings.state_ttl_days), timedelta(days=settings.turn_ttl_days)
    lifetimes = Lifetimes(policies, state_ttl=state_ttl, turn_ttl=turn_ttl)
    ledger = Ledger.over(
        database,
        state_ttl=state_ttl,
        turn_ttl=turn_ttl,
        holder=f"{socket.gethostname()}-{uuid.uuid4().hex[:12]}",
        lease=lease,
        now=utc_now,
        lifetimes=lifetimes,
    )
    secrets = _open_secrets(settings)
    backend = GuardedBackend(allowed=allowed_origins(settings.tool_allowed_hosts, settings.endpoints.values()))
    tools = ToolClient(
        backend,
        timeout_seconds=settings.tool_timeout_seconds,
        max_response_bytes=settings.tool_max_response_bytes,
        secrets=secrets,
    )
    late_answers = LateAnswers(tools, ledger, wait_seconds=LATE_ANSWER_SECONDS, now=utc_now)
    llm = LlmReader.over(database, settings, now=utc_now, connect=partial(connect_llm, settings, backend, secrets))
    duties = (
        (partial(_keep_database, database, ledger.schema, lifetimes), INDEX_SECONDS),
        (partial(_fill_turn_times, database, ledger.schema), INDEX_SECONDS),
        (partial(_follow_forgotten, ledger, llm), REFRESH_SECONDS),
        (partial(_follow_policies, policies), POLICY_SECONDS),
        (partial(_give_signs_of_life, ledger), BEAT_SECONDS),
    )
    background = [asyncio.create_task(keep_going(duty, pause_seconds=pause)) for duty, pause in duties]
    try:
        await releases.start(Promotions(database))
        async with _open_shadow(settings, database, releases) as shadow:
            services = Services(
                database=database,
                ledger=ledger,
                store_readiness=StoreReadiness(database, ledger.schema),
                policies=policies,
                privacy=Privacy(policies),
                lifetimes=lifetimes,
                releases=releases,
                tools=tools,
                llm=llm,
                secrets=secrets,
                shadow=shadow,
                late_answers=late_answers,
                thread_locks=ThreadLocks(patience_seconds),
                public_shortcuts=frozenset(settings.public_shortcuts),
                endpoints=settings.endpoints,
                max_message_chars=min(settings.max_message_chars, MAX_CHARACTERS),
                patience_seconds=patience_seconds,
                now=utc_now,
            )
            background.append(asyncio.create_task(_finish_orphans(services)))
            yield services
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await late_answers.aclose()
        await releases.stop()
        await llm.aclose()
        await tools.aclose()
        database.close()
