"""What operators see of a turn: a span with the ids that belong together, and a count of what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pipelines.errors import BotError, NotFound, ThreadForgotten, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_hash
from pipelines.schemas.turns import Claim, TurnRecord
from serving.dialogue.messages import UserMessage
from serving.telemetry import spans
from serving.telemetry.instruments import OTHER, TURNS

Outcome = Literal["answered", "repeated", "tool_failed", "reply_failed", "refused", "unavailable", "failed", "unknown"]
_BOT, _OUTCOME = "intentloop.bot", "intentloop.outcome"


class ObservedTurn:
    """A turn under way, as operators see it."""

    def __init__(self, span: spans.AnySpan, *, bot: str, channel: str) -> None:
        self._span, self._bot = span, bot
        span.set("intentloop.channel", channel)

    def end(self, record: TurnRecord) -> None:
        """Note how it was answered."""
        span, outcome = self._span, self._span.attributes.get(_OUTCOME) or _outcome_of(record)
        span.set(_BOT, self._bot)
        span.set("intentloop.thread", thread_hash(record.thread)[:12])
        span.set("intentloop.turn", record.turn)
        span.set("intentloop.release", record.release)
        span.set("intentloop.intent", record.intent_id)
        span.set("intentloop.route", record.route)
        span.set(_OUTCOME, outcome)
        spans.count(TURNS, self._bot, record.release, record.route, str(outcome))

    def fail(self, error: Exception) -> None:
        """Note that it was not answered."""
        outcome: Outcome = "failed"
        if isinstance(error, UserInputError | NotFound | ThreadForgotten):
            outcome = "refused"
        elif isinstance(error, BotError):
            outcome = "unavailable"
        if outcome != "refused":
            self._span.fail(type(error).__name__)
        self._span.set(_OUTCOME, outcome)
        # a name in a stranger's request need not be a bot's
        spans.count(TURNS, str(self._span.attributes.get(_BOT, OTHER)), OTHER, "none", outcome)


@contextmanager
def observed(message: UserMessage) -> Iterator[ObservedTurn]:
    """Observe a turn until it has ended, or failed."""
    with spans.span("turn") as span:
        turn = ObservedTurn(span, bot=message.bot, channel=message.channel)
        try:
            yield turn
        except Exception as error:
            turn.fail(error)
            raise


@contextmanager
def observed_again(claim: Claim, message: UserMessage) -> Iterator[None]:
    """Observe the end of a turn whose process has died, in the trace that it began in."""
    with spans.resume("turn", kind="internal", traceparent=claim.traceparent) as span:
        span.set("intentloop.channel", message.channel)
        span.set("intentloop.thread", thread_hash(claim.thread)[:12])
        span.set("intentloop.turn", claim.turn)
        yield


def note_release(release: Release, *, bot: str) -> None:
    """Note which release answers the turn at work, and the MLflow run that made it."""
    span = spans.current()
    span.set(_BOT, bot)
    span.set("intentloop.release", release.version)
    span.set("mlflow.run_id", release.run_id or None)


def note_repeat() -> None:
    """Note that the turn at work has been answered before."""
    spans.current().set(_OUTCOME, "repeated")


def note_reply_problem() -> None:
    """Note that the reply of the turn at work is not the author's, whose template failed."""
    outcome: Outcome = "reply_failed"
    span = spans.current()
    span.set(_OUTCOME, outcome)
    span.fail(outcome)


def _outcome_of(record: TurnRecord) -> Outcome:
    tool = record.tool
    if tool is None or tool.failure is None:
        return "answered"
    return "unknown" if tool.may_have_acted else "tool_failed"
