"""The exclusive training lock, and why a training was interrupted."""

import logging
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from pipelines.errors import StoreUnavailable, TrainingCancelled, TrainingInterrupted, TrainingOverdue
from pipelines.schemas.retraining import LEASE_TAG
from pipelines.settings import Settings
from serving.jobs.lease import TrainingLease

_log = logging.getLogger(__name__)


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, so that a training cleans up.

    Only the first one: a second one must not interrupt the clean-up. Whoever sends it can still kill the process.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def explain_end(error: Exception | KeyboardInterrupt, *, bot: str, lease: TrainingLease) -> Exception:
    """Return the error that says why a training ended; the original may say only that its process was told to."""
    if lease.is_lost:
        return TrainingInterrupted(f"the training of bot {bot!r} was taken over by another process, and this one ended")
    if lease.cancelled_by is not None:
        return TrainingCancelled(bot, by=lease.cancelled_by)
    if lease.is_overdue:
        return TrainingOverdue(bot, hours=lease.limit_hours)
    if isinstance(error, KeyboardInterrupt):
        return TrainingInterrupted(f"the training of bot {bot!r} ended")
    return error


@contextmanager
def exclusive_training(settings: Settings, bot: str, *, is_needed: bool) -> Iterator[dict[str, str]]:
    """Keep other trainings of a bot, and `intentloop forget`, away while it is trained by hand.

    Parameters
    ----------
    settings
        Says where the database is, and how long a lease lasts.
    bot
        The bot.
    is_needed
        Whether the training needs the database; if not, an unreachable one only means that nobody is kept away.

    Yields
    ------
    dict[str, str]
        Tags for the MLflow run: they tell the next retraining that the run is dead if this process is killed.

    Raises
    ------
    TrainingBusy
        Another process is working on the bot.
    StoreUnavailable
        The database does not answer, and it is needed.
    TrainingInterrupted
        This process gave no sign of life for so long that another one took over.
    TrainingOverdue
        It took too long.
    """
    lease, tags = TrainingLease(settings, bot, job=None), {}
    with ExitStack() as stack:
        try:
            stack.enter_context(lease)
            if is_needed:  # leases of this database say nothing of a run that only shares the MLflow server with others
                tags[LEASE_TAG] = str(lease.number)
        except StoreUnavailable as error:
            if is_needed:
                raise
            _log.warning("note: %s; nothing keeps other trainings of bot %r away meanwhile", error, bot)
        stack.enter_context(sigterm_as_interrupt())
        try:
            yield tags
        except KeyboardInterrupt as error:
            if lease.is_lost or lease.is_overdue:
                raise explain_end(error, bot=bot, lease=lease) from error
            raise
