"""What is kept of a turn, and told the language model, where a bot does not want to keep personal data.

The turn itself works with what the customer wrote: the form, the tool and the reply. What is stored has placeholders
instead. A form that is open keeps its values in the thread's state, and nowhere else, until it ends.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from pydantic import JsonValue

from pipelines.privacy.redact import PLACEHOLDER, Redacted, Redactor, TurnRedactor, kind_of_name
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.policy import BotPolicy, PersonalKind
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.turns import LateAnswer, ToolRecord, TurnRecord
from pipelines.schemas.understanding import EntitySpan
from pipelines.templates.request import ToolRequest
from serving.dialogue.messages import UserMessage
from serving.dialogue.redaction import redact_record, redact_state
from serving.dialogue.state import DialogueState, Form
from serving.store.access.policies import Policies
from serving.store.threads.states import LiveState

_TAIL = re.compile(r"[+(]?[\d][\d ()./-]*$|[\w.+-]+@[\w.-]*$|[\w.+-]+ ?@$")
_MOST_TAIL = 40


class Privacy:
    """Knows which bots do not want to keep personal data."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._redactors: dict[str, tuple[BotDefinition, tuple[PersonalKind, ...], Redactor]] = {}

    def keeps_all(self, bot: str) -> bool:
        """Whether a bot keeps what customers write as it is."""
        return not self._policies.known(bot).privacy.redact

    def of_turn(self, message: UserMessage, state: DialogueState, definition: BotDefinition) -> "TurnPrivacy | None":
        """Return what redacts a turn; None if its bot keeps everything."""
        policy = self._policies.known(message.bot)
        if not policy.privacy.redact:
            return None
        return TurnPrivacy(self._redactor(message.bot, policy, definition), policy, message, state, definition)

    def _redactor(self, bot: str, policy: BotPolicy, definition: BotDefinition) -> Redactor:
        """Return the bot's redactor, made once for a release and a policy."""
        known = self._redactors.get(bot)
        if known is None or known[0] is not definition or known[1] != policy.privacy.redact:
            made = Redactor(policy.privacy.redact, language=definition.language, entities=definition.entities)
            known = self._redactors[bot] = (definition, policy.privacy.redact, made)
        return known[2]


@dataclass(frozen=True)
class TurnPrivacy:
    """Redacts one turn. `state` is the thread's before it, with the message's context."""

    redactor: Redactor
    policy: BotPolicy
    message: UserMessage
    state: DialogueState
    definition: BotDefinition

    @cached_property
    def text(self) -> Redacted:
        """The customer's message, redacted."""
        return self.redactor.redact(self.message.text, before=self.state.tail, expected=self._expected())

    def restored(self, reading: LlmReading) -> LlmReading:
        """Return the reading of the redacted message as one of the message itself."""
        if not self.text.found:
            return reading
        return reading.model_copy(update={"entities": tuple(map(self._restored, reading.entities))})

    def _restored(self, span: EntitySpan) -> EntitySpan:
        start, end = self.text.restored(span.start, span.end)
        changes: dict[str, object] = {"start": start, "end": end}
        if PLACEHOLDER.search(self.text.text[span.start : span.end]):
            changes["value"] = self.text.original[start:end]
        return span.model_copy(update=changes)

    def is_same_request(self, stored: ToolRecord, request: ToolRequest, values: dict[str, JsonValue]) -> bool:
        """Whether a stored call was this request, as far as what is stored of it tells."""
        redactor = self._turn_redactor(_texts(values))
        kept = (stored.method, stored.url, stored.body)
        return kept == (request.method, redactor.text(request.url), redactor.json(request.body))

    def record(self, record: TurnRecord, values: dict[str, JsonValue]) -> TurnRecord:
        """Return a turn as it is stored. `values` are those of the turn's intent."""
        return redact_record(record, self._turn_redactor(_texts(values)), self.text)

    def late_answer(self, late: LateAnswer, values: dict[str, JsonValue]) -> LateAnswer:
        """Return what a tool said later as it is stored."""
        redactor = self._turn_redactor(_texts(values))
        changes = {"result": redactor.json(late.result), "context": redactor.json(late.context)}
        failure = None if late.failure is None else redactor.text(late.failure)
        return late.model_copy(update={**changes, "failure": failure})

    def live_state(self, written: str, values: dict[str, JsonValue]) -> LiveState:
        """Return what the thread's state keeps after the turn: all while a form or a question is open, for some hours.

        `written` is that state as JSON text.
        """
        state = DialogueState.model_validate_json(written)
        is_open = bool(state.forms) or state.question is not None
        redacted = redact_state(state, self._turn_redactor(_texts(values)))
        kept = state.model_copy(update={"uncertain": redacted.uncertain}) if is_open else redacted
        tail = _TAIL.search(self.text.text)
        kept = kept.model_copy(update={"tail": tail[0][-_MOST_TAIL:] if tail else ""})
        hours = None if kept == redacted else timedelta(hours=self.policy.privacy.form_hours)
        return LiveState(kept.model_dump_json(), at_most=hours)

    def _turn_redactor(self, values: Iterable[str]) -> TurnRedactor:
        known = [
            *_texts(self.message.context),
            *(text for form in self.state.forms for text in _texts_of(form)),
            *values,
        ]
        return TurnRedactor(self.redactor, known, said=self.text)

    def _expected(self) -> PersonalKind | None:
        """Return the kind of personal data that the open question asks for."""
        form = self.state.active_form
        intent = self.definition.intent_by_id().get(form.intent_id) if form is not None else None
        if form is None or intent is None or form.asking is None:
            return None
        asked = next((each for each in intent.parameters if each.name == form.asking), None)
        return None if asked is None else kind_of_name(asked.type) or kind_of_name(asked.name)


def without_placeholders(state: DialogueState) -> DialogueState:
    """Forget values of forms that are placeholders: of a state that was restored from the log of turns.

    They are asked for again; no tool must get `[phone]`.
    """
    if not any(_is_placeholder(slot.value) for form in state.forms for slot in form.slots):
        return state
    return state.model_copy(update={"forms": tuple(map(_asking_again, state.forms))})


def _asking_again(form: Form) -> Form:
    slots = tuple(slot for slot in form.slots if not _is_placeholder(slot.value))
    if len(slots) == len(form.slots):
        return form
    return form.model_copy(update={"slots": slots, "is_confirming": False, "is_repeating": False, "doubt": None})


def _is_placeholder(value: JsonValue) -> bool:
    return any(PLACEHOLDER.search(text) for text in _texts(value))


def _texts_of(form: Form) -> Iterator[str]:
    for slot in form.slots:
        yield from _texts(slot.value)
        if slot.text:
            yield slot.text


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
