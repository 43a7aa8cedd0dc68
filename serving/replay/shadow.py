"""A shadow release tries every message after the customer has the reply, and answers nobody.

It runs in a thread of its own on the turn's record: it touches no tool, no language model and no state. It gets a share
of one processor; messages beyond that are skipped. Its failures are counted.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from pipelines.registry.release import Release
from serving.dialogue.services import AnsweredTurn
from serving.logs import describe_crash
from serving.replay.calls import Endpoints
from serving.replay.replay import ReplayedTurn, replay_turn
from serving.store.releases.shadows import ShadowCount

_log = logging.getLogger(__name__)

MAX_WAITING = 100
HANGS_AFTER_SECONDS = 20.0
_FIELD_BY_SUBJECT = {
    "intent": "intent",
    "route": "route",
    "values": "values",
    "tool call": "tool_call",
    "reply": "reply",
    "hand-over": "hand_over",
}


class ShadowPlayer:
    """Tries turns on the shadow of their bot.

    Parameters
    ----------
    shadow_of
        Returns a bot's shadow, if it has one. Must be thread-safe.
    cpu_share
        Share of one processor, in (0, 1].
    public_shortcuts
        Intents that customers may call as `/intent_id`.
    endpoints
        The operator's base URLs, by name.
    """

    def __init__(
        self,
        shadow_of: Callable[[str], Release | None],
        *,
        cpu_share: float,
        public_shortcuts: frozenset[str],
        endpoints: Mapping[str, str],
    ) -> None:
        self._shadow_of, self._cpu_share = shadow_of, cpu_share
        self._public_shortcuts, self._endpoints = public_shortcuts, Endpoints(endpoints)
        self._counts: dict[tuple[str, str, str, str], ShadowCount] = {}
        self._lock = threading.Lock()
        self._hung: set[tuple[str, str]] = set()
        self._thread: _TrialThread | None = None
        self.skipped = 0

    def offer(self, turn: AnsweredTurn) -> None:
        """Try a turn if there is a shadow and time for it. Costs the caller microseconds."""
        release = self._shadow_of(turn.message.bot)
        if release is None or release.version == turn.record.release:
            return
        if (turn.message.bot, release.version) in self._hung:
            return
        if self._thread is None or self._thread.has_hung():
            self._replace_thread()
        if self._thread is None or not self._thread.take(turn, release):
            self.skipped += 1

    def take_counts(self) -> list[ShadowCount]:
        """Return and reset the counts."""
        with self._lock:
            counts, self._counts = list(self._counts.values()), {}
        return counts

    def put_back(self, count: ShadowCount) -> None:
        """Add counts, or restore those that could not be stored."""
        key = (count.bot, count.shadow, count.against, count.intent_id)
        with self._lock:
            known = self._counts.get(key)
            self._counts[key] = count if known is None else known.plus(count)

    def close(self) -> None:
        """Stop; the trial in progress ends by itself."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None

    def _replace_thread(self) -> None:
        if self._thread is not None and self._thread.under_way is not None:
            turn, release = self._thread.under_way
            _log.error("bot %s: shadow %s hangs and is no longer tried", turn.message.bot, release.version)
            self._hung.add((turn.message.bot, release.version))
            self._thread.stop()
        self._thread = _TrialThread(self._try, cpu_share=self._cpu_share)

    async def _try(self, turn: AnsweredTurn, release: Release) -> None:
        record = turn.record
        count = ShadowCount(
            bot=record.bot, shadow=release.version, against=record.release, intent_id=record.intent_id, turns=1
        )
        try:
            replayed = await replay_turn(
                record,
                turn.message,
                turn.state,
                release,
                public_shortcuts=self._public_shortcuts,
                endpoints=self._endpoints,
            )
            found = _difference(replayed)
        except Exception as error:
            # A shadow runs to reveal its faults; nobody waits for this result.
            _log.warning("bot %s: shadow %s failed: %s", record.bot, release.version, describe_crash(error))
            found = {"failed": 1}
        self.put_back(count.model_copy(update=found))


def _difference(turn: ReplayedTurn) -> dict[str, int]:
    if turn.outcome.reply.problem:
        return {"failed": 1}
    subjects = {_FIELD_BY_SUBJECT[difference.subject] for difference in turn.differences}
    return {"different": int(bool(subjects)), **dict.fromkeys(subjects, 1)}


class _TrialThread:
    """A thread that tries turns one by one, pausing to stay within its share.

    It is a daemon: a hanging shadow must not keep the process from ending.
    """

    def __init__(self, work: Callable[[AnsweredTurn, Release], Coroutine[Any, Any, None]], *, cpu_share: float) -> None:
        self._work, self._cpu_share = work, cpu_share
        self._waiting: queue.Queue[tuple[AnsweredTurn, Release] | None] = queue.Queue(MAX_WAITING)
        self._stopped = threading.Event()
        self._began = 0.0
        self.under_way: tuple[AnsweredTurn, Release] | None = None
        threading.Thread(target=self._run, name="shadow", daemon=True).start()

    def take(self, turn: AnsweredTurn, release: Release) -> bool:
        """Queue a turn; False if the queue is full."""
        try:
            self._waiting.put_nowait((turn, release))
        except queue.Full:
            return False
        return True

    def has_hung(self) -> bool:
        """Whether the turn in progress takes so long that it will never end."""
        return self.under_way is not None and time.monotonic() - self._began > HANGS_AFTER_SECONDS

    def stop(self) -> None:
        """End the thread after the turn in progress."""
        self._stopped.set()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # the thread is busy, and checks the event next

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while (item := self._waiting.get()) is not None and not self._stopped.is_set():
                self._began = time.monotonic()
                self.under_way = item
                runner.run(self._work(*item))
                self.under_way = None
                took = time.monotonic() - self._began
                self._stopped.wait(took * (1 / self._cpu_share - 1))
