"""Values in corrections, grown to what the customer wrote: `no, the address is 14 High Street`.

Only for parameters that take whole answers (`freeText`) and have a value. A message that corrects one may name the old
value beside the new one, so each grows only up to the words that turn from one to the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.nlu.text import fold_text
from pipelines.schemas.bot import Intent
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.answers.reader import AnswerReader, Turn, plain_words
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.grown_values import grown_within
from serving.dialogue.state import Slot


def with_whole_corrections(
    interpretation: Interpretation, intent: Intent, known: Mapping[str, Slot], *, answers: AnswerReader
) -> Interpretation:
    """Return the interpretation with the values that may replace known ones as long as they were written."""
    nlu = interpretation.nlu
    if nlu is None:
        return interpretation
    entities = list(nlu.entities)
    types = [parameter.type for parameter in intent.parameters]
    for parameter in intent.parameters:
        is_open = parameter.free_text and not parameter.many and not parameter.choices
        old = known[parameter.name].value if parameter.name in known else None
        if is_open and types.count(parameter.type) == 1 and isinstance(old, str):
            read = nlu.model_copy(update={"entities": tuple(entities)})
            entities = _Correction(read, intent, parameter, old, answers).entities()
    if entities == list(nlu.entities):
        return interpretation
    return interpretation.model_copy(update={"nlu": nlu.model_copy(update={"entities": tuple(entities)})})


@dataclass(frozen=True)
class _Stretch:
    """Values side by side, `[start, end)` of the text; none where the old value is named."""

    start: int
    end: int
    spans: tuple[EntitySpan, ...] = ()


@dataclass(frozen=True)
class _Correction:
    """A message that may correct the value `old` of one parameter."""

    nlu: NluResult
    intent: Intent
    parameter: Parameter
    old: str
    answers: AnswerReader

    def entities(self) -> list[EntitySpan]:
        """Return the entities of the message, those of the parameter's type grown."""
        own = [span for span in self.nlu.entities if span.type == self.parameter.type]
        if not own or not all(self._is_as_written(span) for span in own):
            return list(self.nlu.entities)
        stretches = self._stretches(own)
        places = [-1, *range(len(stretches)), -1]
        grown: list[EntitySpan] = []
        for before, place, after in zip(places, places[1:], places[2:], strict=False):
            stretch = stretches[place]
            if not stretch.spans:
                first = own[0]
                grown.append(first.model_copy(update={"start": stretch.start, "end": stretch.end, "value": self.old}))
                continue
            previous = stretches[before] if before >= 0 else None
            following = stretches[after] if after >= 0 else None
            bounds = self._bounds(stretch, previous, following)
            wholes = grown_within(self.nlu, stretch.spans, self.intent, self.parameter, bounds, answers=self.answers)
            grown.extend(self._read(whole) for whole in wholes or stretch.spans)
        others = [
            span
            for span in self.nlu.entities
            if span not in own and not any(span.start < one.end and one.start < span.end for one in grown)
        ]
        return sorted([*others, *grown], key=lambda span: span.start)

    def _is_as_written(self, span: EntitySpan) -> bool:
        """Whether a value was learnt and not mapped to another one."""
        return span.source == "tagger" and fold_text(span.value) == fold_text(self.nlu.text[span.start : span.end])

    def _stretches(self, own: Sequence[EntitySpan]) -> list[_Stretch]:
        """Return where the old value is named, and the other values between the words that turn from one to another."""
        words = r"\s+".join(map(re.escape, self.old.split()))
        named = [
            _Stretch(*match.span()) for match in re.finditer(rf"(?<!\w){words}(?!\w)", self.nlu.text, re.IGNORECASE)
        ]
        rest = [
            _Stretch(span.start, span.end, (span,))
            for span in own
            if not any(span.start < one.end and one.start < span.end for one in named)
        ]
        stretches: list[_Stretch] = []
        for one in sorted([*named, *rest], key=lambda stretch: stretch.start):
            last = stretches[-1] if stretches else None
            if last is not None and last.spans and one.spans and not self._turns_between(last.end, one.start):
                stretches[-1] = _Stretch(last.start, one.end, (*last.spans, *one.spans))
            else:
                stretches.append(one)
        return stretches

    def _turns_between(self, start: int, end: int) -> bool:
        return any(start <= unit.start and unit.end <= end for unit in self.answers.turns(self.nlu.text))

    def _bounds(self, stretch: _Stretch, previous: _Stretch | None, following: _Stretch | None) -> tuple[int, int]:
        """Return the part of the text that may belong to a stretch of values."""
        turns = self.answers.turns(self.nlu.text)
        low = max([0, *(unit.end for unit in turns if unit.end <= stretch.start), self._naming(stretch.start)])
        ends = [
            unit.start
            for unit in turns
            if unit.start >= stretch.end and (unit.kind is Turn.TOWARDS or following is not None)
        ]
        if previous is not None and not previous.spans:
            low = max(low, previous.end)
        if following is not None and not following.spans:
            ends.append(following.start)
        return low, min([len(self.nlu.text), *ends])

    def _naming(self, start: int) -> int:
        """Return where the parameter's name ends, the last one before a value; 0 if it is not named."""
        name = r"\W+".join(map(re.escape, plain_words(self.parameter.name.replace("_", " "))))
        found = list(re.finditer(rf"(?<!\w){name}(?!\w)", self.nlu.text[:start], re.IGNORECASE)) if name else []
        return found[-1].end() if found else 0

    def _read(self, whole: EntitySpan) -> EntitySpan:
        """Return the old value itself where a customer names it in short: `not Market Street`."""
        said, old = plain_words(whole.value), plain_words(self.old)
        is_part = any(old[place : place + len(said)] == said for place in range(len(old) - len(said) + 1))
        return whole.model_copy(update={"value": self.old}) if said and is_part else whole
