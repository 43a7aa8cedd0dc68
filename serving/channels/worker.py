"""`intentloop worker`: answers platform messages from an SQS queue instead of inside the chat API.

Needs a standard queue. A redrive policy removes what cannot be processed; with a `maxReceiveCount` of 10, an event's
own attempts run out first, so only broken messages go there.
"""

import asyncio
import logging
import signal
from datetime import timedelta

from pipelines.errors import QueueUnavailable, SetupProblem, StoreUnavailable
from pipelines.settings import Settings
from serving.channels.delivery import Deliveries
from serving.channels.inbox import open_deliveries
from serving.channels.queue import WORKERS
from serving.channels.sqs import SqsQueue
from serving.dialogue.services import Releases
from serving.logs import describe_crash
from serving.queues.worker import Worker
from serving.wiring import open_services

SWEEP_SECONDS = 600.0

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
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    queue = await SqsQueue.connect(settings.queue_url)
    async with (
        open_services(settings, releases=releases or _following_registry(settings)) as services,
        open_deliveries(settings, services) as deliveries,
    ):
        sweeping = asyncio.create_task(_sweep_for_ever(queue, deliveries))
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


def _following_registry(settings: Settings) -> Releases:
    from serving.release.provider import ReleaseProvider

    return ReleaseProvider.from_settings(settings)
