"""Distinct wordings in production turns: who said each, what witnesses say it means, how a release reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pandas as pd

from pipelines.labelling.answers import AnswerFilter, Moment
from pipelines.nlu.intents.refusal import outcome_of
from pipelines.nlu.text import clean, has_content
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.labels import MAX_SOURCES, LabelItem, Proposal, Source, Witness, label_id
from pipelines.schemas.understanding import NluResult
from pipelines.steps.data.turns import Turn, rows_of

SURE = 0.5
"""Least confidence for a label that nobody looks at: likelier than all other intents together."""
_WITNESSES: tuple[Witness, ...] = ("clarification", "llm", "classifier", "shadow")
_IN_VAIN, _NO_QUESTION, _REFUSED, _ANSWER = (
    "asked in vain for",
    "an answer to no question",
    "not confirmed",
    "answer to the form",
)
"""Reasons of routes whose message was an answer: an unusable one, one to no question, a no, a usable one."""


@dataclass
class Wording:
    """One wording, as it was first written.

    `sources` are the messages that said it, oldest first, at most `MAX_SOURCES`. `confidence_by_claim` maps a witness
    and the intent it names to its confidence. `item` is its item in the queue, if there is one.
    """

    text: str
    sources: list[Source] = field(default_factory=list)
    confidence_by_claim: dict[tuple[Witness, str], float | None] = field(default_factory=dict)
    item: LabelItem | None = None

    def add(self, source: Source) -> None:
        """Record a message, once."""
        known = {(each.thread_id, each.message_id) for each in self.sources}
        if (source.thread_id, source.message_id) not in known and len(self.sources) < MAX_SOURCES:
            self.sources.append(source)

    def propose(self, by: Witness, intent_id: str, confidence: float | None) -> None:
        """Record the intent a witness names; named twice, the higher confidence counts."""
        known = self.confidence_by_claim.get((by, intent_id))
        new = None if confidence is None or confidence != confidence else round(confidence, 4)
        self.confidence_by_claim[by, intent_id] = new if known is None else max(known, new or 0.0)

    def intents_of(self, *witnesses: Witness) -> list[str]:
        """Return the intents that these witnesses name."""
        return [intent_id for by, intent_id in self.confidence_by_claim if by in witnesses]

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """The intents that witnesses name, the best-informed witness first."""
        rows = [
            Proposal(by=by, intent_id=intent_id, confidence=confidence)
            for (by, intent_id), confidence in self.confidence_by_claim.items()
        ]
        return tuple(sorted(rows, key=lambda row: (_WITNESSES.index(row.by), -(row.confidence or 0.0), row.intent_id)))


@dataclass(frozen=True)
class Reading:
    """A release's understanding of a text.

    `margin` is the lead over the second intent, in [0, 1]. `is_sure`: the release would answer the text by itself, with
    a confidence of at least `SURE`.
    """

    result: NluResult
    intent_id: str
    confidence: float
    margin: float
    is_sure: bool


def gather(
    turns: pd.DataFrame, *, bot: str, queue: Sequence[LabelItem], answers: AnswerFilter
) -> tuple[dict[str, Wording], int]:
    """Collect turns by wording, the open items of the queue included; also return how many texts only ever answered.

    Answers, buttons, and texts without a letter or digit are left out. `turns` are in the order in which they were
    said. The wordings are keyed by item id.
    """
    wordings = {item.id: _known(item) for item in queue if item.status == "open"}
    key_by_message: dict[tuple[str, str, str], str] = {}
    answered: set[str] = set()
    contexts: dict[tuple[str, str], _Context] = {}
    for row in rows_of(turns):
        thread = (row.channel, row.thread_id)
        asked_about = key_by_message.get((*thread, row.label_of)) if row.label_of else None
        if asked_about and row.label_intent:
            wordings[asked_about].propose("clarification", row.label_intent, None)
        before = contexts.get(thread, _Context())
        before = before if before.turn == row.turn - 1 else _Context()
        contexts[thread] = _after(row, before)
        if not row.intent or not has_content(clean(row.text)):
            continue
        if _is_answer(row, before, answers):
            answered.add(label_id(bot, row.text))
            continue
        key = key_by_message[*thread, row.message_id] = label_id(bot, row.text)
        one = wordings.setdefault(key, Wording(row.text))
        one.add(
            Source(
                thread_id=row.thread_id,
                turn=row.turn,
                message_id=row.message_id,
                said_at=row.said_at,
                release=row.release,
            )
        )
        if row.llm_intent:
            one.propose("llm", row.llm_intent, row.llm_confidence)
    return wordings, len(answered - wordings.keys())


def read_all(wordings: Mapping[str, Wording], release: Release, *, progress: Progress) -> dict[str, Reading]:
    """Read every wording with a release."""
    readings = {}
    for number, (key, one) in enumerate(wordings.items()):
        if number % 100 == 0:
            progress(number / len(wordings), f"reading texts with version {release.version}")
        readings[key] = _read(one.text, release)
    return readings


def spans_of(reading: Reading, release: Release) -> tuple[LabelledSpan, ...]:
    """Return the annotations an example of this text would have: the bot's own entity types, as they are written."""
    own, text = {entity.name for entity in release.definition.entities}, reading.result.text
    return tuple(
        LabelledSpan(start=span.start, end=span.end, type=span.type, value=text[span.start : span.end])
        for span in reading.result.entities
        if span.type in own
    )


def _known(item: LabelItem) -> Wording:
    # what releases have said is asked again
    lasting: Iterable[Proposal] = (each for each in item.proposals if each.by in ("llm", "clarification"))
    words = {(each.by, each.intent_id): each.confidence for each in lasting}
    return Wording(item.text, sources=list(item.sources), confidence_by_claim=words, item=item)


class _Context(NamedTuple):
    """What a thread was about after a turn: what was open, or the form that had just ended.

    `ended` is `completed`, or `given up` for a form that was cancelled or asked in vain.
    """

    turn: int = 0
    form: str = ""
    asks: str = ""
    ended: Literal["", "completed", "given up"] = ""


def _after(row: Turn, before: _Context) -> _Context:
    was_open = row.route == "form" or _IN_VAIN in row.why or (before.form and not before.ended)
    if row.form or row.asks or not was_open:
        return _Context(row.turn, row.form, row.asks)
    return _Context(row.turn, before.form, ended="completed" if row.route == "form" else "given up")


def _is_answer(row: Turn, before: _Context, answers: AnswerFilter) -> bool:
    """Whether a message answered what was open, or holds no wish in itself."""
    if _NO_QUESTION in row.why or (row.label_of and row.label_intent):
        return True
    form = before.form or (row.form if row.route == "form" else "")
    return answers.is_answer(row.text, _moment_of(row, before), form=form)


def _moment_of(row: Turn, before: _Context) -> Moment:
    if (row.route == "form" and row.why.startswith(_ANSWER)) or (row.route == "cancel" and row.why == _REFUSED):
        return "accepted"
    if row.route == "form" or _IN_VAIN in row.why or row.label_of or before.asks == "choice":
        return "asked"
    if before.ended:
        return "ended" if before.ended == "completed" else "asked"
    return "asked" if before.asks and row.route in ("fallback", "clarify") else "open"


def _read(text: str, release: Release) -> Reading:
    result, definition = release.model.parse(text), release.definition
    best = result.ranking[0]
    margin = best.confidence - (result.ranking[1].confidence if len(result.ranking) > 1 else 0.0)
    is_answered = outcome_of(result, definition.thresholds, definition.intent_by_id()).kind == "answered"
    return Reading(result, best.intent_id, best.confidence, margin, is_answered and best.confidence >= SURE)
