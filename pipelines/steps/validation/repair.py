"""Safe automatic repairs of examples: proposed with a finding, applied to a bot file, shown as a diff.

Only unambiguous repairs are proposed. Each is one example before and after, applied only while the example is
unchanged.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipelines.nlu.system.boundaries import begins_word, ends_word, stands_alone
from pipelines.schemas.bot import AnnotatedSpan, TrainingExample
from pipelines.schemas.training import Finding, RowEdit
from pipelines.steps.validation.privacy import KIND_BY_CHECK, invented

MAX_ROUNDS = 20
"""A row with several faults needs one round per fault."""


@dataclass(frozen=True)
class RepairResult:
    """A repaired bot file: a new JSON object, and the findings repaired, in order."""

    wire: dict[str, Any]
    findings: tuple[Finding, ...]


def propose(
    finding: Finding, example: TrainingExample, *, intent_id: str, position: int, known_types: Sequence[str]
) -> RowEdit | None:
    """Return the repair of a finding, or None if only the author can know what was meant.

    `position` is the example's place in its intent, from 1.
    """
    if not example.text.strip() or finding.check == "text_is_not_repeated":
        return RowEdit(intent_id=intent_id, position=position, before=example, after=None)
    after = _repaired(finding, example, known_types)
    if after is None:
        return None
    return RowEdit(intent_id=intent_id, position=position, before=example, after=after)


def _repaired(finding: Finding, example: TrainingExample, known_types: Sequence[str]) -> TrainingExample | None:
    check, place = finding.check, (finding.start, finding.end)
    if finding.start is not None and finding.end is not None and check in KIND_BY_CHECK:
        return _with_stand_in(example, finding.start, finding.end, KIND_BY_CHECK[check])
    numbers = [number for number, span in enumerate(example.entities) if (span.begin, span.end) == place]
    if check == "entity_type_is_known":
        numbers = [number for number in numbers if example.entities[number].name not in known_types]
    if not numbers:
        return None
    if check in ("span_in_text", "span_holds_value"):
        return _moved(example, numbers[0])
    if check == "span_keeps_words_whole":
        return _with_whole_words(example, numbers[0])
    if check == "spans_do_not_overlap":
        return _without_repeat(example, numbers[-1])
    return _renamed(example, numbers[0], known_types) if check == "entity_type_is_known" else None


def repair_bot(
    wire: dict[str, Any],
    findings: Iterable[Finding],
    *,
    check: Callable[[dict[str, Any]], Iterable[Finding]],
) -> RepairResult:
    """Apply all proposed repairs, then those that `check` proposes afterwards. `wire` is not changed."""
    done: list[Finding] = []
    for _ in range(MAX_ROUNDS):
        wire, applied = apply_repairs(wire, findings)
        if not applied:
            break
        done += applied
        findings = check(wire)
    return RepairResult(wire, tuple(done))


def apply_repairs(wire: dict[str, Any], findings: Iterable[Finding]) -> tuple[dict[str, Any], list[Finding]]:
    """Apply the repairs of some findings, at most one per example; return a new object and the findings repaired.

    Findings without a repair are skipped, as are those whose example has changed.
    """
    finding_by_place: dict[str, dict[int, Finding]] = {}
    for finding in findings:
        if finding.edit is not None:
            finding_by_place.setdefault(finding.edit.intent_id, {}).setdefault(finding.edit.position, finding)
    applied: list[Finding] = []
    intents = []
    for intent in wire.get("intents") or []:
        wanted = finding_by_place.get(str(intent.get("intentId", intent.get("intent_id"))), {})
        field = "trainingData" if "trainingData" in intent else "training_data"
        rows = list(intent.get(field) or [])
        for position in sorted(wanted, reverse=True):  # from the end, so that deletions shift no pending position
            edit = wanted[position].edit
            if edit is not None and position <= len(rows) and _stands(rows[position - 1], edit.before):
                rows[position - 1 : position] = _edited(rows[position - 1], edit)
                applied.append(wanted[position])
        intents.append({**intent, field: rows} if wanted else intent)
    return {**wire, "intents": intents}, applied[::-1]


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return the unified diff of two bot files with the same intents, one section per changed intent."""
    parts: list[str] = []
    for old, new in zip(before.get("intents") or [], after.get("intents") or [], strict=True):
        if old != new:
            name = f"intents/{old.get('intentId', old.get('intent_id'))}"
            one, other = (json.dumps(intent, ensure_ascii=False, indent=1).splitlines() for intent in (old, new))
            parts += difflib.unified_diff(one, other, name, f"{name} (repaired)", lineterm="")
    return "\n".join(parts)


def _moved(example: TrainingExample, number: int) -> TrainingExample | None:
    """Move an annotation to the only place where its value stands as whole, unannotated words."""
    span = example.entities[number]
    if not span.value.strip():
        return None
    others = [other for index, other in enumerate(example.entities) if index != number]
    places = [
        (begin, begin + len(span.value))
        for begin in range(len(example.text) - len(span.value) + 1)
        if example.text.startswith(span.value, begin) and stands_alone(example.text, begin, begin + len(span.value))
    ]
    free = [place for place in places if not any(_overlap(*place, other) for other in others)]
    if len(free) != 1:
        return None
    return _with_span(example, number, begin=free[0][0], end=free[0][1])


def _with_whole_words(example: TrainingExample, number: int) -> TrainingExample | None:
    """Extend an annotation to whole words, or shrink it to exclude blanks."""
    text, span = example.text, example.entities[number]
    begin, end = span.begin, span.end
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    while begin < end and not begins_word(text, begin):
        begin -= 1
    while begin < end and not ends_word(text, end):
        end += 1
    others = [other for index, other in enumerate(example.entities) if index != number]
    if begin == end or any(_overlap(begin, end, other) for other in others):
        return None
    return _with_span(example, number, begin=begin, end=end, value=text[begin:end])


def _without_repeat(example: TrainingExample, number: int) -> TrainingExample | None:
    """Drop an annotation that repeats or lies within another of its type, or the other one if it lies within this."""
    span = example.entities[number]
    for index, other in enumerate(example.entities):
        if index != number and other.name == span.name and _overlap(span.begin, span.end, other):
            if other.begin <= span.begin and span.end <= other.end:
                return _with_spans(example, [row for place, row in enumerate(example.entities) if place != number])
            if span.begin <= other.begin and other.end <= span.end:
                return _with_spans(example, [row for place, row in enumerate(example.entities) if place != index])
    return None


def _renamed(example: TrainingExample, number: int, known_types: Sequence[str]) -> TrainingExample | None:
    """Correct an entity type that differs from a known one only in case, blanks or punctuation."""
    meant = [name for name in known_types if _letters(name) == _letters(example.entities[number].name)]
    return _with_span(example, number, name=meant[0]) if len(meant) == 1 else None


def _with_stand_in(example: TrainingExample, start: int, end: int, kind: str) -> TrainingExample | None:
    """Replace personal data by a stand-in, and shift the annotations."""
    written = invented(kind, example.text[start:end])
    text = example.text[:start] + written + example.text[end:]
    grown = len(written) - (end - start)
    spans = []
    for span in example.entities:
        if span.end <= start:
            spans.append(span)
        elif end <= span.begin:
            spans.append(span.model_copy(update={"begin": span.begin + grown, "end": span.end + grown}))
        elif span.begin <= start and end <= span.end:
            moved = {"end": span.end + grown, "value": text[span.begin : span.end + grown]}
            spans.append(span.model_copy(update=moved))
        else:
            return None
    return _with_spans(example, spans).model_copy(update={"text": text})


def _with_span(example: TrainingExample, number: int, **fields: Any) -> TrainingExample:
    spans = list(example.entities)
    spans[number] = spans[number].model_copy(update=fields)
    return _with_spans(example, spans)


def _with_spans(example: TrainingExample, spans: Sequence[AnnotatedSpan]) -> TrainingExample:
    return example.model_copy(update={"entities": tuple(spans)}) if example.entities else example


def _overlap(begin: int, end: int, other: AnnotatedSpan) -> bool:
    return begin < other.end and other.begin < end


def _letters(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _stands(row: Any, example: TrainingExample) -> bool:
    try:
        return TrainingExample.model_validate(row) == example
    except ValidationError:
        return False


def _edited(row: dict[str, Any], edit: RowEdit) -> list[dict[str, Any]]:
    """Return the rows that replace a row, with its fields in their old order, to keep the diff small."""
    if edit.after is None:
        return []
    after = edit.after.to_wire()
    if after.get("entities"):
        order = {name: place for place, name in enumerate(row["entities"][0])}
        last = len(order)
        after["entities"] = [
            dict(sorted(span.items(), key=lambda field: order.get(field[0], last))) for span in after["entities"]
        ]
    return [{**row, **after}]
