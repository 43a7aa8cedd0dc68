"""The effects of a live turn: the trained model, the language model, and the intent's tool."""

import hashlib
import logging
import time

from pipelines.errors import ToolFailed
from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import Claim, ToolRecord
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import ToolRequest, render_request
from serving.dialogue.decide import Decision
from serving.dialogue.engine import TurnPlan
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.services import Services
from serving.store.states import StoredThread

_log = logging.getLogger(__name__)


class ClaimLost(Exception):
    """Another turn claimed this place in the thread's log first."""


class LiveEffects:
    """Performs the engine's effects for real; `serving.dialogue.engine.Outside` defines them.

    Attributes
    ----------
    claim
        The turn's place in the log: taken over from a dead worker, or its own once a tool is called.
    timings_ms
        Duration of each step, by name.
    """

    def __init__(
        self,
        message: UserMessage,
        thread: StoredThread,
        release: Release,
        services: Services,
        *,
        claim: Claim | None = None,
    ) -> None:
        self._message, self._thread, self._release, self._services = message, thread, release, services
        self.claim = claim
        self.timings_ms: dict[str, float] = {}

    @property
    def turn(self) -> int:
        """The number this turn will have."""
        return self.claim.turn if self.claim else self._thread.turn + 1

    def note(self, step: str, started: float) -> None:
        """Record how long a step took; `started` is in seconds of `time.perf_counter`."""
        self.timings_ms[step] = round((time.perf_counter() - started) * 1000, 2)

    async def read(self) -> Interpretation:
        """Interpret the message with the release's model."""
        started = time.perf_counter()
        interpretation = await interpret(
            self._message,
            parser=self._release.model,
            public_shortcuts=self._services.public_shortcuts,
            zone=self._release.definition.zone,
        )
        self.note("nlu", started)
        return interpretation

    async def ask_llm(self) -> LlmReading:
        """Ask the language model."""
        started = time.perf_counter()
        reading = await self._services.llm.read(self._message.text, bot=self._message.bot, release=self._release)
        self.note("llm", started)
        return reading

    async def call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        """Record the call, then make it. A failure is a valid result; raise `ClaimLost` if the thread moved on."""
        started = time.perf_counter()
        record = ToolRecord(intent_id=intent.intent_id, key=idempotency_key(self._message, intent.intent_id))
        try:
            request = self._request(plan.decision, intent, key=record.key)
            record = record.model_copy(update={"method": request.method, "url": request.url, "body": request.body})
            if self.claim is None:
                self.claim = await self._claim_turn(record, plan)
            spent_seconds = self.timings_ms.get("llm", 0.0) / 1000
            called = await self._services.tools.call(request, spent_seconds=spent_seconds)
        except ToolFailed as error:
            _log.warning("bot %s: %s", self._message.bot, error)
            record = record.model_copy(update={"failure": error.reason, "has_acted": error.has_acted})
        else:
            record = record.model_copy(update={"result": called.result, "context": called.context})
        self.note("tool", started)
        return record.model_copy(update={"duration_ms": self.timings_ms["tool"]})

    def _request(self, decision: Decision, intent: Intent, *, key: str) -> ToolRequest:
        values = RequestValues(
            parameters=decision.parameters,
            context=decision.state.context,
            endpoints=self._services.endpoints,
            optional=intent.optional_names,
            language=self._release.definition.language,
        )
        if intent.tool is None:
            raise ValueError(f"intent {intent.intent_id!r} has no tool")
        request = render_request(intent.tool, values, intent_id=intent.intent_id, key=key)
        sent = self.claim.tool if self.claim else None
        if sent is None or sent.key != key or not sent.method:
            return request
        # A key identifies one request: a retry sends what was recorded, even if a newer release would send another.
        return request.model_copy(update={"method": sent.method, "url": sent.url, "body": sent.body})

    async def _claim_turn(self, tool: ToolRecord, plan: TurnPlan) -> Claim:
        claim = await self._services.ledger.claim(
            self._thread,
            Claim(
                thread=self._thread.key,
                bot=self._message.bot,
                thread_id=self._message.thread_id,
                turn=self.turn,
                message_id=self._message.message_id,
                message=self._message.model_dump_json(),
                tool=tool,
                created_at=self._services.now(),
                plan=plan.to_json(),
            ),
        )
        if claim is None:
            raise ClaimLost
        return claim


def idempotency_key(message: UserMessage, intent_id: str) -> str:
    """Derive the key of a message's tool call: the same for every attempt, in every process."""
    parts = (message.bot, message.thread_id, message.message_id, intent_id)
    digest = hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode())
    return digest.hexdigest()[:40]
