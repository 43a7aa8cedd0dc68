"""Placeholders in everything that is stored of a turn. Pure: values in, values out."""

import json
from collections.abc import Iterable

from pydantic import JsonValue, ValidationError

from pipelines.privacy.redact import Redacted, TurnRedactor, placeholder
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import LabelRecord, ToolRecord, TurnRecord
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.messages import BotMessage, TurnResponse, UserMessage
from serving.dialogue.sealed import seal
from serving.dialogue.state import DialogueState, Form, Question, UncertainCall


def redact_record(record: TurnRecord, redactor: TurnRedactor, text: Redacted) -> TurnRecord:
    """Return a turn as it is stored; `text` is the customer's message, redacted."""
    return record.model_copy(
        update={
            "message": _message(record.message, redactor, text),
            "text": text.text,
            "why": redactor.text(record.why),
            "nlu": None if record.nlu is None else _nlu(record.nlu, redactor, text),
            "llm": None if record.llm is None else _llm(record.llm, redactor, text),
            "tool": None if record.tool is None else _tool(record.tool, redactor),
            "replies": tuple(map(redactor.text, record.replies)),
            "answer": _answer(record.answer, redactor),
            "state": _state_text(record.state, redactor),
            "label": None if record.label is None else _label(record.label, redactor),
        }
    )


def redact_state(state: DialogueState, redactor: TurnRedactor) -> DialogueState:
    """Return a thread's state without personal data; calls without a known outcome can still be recognised."""
    question = None if state.question is None else _question(state.question, redactor)
    return state.model_copy(
        update={
            "forms": tuple(_form(form, redactor) for form in state.forms),
            "context": redactor.json(state.context),
            "question": question,
            "uncertain": tuple(_uncertain(call, redactor) for call in state.uncertain),
            "tail": "",
        }
    )


def _message(written: str, redactor: TurnRedactor, text: Redacted) -> str:
    try:
        message = UserMessage.model_validate_json(written)
    except ValidationError:
        return ""
    context = redactor.json(message.context)
    return message.model_copy(update={"text": text.text, "context": context}).model_dump_json()


def _nlu(nlu: NluResult, redactor: TurnRedactor, text: Redacted) -> NluResult:
    # the model cuts what is very long
    own = text if text.original.startswith(nlu.text) and len(nlu.text) >= len(text.original) else None
    own = own or redactor.redact(nlu.text)
    return nlu.model_copy(update={"text": own.text, "entities": _spans(nlu.entities, redactor, own)})


def _llm(reading: LlmReading, redactor: TurnRedactor, text: Redacted) -> LlmReading:
    changes = {"entities": _spans(reading.entities, redactor, text), "why": redactor.text(reading.why)}
    return reading.model_copy(update=changes)


def _spans(spans: Iterable[EntitySpan], redactor: TurnRedactor, text: Redacted) -> tuple[EntitySpan, ...]:
    moved = []
    for span in spans:
        start, end = text.moved(span.start, span.end)
        touched = next((each for each in text.found if each.start < span.end and span.start < each.end), None)
        value = redactor.text(span.value) if touched is None else placeholder(touched.kind)
        alternatives = () if touched is not None else tuple(map(redactor.text, span.alternatives))
        moved.append(span.model_copy(update={"start": start, "end": end, "value": value, "alternatives": alternatives}))
    return tuple(moved)


def _tool(tool: ToolRecord, redactor: TurnRedactor) -> ToolRecord:
    return tool.model_copy(
        update={
            "url": None if tool.url is None else redactor.text(tool.url),
            "body": redactor.json(tool.body),
            "result": redactor.json(tool.result),
            "context": redactor.json(tool.context),
            "failure": None if tool.failure is None else redactor.text(tool.failure),
        }
    )


def _answer(written: str, redactor: TurnRedactor) -> str:
    try:
        answer = TurnResponse.model_validate_json(written)
    except ValidationError:
        return json.dumps(redactor.json(json.loads(written))) if written else written
    form = answer.form and answer.form.model_copy(update={"slots": redactor.json(answer.form.slots)})
    replies = tuple(_reply(reply, redactor) for reply in answer.replies)
    return answer.model_copy(update={"replies": replies, "form": form}).model_dump_json()


def _reply(reply: BotMessage, redactor: TurnRedactor) -> BotMessage:
    buttons = tuple(
        button.model_copy(update={"title": redactor.text(button.title), "payload": redactor.text(button.payload)})
        for button in reply.quick_replies
    )
    return reply.model_copy(update={"text": redactor.text(reply.text), "quick_replies": buttons})


def _state_text(written: str, redactor: TurnRedactor) -> str:
    return redact_state(DialogueState.model_validate_json(written), redactor).model_dump_json()


def _form(form: Form, redactor: TurnRedactor) -> Form:
    slots = tuple(
        slot.model_copy(
            update={
                "value": redactor.json(slot.value),
                "text": None if slot.text is None else redactor.text(slot.text),
            }
        )
        for slot in form.slots
    )
    doubt = form.doubt
    if doubt is not None:
        options: tuple[JsonValue, ...] = tuple(map(redactor.json, doubt.options))
        doubt = doubt.model_copy(update={"text": redactor.text(doubt.text), "options": options})
    return form.model_copy(update={"slots": slots, "doubt": doubt})


def _question(question: Question, redactor: TurnRedactor) -> Question:
    text = redactor.redact(question.text)
    return question.model_copy(update={"text": text.text, "entities": _spans(question.entities, redactor, text)})


def _uncertain(call: UncertainCall, redactor: TurnRedactor) -> UncertainCall:
    values = {
        name: value if redactor.json(value) == value else seal(value, call.key) for name, value in call.values.items()
    }
    return call.model_copy(update={"values": values})


def _label(label: LabelRecord, redactor: TurnRedactor) -> LabelRecord:
    return label.model_copy(update={"text": redactor.text(label.text)})
