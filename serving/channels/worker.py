"""`intentloop worker`: answers platform messages from an SQS queue instead of inside the chat API.

Needs a standard queue. A redrive policy removes what cannot be processed; with a `maxReceiveCount` of 10, an event's
own attempts run out first, so only broken messages go there.
"""

import asyncio
import logging
from datetime import timedelta

from pipelines.errors import QueueUnavailable, SetupProblem, StoreUnavailable
from pipelines.settings import Settings
from serving.channels.delivery import Deliveries
from serving.channels.inbox import open_deliveries
from serving.channels.queue import WORKERS
from serving.channels.sqs import SqsQueue
from serving.dialogue.services import Releases
from serving.logs import describe_crash
from serving.processes.signals import stop_event_on_signals
from serving.queues.worker import Worker
from serving.telemetry.setup import open_telemetry
from serving.wiring import open_services

SWEEP_SECONDS = 600.0
STUCK_SECONDS = 2.0

_log = logging.getLogger(__name__)


async def run_worker(settings: Settings, *, releases: Releases | None = None) -> None:
    """Work until the process is asked to end (SIGTERM or Ctrl-C); without `releases`, follow the model registry.

    Raise `SetupProblem` if the settings name no queue, or the queue cannot be used.
    """
    if settings.queue_url is None:
        raise SetupProblem(
            "there is no queue to work on; set INTENTLOOP_QUEUE_URL, or leave the work to the chat API, "
            "which does it in the background"
        )
    queue = await SqsQueue.connect(settings.queue_url)
    with stop_event_on_signals() as stop:
        await _work(settings, queue, releases or _following_registry(settings), stop=stop)


async def _work(settings: Settings, queue: SqsQueue, releases: Releases, *, stop: asyncio.Event) -> None:
    with open_telemetry(settings, service="intentloop-worker"):
        await _answer(settings, queue, releases, stop=stop)


async def _answer(settings: Settings, queue: SqsQueue, releases: Releases, *, stop: asyncio.Event) -> None:
    async with (
        open_services(settings, releases=releases) as services,
        open_deliveries(settings, services) as deliveries,
    ):
        sweeping = asyncio.gather(_sweep_for_ever(queue, deliveries), _take_up_stuck(deliveries))
        try:
            _log.info("working on %s", settings.queue_url)
            await Worker(queue, lambda job: deliveries.work(job.mark), slots=WORKERS).run(stop)
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)


async def _sweep_for_ever(queue: SqsQueue, deliveries: Deliveries) -> None:
    """Enqueue again what has long been due: its message may have been removed, or never sent."""
    while True:
        long_ago = deliveries.services.now() - timedelta(seconds=SWEEP_SECONDS)
        try:
            await queue.put(await deliveries.inbox.due_threads(long_ago, limit=1000))
        except (QueueUnavailable, StoreUnavailable) as error:
            _log.warning("cannot sweep the inbox: %s", error)
        except Exception as error:
            _log.error("cannot sweep the inbox: %s", describe_crash(error))
        await asyncio.sleep(SWEEP_SECONDS)


async def _take_up_stuck(deliveries: Deliveries) -> None:
    """Work on the threads of dead workers: their messages stay hidden in the queue for longer than customers wait."""
    under_way: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            await asyncio.sleep(STUCK_SECONDS)
            try:
                stuck = [*await deliveries.stuck_threads(), *await deliveries.overdue_threads()]
            except StoreUnavailable as error:
                _log.warning("cannot look for stuck threads: %s", error)
                continue
            except Exception as error:
                _log.error("cannot look for stuck threads: %s", describe_crash(error))
                continue
            under_way = {thread: task for thread, task in under_way.items() if not task.done()}
            new = [thread for thread in dict.fromkeys(stuck) if thread not in under_way]
            for thread in new[: WORKERS - len(under_way)]:
                under_way[thread] = asyncio.create_task(_take_up(deliveries, thread))
    finally:
        for task in under_way.values():
            task.cancel()
        await asyncio.gather(*under_way.values(), return_exceptions=True)


async def _take_up(deliveries: Deliveries, thread: str) -> None:
    try:
        await deliveries.work(thread)
    except StoreUnavailable as error:
        _log.warning("thread %.12s: cannot be taken up: %s", thread, error)
    except Exception as error:
        _log.error("thread %.12s: cannot be taken up: %s", thread, describe_crash(error))


def _following_registry(settings: Settings) -> Releases:
    from serving.release.provider import ReleaseProvider

    return ReleaseProvider.from_settings(settings)
