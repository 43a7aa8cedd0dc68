"""The values that a message offers to the parameters of one type, before they are assigned."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from pipelines.schemas.parameter import Parameter
from serving.dialogue.answers.reader import Correction
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.values import Candidate, ValueReader
from serving.dialogue.state import Doubt, Form

MAJORITY = 0.5
"""From this share of a message on, it is about its values and nothing else."""


@dataclass(frozen=True)
class CandidateFinder:
    """Finds values for a form: in the model's reading, and in the words alone where they answer the open question."""

    form: Form
    asked: Parameter | None
    interpretation: Interpretation
    correction: Correction
    reader: ValueReader

    @property
    def text(self) -> str:
        """The message; empty for a shortcut."""
        return self.interpretation.nlu.text if self.interpretation.nlu is not None else ""

    def find(
        self, group: list[Parameter], filled: Collection[str], *, covered: Collection[int], answered: Collection[str]
    ) -> list[Candidate]:
        """Return the values for parameters of one type, in text order.

        `filled` names the parameters that have a value, `answered` those that this message has given one; `covered` are
        the characters that belong to values of other types.
        """
        if self.interpretation.nlu is None:
            return []
        nlu, said_at = self.interpretation.nlu, self.interpretation.said_at
        candidates = self.reader.found(group[0], nlu, said_at=said_at)
        if self.asked in group:
            hidden = self.reader.overlooked(group, nlu, said_at=said_at)
            candidates = self.answers(self.asked, hidden or candidates)
        candidates = [one for one in candidates if not self.reader.is_reply_word(group[0], one, self.text)]
        candidates = candidates or self._unasked(group, filled)
        if self.reader.is_boolean(group[0]):
            return candidates
        if self._is_failed_answer(group, candidates, answered):
            return []
        # one number is not both a quantity and a price
        return [one for one in candidates if places_of([one]).isdisjoint(covered)]

    def answers(self, asked: Parameter, found: list[Candidate]) -> list[Candidate]:
        """Return the values of an answer to the open question: those that the model found, or what the words say."""
        doubt = self._doubt(asked)
        if doubt is not None:
            chosen = self._chosen(asked, doubt, found)
            if chosen is not None:
                return [Candidate(0, len(self.text), chosen)]
        candidates = found or self.reader.read_answer(asked, self.text, said_at=self.interpretation.said_at)
        if not candidates and asked.choices:
            place = self.reader.answers.ordinal(self.text, len(asked.choices))
            if place is not None:
                return [Candidate(0, len(self.text), asked.choices[place])]
        return candidates

    def declines_every_option(self) -> bool:
        """Whether the message turns down all values of an open "which one do you mean?"."""
        has_options = self.asked is not None and self._doubt(self.asked) is not None
        return has_options and self.reader.answers.is_none(self.text)

    def _doubt(self, asked: Parameter) -> Doubt | None:
        doubt = self.form.doubt
        return doubt if doubt is not None and doubt.parameter == asked.name else None

    def _chosen(self, asked: Parameter, doubt: Doubt, found: list[Candidate]) -> JsonValue:
        """Return the option that was chosen, or None: `the second`, or `in the evening` where `at 7` is in doubt."""
        place = self.reader.answers.ordinal(self.text, len(doubt.options))
        if place is not None:
            return doubt.options[place]
        if any(not one.alternatives for one in found):
            return None
        said = self.reader.read(asked, f"{doubt.text} {self.text}", said_at=self.interpretation.said_at)
        clear = [one.value for one in said if not one.alternatives and one.value in doubt.options]
        return clear[0] if len(clear) == 1 and len(said) == 1 else None

    def _unasked(self, group: list[Parameter], filled: Collection[str]) -> list[Candidate]:
        """Return values that the model overlooked: in a correction, or in a message that is nothing but a value."""
        said_at = self.interpretation.said_at
        is_boolean = self.reader.is_boolean(group[0])  # the `no` of a correction does not answer another question
        candidates: list[Candidate] = []
        if filled and self.correction is not Correction.NONE and not is_boolean:
            corrected = next(one for one in group if one.name in filled)
            candidates = self.reader.read(corrected, self.text, said_at=said_at)
        is_open = self.form.is_confirming or (self.form.asking is not None and not filled)
        if not candidates and is_open and self.reader.is_listed(group[0]):
            # the model may know `evening` only as a greeting; here it is a value nobody asked for
            known = self.reader.read(group[0], self.text, said_at=said_at)
            candidates = known if share_of(self.text, places_of(known)) >= MAJORITY else []
        return candidates

    def _is_failed_answer(self, group: list[Parameter], candidates: list[Candidate], answered: Collection[str]) -> bool:
        """Whether a bare number was meant for the open question, which it does not answer: `8`, asked for the date."""
        if self.asked is None or self.asked in group or self.asked.name in answered or len(candidates) != 1:
            return False
        is_typed = not (self.reader.is_text(self.asked) or self.reader.is_boolean(self.asked))
        is_bare = share_of(self.text, places_of(candidates)) == 1
        return is_typed and is_bare and isinstance(candidates[0].value, int | float)


def places_of(candidates: Iterable[Candidate]) -> set[int]:
    """Return the characters that belong to values."""
    return {place for one in candidates for place in range(one.start, one.end)}


def share_of(text: str, places: Collection[int]) -> float:
    """Return the share of a text's letters and digits at some places, in [0, 1]."""
    letters = [place for place, sign in enumerate(text) if sign.isalnum()]
    return sum(place in places for place in letters) / len(letters) if letters else 0.0
