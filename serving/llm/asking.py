"""One question to the language model, within all limits: time, concurrency, budget, and a broken endpoint."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Protocol

from pipelines.errors import LlmUnavailable, StoreUnavailable
from serving.breaker import Breakers
from serving.clock import MonotonicClock
from serving.llm.answer import ModelAnswer, read_answer
from serving.llm.brief import Brief, tokens_in
from serving.llm.completion import Completion, Usage
from serving.store.usage import Asker, Period, Reservation, TokenBudget

FAIR_SHARE = 0.5
"""Share of the time limit that an endpoint must have had before its silence counts against it."""

_log = logging.getLogger(__name__)


class Endpoint(Protocol):
    """Completes questions; implemented by `serving.llm.client`."""

    async def complete(self, brief: Brief, text: str, *, give_up_at: float) -> Completion:
        """Ask about a message; raise `LlmUnavailable` if there is no answer."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True)
class MeteredAnswer:
    """An answer and the tokens it took."""

    answer: ModelAnswer
    usage: Usage = field(default_factory=Usage)


class LlmGateway:
    """Asks an endpoint and never fails: a failure becomes an answer with its reason.

    Parameters
    ----------
    endpoint
        Receives the questions.
    budget
        Token budgets of the bots.
    timeout_seconds
        Longest wait for an answer, including waits for a free slot and for the budget.
    max_concurrent
        Concurrent questions per bot.
    clock
        Monotonic clock, in seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        budget: TokenBudget,
        *,
        timeout_seconds: float,
        max_concurrent: int,
        clock: MonotonicClock,
    ) -> None:
        self._endpoint = endpoint
        self._budget = budget
        self._timeout_seconds = timeout_seconds
        self._breakers = Breakers(clock)
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(max_concurrent))
        self._settling: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Record what was used, and close every connection."""
        await asyncio.gather(*self._settling)
        await self._endpoint.aclose()

    async def ask(self, brief: Brief, text: str, *, bot: str, asker: Asker | None = None) -> MeteredAnswer:
        """Ask about a message under a bot's budget; return the answer, or why there is none, within the time limit."""
        give_up_at = asyncio.get_running_loop().time() + self._timeout_seconds
        place = self._places[bot]
        reason = "too many questions of this bot are in progress"
        try:
            async with asyncio.timeout_at(give_up_at), place:
                reason = f"no answer within {self._timeout_seconds:g} s"
                asked = await self._ask_in_time(brief, text, bot=bot, asker=asker, give_up_at=give_up_at)
        except TimeoutError:
            asked = _failed(reason)
        except LlmUnavailable as error:
            asked = _failed(error.reason)
        except StoreUnavailable:
            asked = _failed("its budget cannot be read, because the database does not answer")
        if asked.answer.outcome in ("unavailable", "over_budget"):
            _log.warning("bot %s: language model unavailable: %s", bot, asked.answer.why)
        return asked

    async def _ask_in_time(
        self, brief: Brief, text: str, *, bot: str, asker: Asker | None, give_up_at: float
    ) -> MeteredAnswer:
        # per model: one bot's misspelt model name must not block the others
        model = brief.config.model
        if not self._breakers.may_call(model):
            raise LlmUnavailable("it failed repeatedly and is not called for some seconds")
        record = self._breakers.gave_up
        try:
            prompt_tokens = brief.prompt_tokens(text)
            reserved = await self._reserve(bot, prompt_tokens + brief.config.max_tokens, asker)
            if isinstance(reserved, Period):
                return MeteredAnswer(ModelAnswer("over_budget", reserved.used_up))
            # From here on, a timeout is the endpoint's fault, unless waiting for a place took most of the time. The
            # reservation stays, since the tokens may be billed.
            left = give_up_at - asyncio.get_running_loop().time()
            is_fair = left >= FAIR_SHARE * self._timeout_seconds
            record = self._breakers.failed if is_fair else self._breakers.gave_up
            try:
                completion = await self._endpoint.complete(brief, text, give_up_at=give_up_at)
            except LlmUnavailable:
                record = self._breakers.failed
                self._settle(reserved, 0)
                raise
            record = self._breakers.succeeded
        finally:
            record(model)
        usage = completion.usage
        if usage.prompt_tokens + usage.completion_tokens == 0:
            usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=tokens_in(completion.content))
        # A count from outside must neither spend more than was reserved nor exceed what the database can store.
        usage = usage.within(prompt_tokens=prompt_tokens, completion_tokens=brief.config.max_tokens)
        self._settle(reserved, usage.prompt_tokens + usage.completion_tokens)
        return MeteredAnswer(read_answer(brief, completion), usage)

    async def _reserve(self, bot: str, tokens: int, asker: Asker | None) -> Reservation | Period:
        """Reserve tokens; what is reserved after the time is up goes back, since nothing was asked."""
        reserving = asyncio.create_task(self._budget.reserve(bot, tokens, asker=asker))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            self._in_background(self._give_back(reserving))
            raise

    async def _give_back(self, reserving: asyncio.Task[Reservation | Period]) -> None:
        try:
            reserved = await reserving
        except StoreUnavailable as error:
            _log.warning("a reservation was not finished: %s", error)
            return
        if isinstance(reserved, Reservation):
            await self._settle_now(reserved, 0)

    def _settle(self, reserved: Reservation, used: int) -> None:
        """Correct the budget without delaying the customer."""
        self._in_background(self._settle_now(reserved, used))

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle_now(self, reserved: Reservation, used: int) -> None:
        try:
            await self._budget.settle(reserved, used)
        except StoreUnavailable as error:
            _log.warning("%d tokens stay reserved although %d were used: %s", reserved.tokens, used, error)


def _failed(why: str) -> MeteredAnswer:
    return MeteredAnswer(ModelAnswer("unavailable", why))
