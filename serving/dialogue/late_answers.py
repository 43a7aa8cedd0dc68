"""Calls without a clear answer: the tool is asked once more, in the background, under the same key."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from pipelines.errors import BotError, ToolFailed
from pipelines.schemas.keys import thread_hash
from pipelines.schemas.turns import LateAnswer, TurnRecord
from pipelines.templates.request import ToolRequest
from serving.store.threads.ledger import Ledger
from serving.store.threads.states import StoredThread
from serving.telemetry import spans
from serving.tools.client import ToolClient

MAX_WAITING = 200
"""Questions of one process that wait for their time; more are left to the customer's next message."""

_log = logging.getLogger(__name__)


class LateAnswers:
    """Asks tools again about calls that may have acted, and stores what they say with the turn.

    A question that gets no clear answer either, or is lost with the process, is asked by the next message with the same
    wish.

    Parameters
    ----------
    wait_seconds
        How long a tool gets to finish before it is asked.
    now
        The current time, with its zone.
    """

    def __init__(self, tools: ToolClient, ledger: Ledger, *, wait_seconds: float, now: Callable[[], datetime]) -> None:
        self._tools, self._ledger, self._wait_seconds, self._now = tools, ledger, wait_seconds, now
        self._tasks: set[asyncio.Task[None]] = set()
        self.n_unknown = 0
        """Calls of this process whose outcome is unknown so far."""

    def note(
        self,
        thread: StoredThread,
        record: TurnRecord,
        request: ToolRequest | None,
        *,
        redact: Callable[[LateAnswer], LateAnswer] = lambda late: late,
    ) -> None:
        """Count a committed turn whose call may have acted, and ask about it later if it has a request to repeat.

        `record` is the turn as it is stored, and `redact` makes of a late answer what is stored of it.
        """
        self.n_unknown += 1
        if request is not None:
            self._ask_later(thread, record, request, redact)

    def _ask_later(
        self,
        thread: StoredThread,
        record: TurnRecord,
        request: ToolRequest,
        redact: Callable[[LateAnswer], LateAnswer],
    ) -> None:
        if len(self._tasks) >= MAX_WAITING:
            _log.warning("bot %s: too many calls wait for a late answer; one is not asked about", record.bot)
            return
        asking = self._ask_in_trace(thread, record, request, redact, spans.current().traceparent)
        task = asyncio.create_task(asking, name="late-answer", context=spans.detached())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Cancel what still waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask_in_trace(
        self,
        thread: StoredThread,
        record: TurnRecord,
        request: ToolRequest,
        redact: Callable[[LateAnswer], LateAnswer],
        traceparent: str | None,
    ) -> None:
        await asyncio.sleep(self._wait_seconds)
        with spans.resume("late answer", kind="internal", traceparent=traceparent):
            await self._ask(thread, record, request, redact)

    async def _ask(
        self,
        thread: StoredThread,
        record: TurnRecord,
        request: ToolRequest,
        redact: Callable[[LateAnswer], LateAnswer],
    ) -> None:
        where = (record.bot, thread_hash(record.thread), record.turn, request.intent_id)
        try:
            await self._ledger.check(thread)  # a customer who is being forgotten is not mentioned again
            late = await self._answer(request)
            if late is None or not await self._ledger.add_late_answer(thread, record, redact(late)):
                _log.warning("bot %s thread %.12s turn %d: whether the tool of %s acted stays unknown", *where)
                return
        except BotError as error:
            _log.warning("bot %s thread %.12s turn %d: no late answer of the tool of %s: %s", *where, error)
            return
        self.n_unknown -= 1
        said = "it did not act" if late.failure and not late.has_acted else "it has acted"
        _log.warning("bot %s thread %.12s turn %d: late answer of the tool of %s: %s", *where, said)

    async def _answer(self, request: ToolRequest) -> LateAnswer | None:
        """Ask a tool about a call; None if it still gives no clear answer."""
        try:
            answer = await self._tools.call(request)
        except ToolFailed as error:
            if not (error.has_acted or error.is_refusal):
                return None
            return LateAnswer(at=self._now(), failure=error.reason, has_acted=error.has_acted)
        return LateAnswer(at=self._now(), result=answer.result, context=answer.context)
