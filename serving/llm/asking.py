"""One question to the language model, within every limit: time, questions at once, budget, and a broken endpoint."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pipelines.errors import LlmUnavailable, StoreUnavailable
from serving.llm.answer import Answer, read_answer
from serving.llm.brief import Brief, tokens_in
from serving.llm.completion import Completion, Usage
from serving.store.usage import Period, Reservation, TokenBudget
from serving.tools.breaker import Breakers

_log = logging.getLogger(__name__)


class Endpoint(Protocol):
    """Whatever completes a question; `serving.llm.client` has the class."""

    async def complete(self, brief: Brief, text: str, *, give_up_at: float) -> Completion:
        """Ask about a message; raise `LlmUnavailable` if there is no answer."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question, and what it took."""

    answer: Answer
    usage: Usage = field(default_factory=Usage)


class Asker:
    """Asks an endpoint, and never fails: what goes wrong is an answer that says why.

    Parameters
    ----------
    endpoint
        Where the questions go.
    budget
        What each bot may use.
    timeout_seconds
        Longest wait for an answer, whatever it waits for.
    max_concurrent
        Questions at once, for each bot.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        budget: TokenBudget,
        *,
        timeout_seconds: float,
        max_concurrent: int,
        clock: Callable[[], float],
    ) -> None:
        self._endpoint = endpoint
        self._budget = budget
        self._timeout_seconds = timeout_seconds
        self._breakers = Breakers(clock)
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(max_concurrent))
        self._settling: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Write down what was used, and close every connection."""
        await asyncio.gather(*self._settling)
        await self._endpoint.aclose()

    async def ask(self, brief: Brief, text: str, *, bot: str) -> Asked:
        """Ask about a message.

        Parameters
        ----------
        brief
            What the model is told.
        text
            The message.
        bot
            Whose budget and limits apply.

        Returns
        -------
        Asked
            The answer, or the reason why there is none, within the time limit.
        """
        give_up_at = asyncio.get_running_loop().time() + self._timeout_seconds
        place = self._places[bot]
        reason = "too many questions of this bot are under way"
        try:
            async with asyncio.timeout_at(give_up_at), place:
                reason = f"no answer within {self._timeout_seconds:g} s"
                asked = await self._ask_in_time(brief, text, bot=bot, give_up_at=give_up_at)
        except TimeoutError:
            asked = _failed(reason)
        except LlmUnavailable as error:
            asked = _failed(error.reason)
        except StoreUnavailable:
            asked = _failed("its budget cannot be read, for the database does not answer")
        if asked.answer.outcome in ("unavailable", "over_budget"):
            _log.warning("bot %s: the language model was of no use: %s", bot, asked.answer.why)
        return asked

    async def _ask_in_time(self, brief: Brief, text: str, *, bot: str, give_up_at: float) -> Asked:
        # Per model: one bot's misspelt model name must not silence the others.
        model = brief.config.model
        if not self._breakers.may_call(model):
            raise LlmUnavailable("it failed repeatedly and is left alone for some seconds")
        verdict = self._breakers.gave_up
        try:
            prompt_tokens = brief.prompt_tokens(text)
            reserved = await self._budget.reserve(bot, prompt_tokens + brief.config.max_tokens)
            if isinstance(reserved, Period):
                why = f"the bot's budget of {reserved.limit} tokens for this {reserved.name} is used up"
                return Asked(Answer("over_budget", why))
            # From here on, silence is the endpoint's. What was set aside then stays so: it may have to be paid.
            verdict = self._breakers.failed
            try:
                completion = await self._endpoint.complete(brief, text, give_up_at=give_up_at)
            except LlmUnavailable:
                self._settle(reserved, 0)
                raise
            verdict = self._breakers.succeeded
        finally:
            verdict(model)
        usage = completion.usage
        if usage.prompt_tokens + usage.completion_tokens == 0:
            usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=tokens_in(completion.content))
        self._settle(reserved, usage.prompt_tokens + usage.completion_tokens)
        return Asked(read_answer(brief, completion), usage)

    def _settle(self, reserved: Reservation, used: int) -> None:
        """Put the budget right without making the customer wait for it."""
        task = asyncio.create_task(self._settle_now(reserved, used))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle_now(self, reserved: Reservation, used: int) -> None:
        try:
            await self._budget.settle(reserved, used)
        except StoreUnavailable as error:
            _log.warning("%d tokens stay reserved although %d were used: %s", reserved.tokens, used, error)


def _failed(why: str) -> Asked:
    return Asked(Answer("unavailable", why))
