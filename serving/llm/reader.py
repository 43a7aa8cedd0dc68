"""The hub of reading by language model: cached answers, questions in progress, and the message itself."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

from cachetools import TTLCache

from pipelines.errors import LlmUnavailable
from pipelines.nlu.text import clean
from pipelines.registry.release import Release
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.release import BotDefinition
from pipelines.settings import Settings
from serving.clock import MonotonicClock
from serving.llm.answer import ModelAnswer
from serving.llm.asking import Endpoint, LlmGateway, MeteredAnswer
from serving.llm.brief import Brief
from serving.llm.completion import Usage
from serving.llm.endpoints import LlmEndpoint, OwnEndpoints
from serving.llm.spans import locate
from serving.store.bot_settings import BotSettingsStore
from serving.store.client import Database
from serving.store.usage import Asker, Shares, TokenBudget
from serving.telemetry import spans
from serving.telemetry.instruments import LLM_CALLS, LLM_SPEND, LLM_TOKENS

CACHE_SIZE, CACHE_SECONDS = 5000, 3600.0
_WORTH_KEEPING = frozenset(("understood", "none", "refused"))

_DIGITS, _MARKS, _REPEATED = re.compile(r"\d+"), re.compile(r"[\W_]+"), re.compile(r"(.)\1{2,}", re.DOTALL)

_Key = tuple[str, str, str]
ConnectEndpoint = Callable[[LlmEndpoint], Awaitable[Endpoint]]
"""Connects to an endpoint; raises `SecretUnavailable` if its key cannot be read."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Price of a million tokens, in the operator's currency."""

    prompt: float
    completion: float

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the prices in the settings; None unless both are set."""
        if settings.llm_prompt_price is None or settings.llm_completion_price is None:
            return None
        return cls(settings.llm_prompt_price, settings.llm_completion_price)

    def cost(self, usage: Usage) -> float:
        """Return the cost of a question."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1e6


class LlmReader:
    """Asks the language model what messages mean, and caches its answers.

    Without a `gateway` it asks nobody but the endpoints of bots that have `own` ones; without `prices` it computes no
    cost. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        gateway: LlmGateway | None,
        *,
        own: OwnEndpoints | None = None,
        prices: Prices | None = None,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._gateway = gateway
        self._own = own
        self._prices = prices
        self._answers: TTLCache[_Key, ModelAnswer] = TTLCache(CACHE_SIZE, CACHE_SECONDS, timer=clock)
        self._nothing: TTLCache[_Key, ModelAnswer] = TTLCache(CACHE_SIZE, CACHE_SECONDS, timer=clock)
        self._brief_by_bot: dict[str, tuple[BotDefinition, Brief]] = {}
        self._questions: dict[_Key, asyncio.Task[MeteredAnswer]] = {}
        self._n_forgotten = 0

    @classmethod
    def over(
        cls,
        database: Database,
        settings: Settings,
        *,
        now: Callable[[], datetime],
        clock: MonotonicClock = time.monotonic,
        connect: ConnectEndpoint | None = None,
    ) -> Self:
        """Create a reader from the settings; without an endpoint it asks nobody.

        `connect` opens the endpoints of bots that have one of their own; without it, none has.
        """
        timeout_seconds = settings.llm_timeout_seconds
        budget = TokenBudget(
            database,
            tokens_per_hour=settings.llm_tokens_per_hour,
            tokens_per_month=settings.llm_tokens_per_month,
            now=now,
            shares=Shares(settings.llm_thread_share, settings.llm_address_share, settings.llm_form_reserve),
        )
        gateway_to = partial(
            LlmGateway,
            budget=budget,
            timeout_seconds=timeout_seconds,
            max_concurrent=settings.llm_max_concurrent,
            clock=clock,
        )
        own, gateway = None, None
        if connect is not None:

            async def open_gateway(endpoint: LlmEndpoint) -> LlmGateway:
                return gateway_to(await connect(endpoint))

            own = OwnEndpoints(BotSettingsStore(database), open_gateway, clock=clock)
        if settings.llm_base_url is not None:
            # imported here: half a second and 30 MB, only for a platform with an endpoint
            from serving.llm.client import LlmClient

            client = LlmClient(settings.llm_base_url, api_key=settings.openai_api_key, timeout_seconds=timeout_seconds)
            gateway = gateway_to(client)
        return cls(gateway, own=own, prices=Prices.of(settings), clock=clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel the questions in progress, and close every connection."""
        questions = list(self._questions.values())
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)
        if self._gateway is not None:
            await self._gateway.aclose()
        if self._own is not None:
            await self._own.aclose()

    async def read(self, text: str, *, bot: str, release: Release, asker: Asker | None = None) -> LlmReading:
        """Ask which intent a message is about and which values it contains.

        Returns within the time limit, with the reason if there is no reading: failures of the endpoint or the database
        are no exceptions. The text is cut as for the trained model. Budget and limits are those of `bot`; model, prompt
        and the possible intents those of `release`. Without an `asker`, no sender's share counts.
        """
        started = time.perf_counter()
        cleaned, config = clean(text), release.definition.llm
        if config is None or config.mode == "off":
            return LlmReading(outcome="off", why="the release asks no language model")
        try:
            gateway = await self._gateway_of(bot)
        except LlmUnavailable as error:
            return _counted(LlmReading(outcome="unavailable", why=error.reason, model=config.model))
        if gateway is None:
            return LlmReading(outcome="off", why="no endpoint is set")
        if not cleaned.strip():
            return LlmReading(outcome="none", why="nothing to read", model=config.model)
        brief = self._brief(bot, release, config)
        key = (bot, release.version, " ".join(cleaned.split()).casefold())
        answer = self._answers.get(key) or self._nothing.get((*key[:2], _gist(cleaned)))
        usage, is_ours = Usage(), False
        if answer is None:
            is_ours = key not in self._questions
            asked = await self._ask_once(gateway, key, brief, cleaned, asker)
            answer, usage = asked.answer, asked.usage if is_ours else usage
        reading = LlmReading(
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
        return _counted(reading)

    def forget(self) -> None:
        """Drop all answers, including those still to come: they are stored under customers' texts, and quote them."""
        self._n_forgotten += 1
        self._answers.clear()
        self._nothing.clear()

    async def _gateway_of(self, bot: str) -> LlmGateway | None:
        own = await self._own.find(bot) if self._own is not None else None
        return own or self._gateway

    def _brief(self, bot: str, release: Release, config: LlmConfig) -> Brief:
        """Return the brief of the release that answers, created once; it does not keep the release itself alive."""
        known = self._brief_by_bot.get(bot)
        if known is None or known[0] is not release.definition:
            known = self._brief_by_bot[bot] = (release.definition, Brief.of(release, config))
        return known[1]

    async def _ask_once(
        self, gateway: LlmGateway, key: _Key, brief: Brief, text: str, asker: Asker | None
    ) -> MeteredAnswer:
        """Ask, or wait for somebody else's identical question; it continues if its first caller has gone."""
        question = self._questions.get(key)
        if question is None:
            question = self._questions[key] = asyncio.create_task(self._ask(gateway, key, brief, text, asker))
        return await asyncio.shield(question)

    async def _ask(self, gateway: LlmGateway, key: _Key, brief: Brief, text: str, asker: Asker | None) -> MeteredAnswer:
        n_forgotten = self._n_forgotten
        try:
            asked = await gateway.ask(brief, text, bot=key[0], asker=asker)
        finally:
            del self._questions[key]
        if asked.answer.outcome in _WORTH_KEEPING and n_forgotten == self._n_forgotten:
            self._answers[key] = asked.answer
            if asked.answer.outcome == "none":
                self._nothing[*key[:2], _gist(text)] = asked.answer
        return asked


def _counted(reading: LlmReading) -> LlmReading:
    span = spans.current()
    span.set("gen_ai.request.model", reading.model)
    span.set("intentloop.llm.outcome", reading.outcome)
    span.set("gen_ai.usage.input_tokens", reading.prompt_tokens)
    span.set("gen_ai.usage.output_tokens", reading.completion_tokens)
    spans.count(LLM_CALLS, "cached" if reading.from_cache else reading.outcome)
    spans.count(LLM_TOKENS, "prompt", by=reading.prompt_tokens)
    spans.count(LLM_TOKENS, "completion", by=reading.completion_tokens)
    spans.count(LLM_SPEND, by=reading.cost or 0.0)
    return reading


def _gist(text: str) -> str:
    """Return what texts without a meaning have in common however they are varied: digits, marks, repeated letters.

    Only answers that no intent fits are stored under it.
    """
    words = _MARKS.sub(" ", _DIGITS.sub("0", text.casefold()))
    return _REPEATED.sub(r"\1", words).strip()
