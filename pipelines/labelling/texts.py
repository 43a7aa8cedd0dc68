"""Distinct wordings in production turns: who said each, what witnesses say it means, how a release reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipelines.nlu.intents.refusal import outcome_of
from pipelines.nlu.text import clean, has_content
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.labels import MAX_SOURCES, LabelItem, Proposal, Source, Witness, label_id
from pipelines.schemas.understanding import NluResult
from pipelines.steps.data.turns import rows_of

SURE = 0.5
"""Least confidence for a label that nobody looks at: likelier than all other intents together."""
_WITNESSES: tuple[Witness, ...] = ("clarification", "llm", "classifier", "shadow")
_NO_INTENT = ("form", "cancel")
"""Routes of messages that answer a form: values, not intents."""
_NO_INTENT_BECAUSE = ("asked in vain for", "an answer to no question")
"""Reasons for a fallback whose message was an answer too, though not a usable one."""


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


def gather(turns: pd.DataFrame, *, bot: str, queue: Sequence[LabelItem]) -> dict[str, Wording]:
    """Collect turns by wording, the open items of the queue included.

    Answers to forms and to questions, buttons, and texts without a letter or digit are left out. `turns` are in the
    order in which they were said. The result is keyed by item id.
    """
    wordings = {item.id: _known(item) for item in queue if item.status == "open"}
    key_by_message: dict[tuple[str, str], str] = {}
    for row in rows_of(turns):
        asked_about = key_by_message.get((row.thread_id, row.label_of)) if row.label_of else None
        if asked_about and row.label_intent:
            wordings[asked_about].propose("clarification", row.label_intent, None)
        if row.label_of or not row.intent or not _has_intent(row.text, row.route, row.why):
            continue
        key = key_by_message[row.thread_id, row.message_id] = label_id(bot, row.text)
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
    return wordings


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


def _has_intent(text: str, route: str, why: str) -> bool:
    is_answer = route in _NO_INTENT or any(reason in why for reason in _NO_INTENT_BECAUSE)
    return not is_answer and has_content(clean(text))


def _read(text: str, release: Release) -> Reading:
    result, definition = release.model.parse(text), release.definition
    best = result.ranking[0]
    margin = best.confidence - (result.ranking[1].confidence if len(result.ranking) > 1 else 0.0)
    is_answered = outcome_of(result, definition.thresholds, definition.intent_by_id()).kind == "answered"
    return Reading(result, best.intent_id, best.confidence, margin, is_answered and best.confidence >= SURE)
