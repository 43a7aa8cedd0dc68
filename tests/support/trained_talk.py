"""A conversation with the dialogue engine and a model that was really trained: nothing is marked by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from pipelines.registry.release import Release
from serving.dialogue.decide import Decision, decide
from serving.dialogue.interpret import Interpretation, shortcut_of
from serving.dialogue.messages import BotMessage, UserMessage
from serving.dialogue.response import build_reply
from serving.dialogue.state import DialogueState

SATURDAY = datetime(2026, 11, 28, 12, 0, tzinfo=UTC).replace(tzinfo=None)
"""Noon on Saturday, 28 November 2026, on the customer's clock."""


@dataclass
class TrainedTalk:
    """One thread of a trained release. `/intent_id` calls an intent, as somebody may who is allowed to."""

    release: Release
    said_at: datetime = SATURDAY
    state: DialogueState = field(default_factory=DialogueState)
    decision: Decision | None = None
    messages: tuple[BotMessage, ...] = ()
    count: int = 0

    def say(self, *texts: str, result: JsonValue = None) -> tuple[str, ...]:
        """Send messages, one after the other, and return the replies to the last one."""
        replies: tuple[str, ...] = ()
        for text in texts:
            replies = self._answer(self._read(text), result=result)
        return replies

    @property
    def now(self) -> Decision:
        """The last decision."""
        assert self.decision is not None
        return self.decision

    @property
    def slots(self) -> dict[str, JsonValue]:
        """The values of the last turn's intent."""
        return self.now.parameters

    @property
    def asked(self) -> str | None:
        """The parameter that the last reply asks for."""
        filling = self.now.filling
        return filling.form.asking if filling is not None and filling.is_open else None

    def _read(self, text: str) -> Interpretation:
        self.count += 1
        message = UserMessage(
            bot="b", thread_id="t", message_id=f"m{self.count}", text=text, channel="rest", is_trusted=True
        )
        read = Interpretation(message_id=message.message_id, said_at=self.said_at)
        shortcut = shortcut_of(message, public_shortcuts=frozenset())
        if shortcut is not None:
            return read.model_copy(update={"shortcut": shortcut})
        return read.model_copy(update={"nlu": self.release.model.parse(text, now=self.said_at)})

    def _answer(self, read: Interpretation, *, result: JsonValue) -> tuple[str, ...]:
        definition = self.release.definition
        self.decision = decide(definition, self.state, read)
        reply = build_reply(self.decision, definition, result=result, has_failed=False, seed=f"s{self.count}")
        assert reply.problem is None
        self.messages = reply.messages
        # what a thread remembers goes through the store as JSON
        self.state = DialogueState.model_validate_json(self.decision.state.model_dump_json())
        return reply.texts
