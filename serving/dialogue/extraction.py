"""Slot extraction: the values a message brings to a form, the ones it corrects, and why one was rejected."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Intent, Parameter
from serving.dialogue.answers import Correction, plain_words
from serving.dialogue.interpret import Interpretation
from serving.dialogue.state import Form, Slot
from serving.dialogue.values import Candidate, Problem, ValueReader

MAX_WRITTEN_CHARS = 200
"""Characters of the customer's own words kept beside a value."""
MAX_CANDIDATES = 20
"""Values of one type accepted from one message."""
MAJORITY = 0.5
"""From this share of a message on, it is about its values and nothing else."""


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
    is_correction
        Whether the message corrects something.
    share
        Share of the message's letters and digits that belong to values of this form, in [0, 1].
    is_whole_text
        Whether the whole message was taken as a value because the parameter accepts any text.
    """

    slots: dict[str, Slot] = field(default_factory=dict)
    emptied: frozenset[str] = frozenset()
    problem: Problem | None = None
    is_correction: bool = False
    share: float = 0.0
    is_whole_text: bool = False


def extract_slots(intent: Intent, form: Form, interpretation: Interpretation, reader: ValueReader) -> Extraction:
    """Extract from a message whatever belongs to a form, without changing the form.

    The message is always tried as an answer to the open question, even if the model found nothing in it. Other values
    are accepted too; a correction (`no, I meant Rome`, `not 2, 3`) replaces the most recent value of its type.

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
    covered: set[int] = field(default_factory=set)
    is_whole_text: bool = False

    def __post_init__(self) -> None:
        self.known = {slot.name: slot for slot in self.form.slots}
        self.asked = next((one for one in self.intent.parameters if one.name == self.form.asking), None)
        self.correction = self.reader.answers.correction(self.text) if self.known else Correction.NONE

    def extract(self) -> Extraction:
        for group in self._groups():
            self._extract_group(group)
        if self.asked is not None and self.reader.is_text(self.asked):
            self._extract_whole_text(self.asked)
        is_unanswered = self.asked is not None and self.asked.name not in self.known
        if self.asked is not None and is_unanswered and not (self.slots or self.emptied or self.problem):
            self.problem = self.reader.missing(self.asked)
        return Extraction(
            slots=self.slots,
            emptied=frozenset(self.emptied),
            problem=self.problem,
            is_correction=self.correction is not Correction.NONE,
            share=self._share(),
            is_whole_text=self.is_whole_text,
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
        found = self._candidates(group, filled)[:MAX_CANDIDATES]
        candidates = [one for one in found if not self.reader.is_piece(group[0], one, self.text)]
        answers = self.reader.answers
        negated = [one for one in candidates if answers.is_negated(self.text, one.start)]
        meant = self._last_said([one for one in candidates if one not in negated])
        wrong = [name for name, slot in filled.items() if any(slot.value == one.value for one in negated)]
        if wrong and not meant:
            self.emptied.update(wrong)
            self.correction = Correction.PLAIN
        if wrong:  # `not Paris, Rome`: Rome takes Paris's place, whatever its role
            meant = [Candidate(one.start, one.end, one.value) for one in meant]
        corrected = wrong or self._corrected(filled, is_asked=self.asked in group)
        for parameter, candidate in self._assign(group, meant, filled=filled, corrected=corrected):
            self._fill(parameter, candidate)

    def _last_said(self, candidates: list[Candidate]) -> list[Candidate]:
        """Drop what the same message withdraws: the tent of `a tent, no wait, a backpack`."""
        withdrawn = [
            one
            for one, other in pairwise(candidates)
            if one.role == other.role
            and self.reader.answers.correction(self.text[one.end : other.start]) is not Correction.NONE
        ]
        return [one for one in candidates if one not in withdrawn]

    def _candidates(self, group: list[Parameter], filled: Collection[str]) -> list[Candidate]:
        if self.interpretation.nlu is None:
            return []
        said_at = self.interpretation.said_at
        candidates = self.reader.found(group[0], self.interpretation.nlu, said_at=said_at)
        if not candidates and self.asked in group:
            candidates = self.reader.read(self.asked, self.text, said_at=said_at)
        is_boolean = self.reader.is_boolean(group[0])  # the `no` of a correction does not answer another question
        if not candidates and filled and self.correction is not Correction.NONE and not is_boolean:
            corrected = next(one for one in group if one.name in filled)
            candidates = self.reader.read(corrected, self.text, said_at=said_at)
        is_open = self.form.is_confirming or (self.form.asking is not None and not filled)
        if not candidates and is_open and self.reader.is_listed(group[0]):
            # the model may know `evening` only as a greeting; here it is a value nobody asked for
            known = self.reader.read(group[0], self.text, said_at=said_at)
            candidates = known if self._share_of(known) >= MAJORITY else []
        if is_boolean:
            return candidates
        # one number is not both a quantity and a price
        return [one for one in candidates if self.covered.isdisjoint(range(one.start, one.end))]

    def _corrected(self, filled: Collection[str], *, is_asked: bool) -> list[str]:
        """Return the parameter that a correction is about: the one of this type mentioned last.

        An afterthought (`sorry, tomorrow`) may just as well answer the open question.
        """
        if self.correction is Correction.NONE or (self.correction is Correction.AFTERTHOUGHT and is_asked):
            return []
        recent = [name for name in self.form.recent if name in filled]
        return recent[-1:] or (list(filled) if len(filled) == 1 else [])

    def _assign(
        self, group: list[Parameter], candidates: list[Candidate], *, filled: Collection[str], corrected: list[str]
    ) -> Iterator[tuple[Parameter, Candidate]]:
        """Assign the values of one type to the parameters of that type.

        A value whose role is a parameter's name goes to that parameter. The others go, in text order, to the parameter
        being corrected, then to the one asked for, then to the empty ones. A value left over corrects the parameter if
        it is the only one of its type.
        """
        by_name = {parameter.name: parameter for parameter in group}
        rest = []
        for candidate in candidates:
            if candidate.role in by_name:
                yield by_name.pop(candidate.role), candidate
            else:
                rest.append(candidate)
        empty = [name for name in by_name if name not in filled]
        ordered = [*corrected, *(one.name for one in group if one is self.asked), *empty]
        waiting = [name for name in dict.fromkeys(ordered) if name in by_name]
        if not waiting and len(group) == 1:
            waiting = list(by_name)
        for name, candidate in zip(waiting, rest, strict=False):
            yield by_name[name], candidate

    def _extract_whole_text(self, asked: Parameter) -> None:
        """Take the whole message as the value that was asked for, unless it corrects another one.

        Other values in it (an order number in a complaint) fill empty parameters and correct nothing.
        """
        if self.correction is not Correction.NONE and self.slots and self._share() >= MAJORITY:
            return
        before = _Saved(self.slots, self.emptied, self.correction, self.covered.copy())
        self.slots = {name: slot for name, slot in self.slots.items() if name not in self.known}
        self.emptied, self.correction, self.problem = set(), Correction.NONE, None
        if not self.text.strip():
            return
        said = self.reader.read(asked, self.text, said_at=self.interpretation.said_at)
        self._fill(asked, said[0] if said else Candidate(0, len(self.text), self.text.strip()))
        self.is_whole_text = not said and self.problem is None
        if self.problem is not None:  # not the answer; it may be something else
            if before.correction is Correction.NONE:
                self.covered.clear()
            else:
                self._restore(before)

    def _restore(self, before: _Saved) -> None:
        self.slots, self.emptied = before.slots, before.emptied
        self.correction, self.covered = before.correction, before.covered

    def _fill(self, parameter: Parameter, candidate: Candidate) -> None:
        """Fill the parameter's slot, or note why the value is rejected."""
        self.covered.update(range(candidate.start, candidate.end))
        value = self.reader.check(parameter, candidate.value, said_at=self.interpretation.said_at)
        part = self.reader.fitting_part(parameter, candidate.value) if isinstance(value, Problem) else None
        if part is not None:
            value = self.reader.check(parameter, part, said_at=self.interpretation.said_at)
        if isinstance(value, Problem):
            self.problem = self.problem or value
            return
        if parameter.name not in self.known:
            self._cover_name(parameter)
        self.slots[parameter.name] = Slot(
            name=parameter.name,
            type=parameter.type,
            value=value,
            text=self.text[candidate.start : candidate.end][:MAX_WRITTEN_CHARS],
            role=candidate.role,
        )

    def _cover_name(self, parameter: Parameter) -> None:
        """Count the parameter's name as part of its value: `size M` is about nothing else."""
        names = plain_words(parameter.name.replace("_", " "))
        for token in tokenize(self.text):
            if token.text.lower() in names:
                self.covered.update(range(token.start, token.end))

    def _share(self) -> float:
        return self._share_within(self.covered)

    def _share_of(self, candidates: list[Candidate]) -> float:
        return self._share_within({place for one in candidates for place in range(one.start, one.end)})

    def _share_within(self, places: set[int]) -> float:
        letters = [place for place, sign in enumerate(self.text) if sign.isalnum()]
        return sum(place in places for place in letters) / len(letters) if letters else 0.0


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
