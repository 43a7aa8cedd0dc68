"""Slot extraction: the values a message brings to a form, the ones it corrects, and why one was rejected."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Intent
from pipelines.schemas.parameter import Parameter
from serving.dialogue.answers.glue import GLUE
from serving.dialogue.answers.reader import Correction, plain_words
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.accept import accept, values_of
from serving.dialogue.slots.assignment import assign
from serving.dialogue.slots.candidates import MAJORITY, CandidateFinder, places_of, share_of
from serving.dialogue.slots.constraints import Problem
from serving.dialogue.slots.corrected_values import with_whole_corrections
from serving.dialogue.slots.grown_values import with_whole_answer
from serving.dialogue.slots.values import Candidate, ValueReader
from serving.dialogue.slots.whole_answers import is_whole_answer, without_guesses
from serving.dialogue.state import Doubt, Form, Slot

MAX_CANDIDATES = 20
"""Values of one type accepted from one message."""


@dataclass(frozen=True)
class Extraction:
    """What a message brings to a form.

    Attributes
    ----------
    slots
        New values, by parameter name.
    emptied
        Parameters whose value was withdrawn without a replacement.
    problem
        Why a value was rejected.
    doubt
        The values among which the customer has to choose.
    is_correction
        Whether the message corrects something.
    share
        Share of the message's letters and digits that belong to values of this form, in [0, 1].
    is_whole_text
        Whether the whole message was taken as a value because the parameter accepts any text.
    turns_down
        Whether the message refuses a value of the type that was asked for: `not on Monday`.
    """

    slots: dict[str, Slot] = field(default_factory=dict)
    emptied: frozenset[str] = frozenset()
    problem: Problem | None = None
    doubt: Doubt | None = None
    is_correction: bool = False
    share: float = 0.0
    is_whole_text: bool = False
    turns_down: bool = False


def extract_slots(intent: Intent, form: Form, interpretation: Interpretation, reader: ValueReader) -> Extraction:
    """Extract from a message whatever belongs to a form, without changing the form.

    The message is always tried as an answer to the open question, even if the model found nothing in it. Other empty
    parameters are filled too. A value that is known changes only if the customer says so: by a correction (`no, I meant
    Rome`, `not 2, 3`), which replaces the most recent value of its type, by the parameter's cue or name (`change the
    origin to Rome`), or by restating it beside the answer (`for 5 at 7pm`).

    A shortcut brings nothing, and neither does the button of an older reply.
    """
    if interpretation.nlu is None or interpretation.button is not None:
        return Extraction()
    text = interpretation.nlu.text
    swapped = _swapped(intent, form) if reader.answers.is_swap(text) else {}
    if swapped:
        return Extraction(slots=swapped, is_correction=True, share=1.0)
    return _SlotExtractor(intent, form, interpretation, text, reader).extract()


@dataclass(frozen=True)
class _Saved:
    """What the typed parameters yielded, in case the whole message turns out not to be the answer."""

    slots: dict[str, Slot]
    emptied: set[str]
    correction: Correction
    covered: set[int]
    problem: Problem | None
    doubt: Doubt | None


@dataclass
class _SlotExtractor:
    """Extracts the slots of one form from one message."""

    intent: Intent
    form: Form
    interpretation: Interpretation
    text: str
    reader: ValueReader
    slots: dict[str, Slot] = field(default_factory=dict)
    emptied: set[str] = field(default_factory=set)
    problem: Problem | None = None
    doubt: Doubt | None = None
    covered: set[int] = field(default_factory=set)
    is_whole_text: bool = False
    turns_down: bool = False

    def __post_init__(self) -> None:
        self.known = {slot.name: slot for slot in self.form.slots}
        self.asked = next((one for one in self.intent.parameters if one.name == self.form.asking), None)
        answers = self.reader.answers
        may_correct = bool(self.known) and not answers.is_unsure(self.text)
        self.correction = answers.correction(self.text) if may_correct else Correction.NONE
        if self.correction is Correction.NONE:
            self.interpretation = without_guesses(self.interpretation, self.intent, self.asked, answers=answers)
        if self.correction is not Correction.PLAIN:
            self.interpretation = with_whole_answer(self.interpretation, self.intent, self.asked, answers=answers)
        if self.correction is not Correction.NONE or self.form.is_confirming:
            self.interpretation = with_whole_corrections(self.interpretation, self.intent, self.known, answers=answers)
        self.finder = CandidateFinder(self.form, self.asked, self.interpretation, self.correction, self.reader)
        if self.finder.declines_every_option():
            self.covered.update(range(len(self.text)))

    def extract(self) -> Extraction:
        for group in self._groups():
            self._extract_group(group)
        if self.asked is not None and (self.reader.is_text(self.asked) or self._may_be_any_text(self.asked)):
            self._extract_whole_text(self.asked)
        is_unanswered = self.asked is not None and self.asked.name not in self.known
        if self.asked is not None and is_unanswered and not (self.slots or self.emptied or self.problem):
            self.problem = self.reader.missing(self.asked)
        return Extraction(
            slots=self.slots,
            emptied=frozenset(self.emptied),
            problem=self.problem,
            doubt=self.doubt,
            is_correction=self.correction is not Correction.NONE,
            share=share_of(self.text, self.covered),
            is_whole_text=self.is_whole_text,
            turns_down=self.turns_down,
        )

    def _groups(self) -> list[list[Parameter]]:
        """Return the parameters by type: the one asked for first; booleans, which read the whole message, last."""
        kinds = dict.fromkeys(parameter.type for parameter in self.intent.parameters)
        groups = [[one for one in self.intent.parameters if one.type == kind] for kind in kinds]
        typed = [group for group in groups if not self.reader.is_text(group[0])]
        return sorted(typed, key=lambda group: (self.reader.is_boolean(group[0]), self.asked not in group))

    def _extract_group(self, group: list[Parameter]) -> None:
        """Find the values of the parameters of one type and assign them."""
        filled = {one.name: self.known[one.name] for one in group if one.name in self.known}
        found = self.finder.find(group, filled, covered=self.covered, answered=self.slots)[:MAX_CANDIDATES]
        candidates = [one for one in found if not self.reader.is_piece(group[0], one, self.text)]
        if not candidates:
            return
        refused = [one for one in candidates if self._is_refused(one, filled, n_values=len(candidates))]
        if refused and self.asked in group:
            self.turns_down = True
            if self.reader.answers.is_mere_refusal(self.text, [(one.start, one.end) for one in refused]):
                self.covered.update(range(len(self.text)))  # an answer, if not the one that was hoped for
        meant = self._last_said([one for one in candidates if one not in refused])
        wrong = [name for name, slot in filled.items() if any(_holds(slot, one.value) for one in refused)]
        if wrong:
            meant = self._withdraw(wrong, refused, meant, filled)
        is_about_others = bool(refused) and not wrong  # `not Leeds, York` does not correct Bath
        is_asked = self.asked in group
        corrected = wrong if wrong or is_about_others else self._corrected(filled, meant, is_asked=is_asked)
        wanted = [*corrected, *(one.name for one in group if one is self.asked)]
        empty = [one.name for one in group if one.name not in filled]
        if not wanted and not empty and len(group) == 1 and self._may_restate(group[0], meant):
            wanted = [group[0].name]
        given = assign(group, meant, text=self.text, wanted=wanted, empty=empty, answers=self.reader.answers)
        for parameter in group:
            if parameter.name in given:
                is_new = parameter.name in corrected and parameter.name not in wrong
                self._fill(parameter, given[parameter.name], is_new=is_new)

    def _is_refused(self, candidate: Candidate, filled: Mapping[str, Slot], *, n_values: int) -> bool:
        """Whether the customer does not want a value: `not Paris`, or the 4 of `change 4 to 5`."""
        if self.reader.answers.is_negated(self.text, candidate.start, candidate.end):
            return True
        is_old = any(_holds(slot, candidate.value) for slot in filled.values())
        return is_old and n_values > 1 and self.correction is Correction.PLAIN

    def _withdraw(
        self, wrong: list[str], refused: list[Candidate], meant: list[Candidate], filled: Mapping[str, Slot]
    ) -> list[Candidate]:
        """Take refused values out of their slots; return the ones that take their places, whatever their role."""
        lists = [one.name for one in self.intent.parameters if one.many and one.name in wrong]
        for name in lists:
            kept = [value for value in values_of(filled[name]) if all(one.value != value for one in refused)]
            if kept:
                self.slots[name] = filled[name].model_copy(update={"value": kept})
                self.known[name] = self.slots[name]
        emptied = [name for name in wrong if name not in self.slots]
        if not meant:
            self.emptied.update(emptied)
        self.correction = Correction.PLAIN
        return [replace(one, role=None) for one in meant]

    def _last_said(self, candidates: list[Candidate]) -> list[Candidate]:
        """Drop what the same message withdraws: the tent of `a tent, no wait, a backpack`.

        The new value takes the old one's role.
        """
        kept: list[Candidate] = []
        for candidate in candidates:
            before = kept[-1] if kept else None
            if before is not None and candidate.role in (None, before.role) and self._is_taken_back(before, candidate):
                kept[-1] = replace(candidate, role=before.role)
            else:
                kept.append(candidate)
        return kept

    def _is_taken_back(self, one: Candidate, other: Candidate) -> bool:
        return self.reader.answers.correction(self.text[one.end : other.start]) is not Correction.NONE

    def _may_restate(self, parameter: Parameter, candidates: list[Candidate]) -> bool:
        """Whether values change what is known although nothing says so: `for 5 at 7pm`, or an intent named anew.

        In a form, the message must answer the question and consist of nothing but values; a list only grows.
        """
        if any(self.text[one.end :].lstrip().startswith("%") for one in candidates):
            return False
        if self.asked is None and not self.form.is_confirming:
            return True
        is_answered = self.asked is None or (self.asked.name in self.slots and not self.reader.is_boolean(self.asked))
        return (is_answered or parameter.many) and self._is_nothing_but(candidates)

    def _is_nothing_but(self, candidates: list[Candidate], *, or_reply_words: bool = False) -> bool:
        """Whether the message consists of values and words that say nothing, and perhaps a `sorry`."""
        covered = self.covered | places_of(candidates)
        others = [token.text.lower() for token in tokenize(self.text) if token.start not in covered]
        return all(
            word in GLUE or not word[0].isalnum() or (or_reply_words and self.reader.answers.is_reply_word(word))
            for word in others
        )

    def _corrected(self, filled: Collection[str], candidates: list[Candidate], *, is_asked: bool) -> list[str]:
        """Return the parameter that a correction is about: the one of this type mentioned last.

        An afterthought (`sorry, tomorrow`) may just as well answer the open question, and one with a number may count
        something else (`wait, 3 hours`).
        """
        if self.correction is Correction.NONE:
            return []
        is_number = any(isinstance(one.value, int | float) for one in candidates)
        is_vague = is_asked or (is_number and not self._is_nothing_but(candidates, or_reply_words=True))
        if self.correction is Correction.AFTERTHOUGHT and is_vague:
            return []
        recent = [name for name in self.form.recent if name in filled]
        return recent[-1:] or (list(filled) if len(filled) == 1 else [])

    def _may_be_any_text(self, asked: Parameter) -> bool:
        """Whether a parameter with an entity takes the whole message, from which nothing was taken."""
        found = self.interpretation.nlu.entities if self.interpretation.nlu is not None else ()
        is_taken = bool(self.slots or self.emptied or self.problem or self.doubt)
        return not is_taken and is_whole_answer(self.text, asked, self.intent, found, answers=self.reader.answers)

    def _extract_whole_text(self, asked: Parameter) -> None:
        """Take the whole message as the value that was asked for, unless it corrects another one.

        Other values in it (an order number in a complaint) fill empty parameters and correct nothing.
        """
        if self.correction is not Correction.NONE and self.slots and share_of(self.text, self.covered) >= MAJORITY:
            return
        before = _Saved(self.slots, self.emptied, self.correction, self.covered.copy(), self.problem, self.doubt)
        self.slots = {name: slot for name, slot in self.slots.items() if name not in self.known}
        self.emptied, self.correction, self.problem, self.doubt = set(), Correction.NONE, None, None
        if not self.text.strip():
            return
        said = self.finder.answers(asked, [])
        meant = self._last_said([one for one in said if not self._is_refused(one, {}, n_values=1)])
        if meant or not said:
            self._fill(asked, meant or [Candidate(0, len(self.text), self.text.strip())])
        else:
            self.problem = self.reader.missing(asked)
        self.is_whole_text = not said and self.problem is None
        if self.problem is not None:  # not the answer; it may be something else
            if before.correction is Correction.NONE:
                self.covered.clear()
            else:
                self._restore(before)
        elif before.doubt is not None:  # which of two addresses in the complaint is meant is still to be asked
            self.problem, self.doubt = before.problem, before.doubt

    def _restore(self, before: _Saved) -> None:
        self.slots, self.emptied = before.slots, before.emptied
        self.correction, self.covered = before.correction, before.covered

    def _fill(self, parameter: Parameter, candidates: Sequence[Candidate], *, is_new: bool = False) -> None:
        """Fill the parameter's slot, or note why it is not filled; a list that is not corrected grows."""
        self.covered.update(places_of(candidates))
        before = None if is_new else self.known.get(parameter.name)
        accepted = accept(
            parameter, candidates, self.text, before=before, reader=self.reader, said_at=self.interpretation.said_at
        )
        if self.problem is None:
            self.problem, self.doubt = accepted.problem, accepted.doubt
        if accepted.slot is not None:
            if parameter.name not in self.known:
                self._cover_name(parameter)
            elif any(one.is_named for one in candidates):
                self.correction = Correction.PLAIN
            self.slots[parameter.name] = accepted.slot

    def _cover_name(self, parameter: Parameter) -> None:
        """Count the parameter's name as part of its value: `size M` is about nothing else."""
        names = plain_words(parameter.name.replace("_", " "))
        for token in tokenize(self.text):
            if token.text.lower() in names:
                self.covered.update(range(token.start, token.end))


def _swapped(intent: Intent, form: Form) -> dict[str, Slot]:
    """Swap the values of the two filled parameters of one type."""
    slots = {slot.name: slot for slot in form.slots}
    for kind in dict.fromkeys(parameter.type for parameter in intent.parameters):
        pair = [one.name for one in intent.parameters if one.type == kind and one.name in slots]
        if len(pair) == 2:
            first, second = pair
            return {
                first: slots[second].model_copy(update={"name": first}),
                second: slots[first].model_copy(update={"name": second}),
            }
    return {}


def _holds(slot: Slot, value: JsonValue) -> bool:
    return value in values_of(slot)
