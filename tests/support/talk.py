"""A conversation with the dialogue engine alone: the model's reading is written beside each message."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from pipelines.nlu.entities.roles import assign_roles, role_cues
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.system.entities import SystemEntities, with_system_types
from pipelines.schemas.bot import BotFile
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from serving.dialogue.decide import Decision, decide
from serving.dialogue.interpret import Interpretation
from serving.dialogue.messages import BotMessage
from serving.dialogue.response import build_reply
from serving.dialogue.state import DialogueState
from tests.support.bots import example

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).replace(tzinfo=None)
"""A Monday, on the customer's clock."""


def definition_of(wire: dict[str, Any], **thresholds: Any) -> BotDefinition:
    """Give the release's definition of a bot file."""
    bot = BotFile.model_validate(wire)
    return BotDefinition(
        name="b",
        language=bot.language,
        timezone=bot.timezone,
        intents=bot.intents,
        entities=bot.entities,
        thresholds=Thresholds.model_validate({"confidence": 0.3} | thresholds),
    )


@dataclass
class Talk:
    """One thread. Values that the model's tagger finds are marked in the text: `to [Rome](city)`."""

    definition: BotDefinition
    state: DialogueState = field(default_factory=DialogueState)
    decision: Decision | None = None
    messages: tuple[BotMessage, ...] = ()
    count: int = 0
    said_at: datetime = NOON

    def say(
        self, marked: str, intent: str = "?", confidence: float = 0.9, *, result: JsonValue = None, **others: float
    ) -> tuple[str, ...]:
        """Send a message that the model takes for an intent (and with less confidence for others); give the replies.

        `?` is an intent that the bot does not have: the model is not sure of any of the bot's own.
        """
        read = self._read(marked, {intent: confidence, **others})
        return self._answer(read, result=result)

    def press(self, payload: str) -> tuple[str, ...]:
        """Press a button, as a customer who may call no intent by its id."""
        button = payload.removeprefix("/") if payload.startswith("/") else None
        return self._answer(self._read(payload, {}).model_copy(update={"button": button}))

    def call(self, intent_id: str) -> tuple[str, ...]:
        """Call an intent by `/intent_id`, as somebody who may."""
        return self._answer(Interpretation(shortcut=intent_id, message_id=self._next_id(), said_at=self.said_at))

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
    def tool(self) -> str | None:
        """The intent whose tool the last turn calls."""
        return self.now.tool_intent.intent_id if self.now.tool_intent else None

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """The buttons of the last reply."""
        return [(one.title, one.payload) for message in self.messages for one in message.quick_replies]

    @property
    def stack(self) -> list[str]:
        """The intents whose forms are open, the active one last."""
        return [form.intent_id for form in self.state.forms]

    def _next_id(self) -> str:
        self.count += 1
        return f"m{self.count}"

    def _answer(self, read: Interpretation, *, result: JsonValue = None) -> tuple[str, ...]:
        self.decision = decide(self.definition, self.state, read)
        assert self.decision == decide(self.definition, self.state, read)
        reply = build_reply(self.decision, self.definition, result=result, has_failed=False, seed=f"s{self.count}")
        assert reply.problem is None
        assert reply.messages
        self.messages = reply.messages
        # what a thread remembers goes through the store as JSON
        self.state = DialogueState.model_validate_json(self.decision.state.model_dump_json())
        return reply.texts

    def _read(self, marked: str, confidences: dict[str, float]) -> Interpretation:
        row = example(marked)
        known, text = KnownValues(self.definition.entities), row["text"]
        tagged = [
            EntitySpan(
                start=one["begin"], end=one["end"], type=one["name"], value=known.canonical(one["name"], one["value"])
            )
            for one in row["entities"]
        ]
        parameters = self._parameters()
        system = SystemEntities({one.type for one in parameters}, language=self.definition.language)
        covered = {place for span in tagged for place in range(span.start, span.end)}
        found = [
            span for span in system.find(text, now=self.said_at) if covered.isdisjoint(range(span.start, span.end))
        ]
        spans = sorted([*tagged, *found], key=lambda span: span.start)
        ranking = tuple(IntentScore(intent_id=name, confidence=score) for name, score in confidences.items())
        nlu = NluResult(text=text, ranking=ranking, entities=assign_roles(text, spans, role_cues(parameters)))
        return Interpretation(nlu=nlu, message_id=self._next_id(), said_at=self.said_at)

    def _parameters(self) -> list[Parameter]:
        own = {entity.name for entity in self.definition.entities}
        every = [parameter for intent in self.definition.intents for parameter in intent.parameters]
        return with_system_types(every, entity_names=own)
