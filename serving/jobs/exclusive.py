"""Training a bot while nobody else does, and why that ended before its time."""

import logging
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from pipelines.errors import StoreUnavailable, TrainingInterrupted, TrainingOverdue
from pipelines.schemas.retraining import LEASE_TAG
from pipelines.settings import Settings
from serving.jobs.lease import Keeper

_log = logging.getLogger(__name__)


@contextmanager
def raising_on_end() -> Iterator[None]:
    """Let a request to end be heard like Ctrl-C, so that what is under way is put in order.

    Only the first one: a second one must not stop the putting in order. Whoever sends it has the means to kill.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def explain_end(error: Exception | KeyboardInterrupt, *, bot: str, keeper: Keeper) -> Exception:
    """Give the error that says why a training ended, in place of one that only says that its process was told to."""
    if keeper.is_lost:
        return TrainingInterrupted(f"the training of bot {bot!r} was taken over by another process, and this one ended")
    if keeper.is_overdue:
        return TrainingOverdue(bot, hours=keeper.limit_hours)
    if isinstance(error, KeyboardInterrupt):
        return TrainingInterrupted(f"the training of bot {bot!r} ended")
    return error


@contextmanager
def alone_with(settings: Settings, bot: str, *, is_needed: bool) -> Iterator[dict[str, str]]:
    """Keep other trainings of a bot away, and `intentloop forget`, while it is trained by hand.

    Parameters
    ----------
    settings
        The platform's.
    bot
        The bot.
    is_needed
        Whether there can be no training without the database; otherwise a silent one keeps nobody away.

    Yields
    ------
    dict[str, str]
        Tags for the MLflow run, by which the next retraining knows it for dead if this process is killed.

    Raises
    ------
    TrainingBusy
        Somebody else is at work on the bot.
    StoreUnavailable
        The database does not answer, and it is needed.
    TrainingInterrupted
        This process gave no sign of life for so long that another one has taken its place.
    TrainingOverdue
        It took too long.
    """
    keeper, tags = Keeper(settings, bot, job=None), {}
    with ExitStack() as stack:
        try:
            stack.enter_context(keeper)
            if is_needed:  # leases of this database say nothing of a run that only shares the MLflow server with others
                tags[LEASE_TAG] = str(keeper.lease_number)
        except StoreUnavailable as error:
            if is_needed:
                raise
            _log.warning("note: %s; nothing keeps other trainings of bot %r away meanwhile", error, bot)
        stack.enter_context(raising_on_end())
        try:
            yield tags
        except KeyboardInterrupt as error:
            if keeper.is_lost or keeper.is_overdue:
                raise explain_end(error, bot=bot, keeper=keeper) from error
            raise
