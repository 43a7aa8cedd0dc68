"""The hub of what the language model reads: answers known already, questions under way, and the message itself."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pipelines.nlu.text import clean
from pipelines.registry.release import Release
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.release import BotDefinition
from pipelines.settings import Settings
from serving.llm.answer import Answer
from serving.llm.asking import Asked, Asker
from serving.llm.brief import Brief
from serving.llm.cache import Cache
from serving.llm.completion import Usage
from serving.llm.spans import locate
from serving.store.client import Database
from serving.store.usage import TokenBudget

CACHE_SIZE, CACHE_SECONDS = 5000, 3600.0
_WORTH_KEEPING = frozenset(("understood", "none", "refused"))

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in whatever currency the operator counts."""

    prompt: float
    completion: float

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Read them; None unless both are set."""
        if settings.llm_prompt_price is None or settings.llm_completion_price is None:
            return None
        return cls(settings.llm_prompt_price, settings.llm_completion_price)

    def cost(self, usage: Usage) -> float:
        """Give the cost of a question."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1e6


class LlmReader:
    """Asks the language model what messages mean, and remembers what it said.

    Parameters
    ----------
    asker
        Asks it; None where there is no endpoint.
    prices
        None: no cost is worked out.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, asker: Asker | None, *, prices: Prices | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._asker = asker
        self._prices = prices
        self._answers: Cache[Answer] = Cache(size=CACHE_SIZE, seconds=CACHE_SECONDS, clock=clock)
        self._brief_by_bot: dict[str, tuple[BotDefinition, Brief]] = {}
        self._questions: dict[_Key, asyncio.Task[Asked]] = {}
        self._n_forgotten = 0

    @classmethod
    def over(
        cls,
        database: Database,
        settings: Settings,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Build a reader as the settings say; without an endpoint it asks nobody."""
        if settings.llm_base_url is None:
            return cls(None)
        # Imported here: half a second and 30 MB that a platform without an endpoint need not pay.
        from serving.llm.client import LlmClient

        timeout_seconds = settings.llm_timeout_seconds
        budget = TokenBudget(
            database,
            tokens_per_hour=settings.llm_tokens_per_hour,
            tokens_per_month=settings.llm_tokens_per_month,
            now=now,
        )
        asker = Asker(
            LlmClient(settings.llm_base_url, api_key=settings.openai_api_key, timeout_seconds=timeout_seconds),
            budget,
            timeout_seconds=timeout_seconds,
            max_concurrent=settings.llm_max_concurrent,
            clock=clock,
        )
        return cls(asker, prices=Prices.of(settings), clock=clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is under way, and close every connection."""
        questions = list(self._questions.values())
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)
        if self._asker is not None:
            await self._asker.aclose()

    async def read(self, text: str, *, bot: str, release: Release) -> LlmReading:
        """Ask which intent a message is about and which values it holds.

        Parameters
        ----------
        text
            The message; as much of it is read as the trained model reads.
        bot
            Whose budget and limits apply.
        release
            What may be chosen, and the model and prompt to ask with.

        Returns
        -------
        LlmReading
            The reading or the reason why there is none, within the time limit; trouble outside is no exception.
        """
        started = time.perf_counter()
        cleaned, config = clean(text), release.definition.llm
        if self._asker is None:
            return LlmReading(outcome="off", why="no endpoint is set")
        if config is None or config.mode == "off":
            return LlmReading(outcome="off", why="the release asks no language model")
        if not cleaned.strip():
            return LlmReading(outcome="none", why="nothing to read", model=config.model)
        brief = self._brief(bot, release, config)
        key = (bot, release.version, " ".join(cleaned.split()).casefold())
        answer = self._answers.get(key)
        usage, is_ours = Usage(), False
        if answer is None:
            is_ours = key not in self._questions
            asked = await self._ask_once(self._asker, key, brief, cleaned)
            answer, usage = asked.answer, asked.usage if is_ours else usage
        return LlmReading(
            outcome=answer.outcome,
            intent_id=answer.intent_id,
            confidence=answer.confidence,
            entities=locate(cleaned, answer.quotes, known=brief.known),
            why=answer.why,
            model=config.model,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=self._prices.cost(usage) if self._prices else None,
            duration_ms=round((time.perf_counter() - started) * 1000, 2),
            from_cache=not is_ours,
        )

    def forget(self) -> None:
        """Drop all answers, those to come included: they are kept under what customers wrote, and quote it."""
        self._n_forgotten += 1
        self._answers.clear()

    def _brief(self, bot: str, release: Release, config: LlmConfig) -> Brief:
        """Give the brief of the release that answers, written once; the release itself is not kept alive by it."""
        known = self._brief_by_bot.get(bot)
        if known is None or known[0] is not release.definition:
            known = self._brief_by_bot[bot] = (release.definition, Brief.of(release, config))
        return known[1]

    async def _ask_once(self, asker: Asker, key: _Key, brief: Brief, text: str) -> Asked:
        """Ask, or wait for the same question of somebody else; it goes on if the one who asked has gone."""
        question = self._questions.get(key)
        if question is None:
            question = self._questions[key] = asyncio.create_task(self._ask(asker, key, brief, text))
        return await asyncio.shield(question)

    async def _ask(self, asker: Asker, key: _Key, brief: Brief, text: str) -> Asked:
        n_forgotten = self._n_forgotten
        try:
            asked = await asker.ask(brief, text, bot=key[0])
        finally:
            del self._questions[key]
        if asked.answer.outcome in _WORTH_KEEPING and n_forgotten == self._n_forgotten:
            self._answers.put(key, asked.answer)
        return asked
