"""Which release of this machine may answer while the registry is silent: one that is proved without it."""

import logging

from pipelines.errors import ReleaseRefused
from pipelines.registry.verdict import load_kept
from serving.clock import utc_now
from serving.release.alias_state import AliasState, Loaded
from serving.release.cache import CachedRelease, ReleaseCache
from serving.release.heap import warm_up
from serving.release.journal import Recorded

logger = logging.getLogger(__name__)

_MAX_FORMER = 3
"""How many releases that answered earlier are tried from the cache when the last one cannot be used."""


def find_proved(
    cache: ReleaseCache, state: AliasState, recorded: Recorded, *, verdict_key: str | None
) -> Loaded | None:
    """Load the release that answered last on this machine, or one before it; None if nothing is proved.

    Parameters
    ----------
    state
        Its last refusal stays away.
    recorded
        What the journal of promotions holds of the bot. It lies in the database, so that whoever can write to the cache
        cannot make a release of other files answer.
    verdict_key
        Key of the verdicts' signatures; None: verdicts need no signature.
    """
    for kept in _candidates(cache, state.bot, recorded):
        if state.refusal is not None and state.refusal.key == kept.key:
            continue
        digest = recorded.verdicts.get(kept.version)
        try:
            judged = load_kept(kept.folder, bot=state.bot, version=kept.version, recorded=digest, key=verdict_key)
        except ReleaseRefused as error:
            logger.warning("cached release cannot be used", extra={"bot": state.bot, "reason": str(error)})
        else:
            warm_up(judged.release)
            return Loaded(judged.release, kept.key, "cache", utc_now(), verdict=judged.digest)
    return None


def _candidates(cache: ReleaseCache, bot: str, recorded: Recorded) -> list[CachedRelease]:
    """Return the releases to try, in order, each once."""
    last = cache.last_good(bot)
    former = [kept for version in reversed(recorded.answered) for kept in cache.kept(bot, version)]
    return list(dict.fromkeys([*([last] if last is not None else []), *former[:_MAX_FORMER]]))
