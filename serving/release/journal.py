"""Writes the swaps of this process into the journal of promotions, without delaying a swap or making it fail.

Several processes notice the same move of an alias. The first records it; the others find it recorded.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from pydantic import ValidationError

from pipelines.errors import StoreUnavailable
from serving.release.alias_state import Swap
from serving.store.releases.promotions import Entry, Move, Promotions, answered_before

logger = logging.getLogger(__name__)

_MAX_WAITING = 1000
_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True)
class Recorded:
    """What the journal holds of a bot: apart from the files on this machine, it says what they should be.

    Attributes
    ----------
    answered
        The versions that answered, latest last.
    verdicts
        SHA-256 of the verdict by which each version was promoted, by version.
    """

    answered: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)


class SwapJournal:
    """Keeps entries until the database has stored them. Without `promotions`, the journal there, it writes nothing."""

    def __init__(self, promotions: Promotions | None) -> None:
        self._promotions = promotions
        self._waiting: deque[Move] = deque(maxlen=_MAX_WAITING)
        self._known: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    def note_swap(self, swap: Swap) -> None:
        """Record a swap."""
        host, loaded = socket.gethostname(), swap.loaded
        by, why = {
            "registry": (f"alias moved in MLflow, noticed by {host}", ""),
            "cache": (f"start of {host} without MLflow", "it answered last on this machine"),
            "journal": (f"start of {host}", "the version behind the alias was refused; this one answered before"),
        }[loaded.source]
        move = Move(
            bot=swap.bot,
            kind="noticed" if loaded.source == "registry" else "cache",
            from_version=swap.before,
            to_version=loaded.release.version,
            at=loaded.at,
            by=by,
            why=why,
            verdict=loaded.verdict,
        )
        self.note(move)

    def note(self, move: Move) -> None:
        """Record a move; it is written soon, or when the database is back."""
        if self._promotions is not None:
            self._waiting.append(move)
            self.flush_soon()

    def flush_soon(self) -> None:
        """Write the waiting entries in the background."""
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._flush(), name="promotions-journal")

    async def aclose(self) -> None:
        """Write the waiting entries, as far as the database takes them."""
        self.flush_soon()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def recorded(self, bot: str) -> Recorded:
        """Return what is recorded of a bot; nothing if the database does not answer."""
        if self._promotions is None:
            return Recorded()
        try:
            moves = [entry.move for entry in await self._promotions.recent(bot)]
        except (StoreUnavailable, ValidationError, KeyError) as error:
            reason = str(error) if isinstance(error, StoreUnavailable) else "it holds an entry of another program"
            logger.warning("the journal of promotions cannot be read", extra={"bot": bot, "reason": reason})
            return Recorded()
        verdicts = {move.to_version: move.verdict for move in moves if move.to_version and move.verdict}
        return Recorded(tuple(answered_before(moves)), verdicts)

    async def _flush(self) -> None:
        while self._waiting and self._promotions is not None:
            move = self._waiting[0]
            try:
                number = await self._promotions.append(move, unless=partial(self._find_recorded, move))
            except StoreUnavailable as error:
                logger.warning("a promotion waits to be recorded", extra={"bot": move.bot, "reason": str(error)})
                return
            if move.changes_answers:
                self._known[move.bot] = number
            self._waiting.popleft()

    def _find_recorded(self, move: Move, entries: Sequence[Entry]) -> Entry | None:
        """Return the entry in which another process has recorded this move.

        For a swap, that is the first entry with the same version after the last swap of this process: another process
        may be ahead by several swaps. A process without a swap so far compares with the version that answered when it
        started.
        """
        if not move.changes_answers:
            # a canary is stopped once, unless it was set again since
            same = next((entry for entry in reversed(entries) if _is_about(entry.move, move)), None)
            return same if same is not None and same.move.kind == move.kind else None
        swaps = [entry for entry in entries if entry.move.changes_answers]
        known = self._known.get(move.bot)
        if known is None:
            about_then = [entry for entry in swaps if entry.move.at > move.at - _CLOCKS_DIFFER]
            later = [*about_then, *swaps[-1:]]
        else:
            later = [entry for entry in swaps if entry.number > known]
        return next((entry for entry in later if entry.move.to_version == move.to_version), None)


def _is_about(move: Move, stop: Move) -> bool:
    return (move.kind == "canary_stop" and move.from_version == stop.from_version) or (
        move.kind == "trial" and move.to_version == stop.from_version
    )
