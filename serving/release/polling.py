"""One look at an alias, whose failure is logged and stops nobody."""

import asyncio
import logging

from pipelines.errors import BotError, RegistryUnavailable
from serving.release.loader import ReleaseLoader
from serving.release.watched import Swap, Watched

logger = logging.getLogger(__name__)


async def poll(loader: ReleaseLoader, watched: Watched) -> Swap | None:
    """Take over what carries an alias, if it is something new; what is wrong stands in `watched.problem` afterwards."""
    before = watched.problem
    try:
        swap = await asyncio.to_thread(loader.follow, watched)
    except BotError as error:
        watched.problem = error
        if str(error) != str(before):
            logger.warning(
                "release poll failed", extra={"bot": watched.bot, "alias": watched.alias, "reason": str(error)}
            )
    except Exception as error:
        # The watcher must outlive a fault in one poll; the fault is logged and shown, the next poll tries again.
        watched.problem = RegistryUnavailable("the registry", f"{type(error).__name__}: {error}")
        logger.exception("release poll broke", extra={"bot": watched.bot, "alias": watched.alias})
    else:
        watched.problem = None
        return swap
    return None
