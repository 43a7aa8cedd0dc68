"""The effects of a live turn: the trained model, the language model, and the intent's tool."""

import hashlib
import logging
import time
from typing import Any

from pipelines.errors import ToolFailed
from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.keys import thread_hash, thread_key
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import Claim, LateAnswer, ToolRecord
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import ToolRequest, render_request
from serving.dialogue.decide import Decision
from serving.dialogue.engine import TurnPlan
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.privacy import TurnPrivacy
from serving.dialogue.services import Services
from serving.store.threads.states import StoredThread
from serving.store.usage import Asker
from serving.telemetry import spans
from serving.telemetry.instruments import TOOL_CALLS

_log = logging.getLogger(__name__)


class ClaimLost(Exception):
    """Another turn claimed this place in the thread's log first."""


class LiveEffects:
    """Performs the engine's effects for real; `serving.dialogue.engine.Outside` defines them.

    Attributes
    ----------
    claim
        The turn's place in the log: taken over from a dead worker, or its own once a tool is called.
    uncertain
        The request that went out without a clear answer, if it may be sent again.
    is_in_form
        Whether a form waits for the customer's answer.
    privacy
        What redacts the turn; None if its bot keeps everything.
    timings_ms
        Duration of each step, by name.
    trace_id
        The trace of the turn, if it has one.
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
        self.is_in_form = False
        self.uncertain: ToolRequest | None = None
        self.privacy: TurnPrivacy | None = None
        self._is_taken_over = claim is not None
        self.timings_ms: dict[str, float] = {}
        self.trace_id = spans.current().trace_id

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
        with spans.span("interpret"):
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
        asker = Asker(self._thread.key, self._message.address, is_in_form=self.is_in_form)
        text = self._message.text if self.privacy is None else self.privacy.text.text
        with spans.span("llm", kind="client") as span:
            reading = await self._services.llm.read(text, bot=self._message.bot, release=self._release, asker=asker)
            if reading.outcome == "unavailable":
                span.fail(reading.outcome)
        self.note("llm", started)
        return reading if self.privacy is None else self.privacy.restored(reading)

    async def call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        """Record the call, then make it. A failure is a valid result; raise `ClaimLost` if the thread moved on.

        The call of a wish that the thread has called for before, without a known outcome, is that call again: what the
        tool has said since is its result, or the tool is asked again under the same key.
        """
        with spans.span("tool") as span:
            record = await self._call_tool(plan, intent)
            outcome = _outcome_of(record)
            span.set("intentloop.intent", intent.intent_id)
            span.set("intentloop.outcome", outcome)
            if outcome != "answered":
                span.fail(outcome)
        spans.count(TOOL_CALLS, outcome)
        return record

    async def _call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        started = time.perf_counter()
        key = idempotency_key(self._message, intent.intent_id, thread=self._thread.key)
        key = self.claim.tool.key if self.claim else key
        record = ToolRecord(intent_id=intent.intent_id, key=key)
        try:
            request = self._request(plan.decision, intent, key=key)
            earlier = await self._earlier_call(plan.decision, intent, request)
            if earlier is not None and earlier.late_answer is not None:
                return _answered_since(earlier, earlier.late_answer)
            if earlier is not None:
                request = request.model_copy(update={"key": earlier.key})
            sent = request.model_dump(include={"key", "method", "url"})
            record = record.model_copy(update={**sent, "body": request.body})
            if self.claim is None:
                self.claim = await self._claim_turn(record, plan)
            record = record.model_copy(update=await self._call(request, intent, is_first=earlier is None))
        except ToolFailed as error:
            record = record.model_copy(update=self._failed(error))
        self.note("tool", started)
        return record.model_copy(update={"duration_ms": self.timings_ms["tool"]})

    async def _call(self, request: ToolRequest, intent: Intent, *, is_first: bool) -> dict[str, Any]:
        """Make a call; return what it adds to its record.

        If it is not the first under its key, only an answer to the request itself tells what became of the first.
        """
        if self._is_taken_over and intent.tool is not None and intent.tool.idempotent is False:
            reason = "the process that called it ended, and it must not be called twice"
            return self._failed(ToolFailed(intent.intent_id, reason, may_have_acted=True))
        spent_seconds = self.timings_ms.get("llm", 0.0) / 1000
        try:
            called = await self._services.tools.call(request, spent_seconds=spent_seconds)
        except ToolFailed as error:
            if request.method != "GET" and not (is_first and not self._is_taken_over):
                error.may_have_acted = not (error.has_acted or error.is_refusal)
            if error.may_have_acted and request.is_repeatable:
                self.uncertain = request
            return self._failed(error)
        return {"result": called.result, "context": called.context}

    def _failed(self, error: ToolFailed) -> dict[str, Any]:
        """Log a failure; return what it adds to the call's record."""
        doubt = "; whether it acted is unknown" if error.may_have_acted else ""
        where = (self._message.bot, thread_hash(self._thread.key), self.turn)
        _log.warning("bot %s thread %.12s turn %d: %s%s", *where, error, doubt)
        return {"failure": error.reason, "has_acted": error.has_acted, "may_have_acted": error.may_have_acted}

    async def _earlier_call(self, decision: Decision, intent: Intent, request: ToolRequest) -> ToolRecord | None:
        """Find the call without a known outcome that this request repeats; None if there is none.

        A tool that is not repeatable has none: the customer has said that it shall be called again.
        """
        uncertain = decision.earlier_call
        if uncertain is None or self._is_taken_over or intent.tool is None or not intent.tool.is_repeatable:
            return None
        found = await self._services.ledger.find_call(self._thread, uncertain.message_id, key=uncertain.key)
        if found is None or not self._is_same(found, request, decision):
            return None  # the context makes it another request
        is_refused = found.late_answer is not None and found.late_answer.failure and not found.late_answer.has_acted
        return None if is_refused else found

    def _is_same(self, found: ToolRecord, request: ToolRequest, decision: Decision) -> bool:
        if (found.method, found.url, found.body) == (request.method, request.url, request.body):
            return True
        return self.privacy is not None and self.privacy.is_same_request(found, request, decision.parameters)

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
        if sent is None or not sent.method:
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
                traceparent=spans.current().traceparent,
            ),
        )
        if claim is None:
            raise ClaimLost
        return claim


def _outcome_of(record: ToolRecord) -> str:
    """Return what became of a call, as the metrics name it."""
    if record.may_have_acted:
        return "unknown"
    return "answered" if record.failure is None else "tool_failed"


def _answered_since(call: ToolRecord, late: LateAnswer) -> ToolRecord:
    """Return the record of an earlier call as the result of this turn; nothing was sent for it."""
    update = late.model_dump(exclude={"at"})
    return call.model_copy(update={**update, "may_have_acted": False, "late_answer": None, "duration_ms": None})


def idempotency_key(message: UserMessage, intent_id: str, *, thread: str) -> str:
    """Derive the key of a message's tool call: the same for every attempt, in every process.

    `thread` is the key of the message's thread, which tells channels apart that use the same id.
    """
    is_plain = thread == thread_key(message.bot, message.thread_id)
    parts = (message.bot, message.thread_id if is_plain else thread, message.message_id, intent_id)
    digest = hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode())
    return digest.hexdigest()[:40]
