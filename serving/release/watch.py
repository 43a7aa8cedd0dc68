"""An alias under watch: looks run in threads, and their results are put together on the event loop."""

import asyncio
import logging
from collections.abc import Callable

from pipelines.errors import RegistryUnavailable
from serving.release.alias_state import AliasState, Loaded, Look, Swap
from serving.release.loader import ReleaseLoader
from serving.telemetry.instruments import RELEASE_REFUSALS, RELEASE_SWAPS
from serving.telemetry.spans import count

logger = logging.getLogger(__name__)


class AliasWatch:
    """Holds the state of an alias. Only the event loop replaces `state`; threads get one and return data.

    `on_swap` is called once a swap is recorded on this machine.
    """

    def __init__(
        self, loader: ReleaseLoader, state: AliasState, *, on_swap: Callable[[Swap], None] | None = None
    ) -> None:
        self._loader, self.state, self._on_swap = loader, state, on_swap
        self._corrected_for: str | None = None

    async def refresh(self) -> None:
        """Ask the registry once, and swap in the version behind the alias if it is new. Never raises."""
        try:
            look = await asyncio.to_thread(self._loader.look, self.state)
            if look.problem is not None and str(look.problem) != str(self.state.problem):
                logger.warning(
                    "release poll failed",
                    extra={"bot": self.state.bot, "alias": self.state.alias, "reason": str(look.problem)},
                )
            await self._put(*self.state.after(look))
            if look.refusal is not None:
                count(RELEASE_REFUSALS, self.state.role)
            if look.refusal is not None or look.loaded is not None:
                await asyncio.to_thread(self._loader.report, self.state, look)
            if look.untagged is not None:
                await asyncio.to_thread(self._loader.tag_refusal, look.untagged)
            if look.unmarked is not None and look.unmarked.key == self.state.key:
                await asyncio.to_thread(self._loader.mark_answering, self.state.bot, look.unmarked)
            await self.correct_marks(look.behind)
        except Exception as error:
            # The watcher must outlive a fault in one look; it is logged and shown, and the next look tries again.
            logger.exception("release poll broke", extra={"bot": self.state.bot, "alias": self.state.alias})
            problem = RegistryUnavailable("the registry", f"{type(error).__name__}: {error}")
            self.state, _ = self.state.after(Look(problem=problem))

    async def correct_marks(self, behind: str | None) -> None:
        """Put right what the alias has left behind, once for each version that it moves to, and at the start.

        `behind` is the number of the version that carries it now, empty for none; None: unknown.
        """
        if behind in (None, self._corrected_for):
            return
        if await asyncio.to_thread(self._loader.correct_marks, self.state.bot):
            self._corrected_for = behind

    async def fall_back(self, load: Callable[[AliasState], Loaded | None]) -> bool:
        """Swap in an earlier release unless the registry settles the matter meanwhile; `load` runs in a thread.

        Returns
        -------
        bool
            Whether to look further: nothing answers yet, and the registry did not fail.
        """
        try:
            earlier = await asyncio.to_thread(load, self.state)
        except RegistryUnavailable as error:
            logger.warning("former release cannot be used", extra={"bot": self.state.bot, "reason": str(error)})
            return False
        if earlier is not None:
            await self._put(*self.state.falling_back(earlier))
        return self.state.needs_fallback

    async def _put(self, state: AliasState, swap: Swap | None) -> None:
        self.state = state
        if swap is not None:
            count(RELEASE_SWAPS, swap.role, swap.loaded.source)
            await asyncio.to_thread(self._loader.record, swap)
            if self._on_swap is not None:
                self._on_swap(swap)
