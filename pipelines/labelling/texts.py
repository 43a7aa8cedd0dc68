"""The wordings that production turns hold: who said each, what witnesses said about it, what a release reads in it."""

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
"""How likely a release must find an intent for its word to count where nobody looks: likelier than all others."""
_WITNESSES: tuple[Witness, ...] = ("clarification", "llm", "classifier", "shadow")
_NO_WISH = ("form", "cancel")
"""Routes of messages that answer a form: values, not wishes."""
_NO_WISH_BECAUSE = ("asked in vain for", "an answer to no question")
"""Reasons of the fallback where a message was an answer as well, though not a usable one."""


@dataclass
class Heard:
    """One wording.

    Attributes
    ----------
    text
        As it was first written.
    sources
        The messages that said it, the first one first; `MAX_SOURCES` at most.
    confidence_by_word
        What witnesses say: witness and intent, and how sure they are.
    item
        What the queue holds of it, if it does.
    """

    text: str
    sources: list[Source] = field(default_factory=list)
    confidence_by_word: dict[tuple[Witness, str], float | None] = field(default_factory=dict)
    item: LabelItem | None = None

    def add(self, source: Source) -> None:
        """Note a message, once."""
        known = {(each.thread_id, each.message_id) for each in self.sources}
        if (source.thread_id, source.message_id) not in known and len(self.sources) < MAX_SOURCES:
            self.sources.append(source)

    def propose(self, by: Witness, intent_id: str, confidence: float | None) -> None:
        """Note what a witness says; of the same word twice, the surer one."""
        known = self.confidence_by_word.get((by, intent_id))
        new = None if confidence is None or confidence != confidence else round(confidence, 4)
        self.confidence_by_word[by, intent_id] = new if known is None else max(known, new or 0.0)

    def words_of(self, *witnesses: Witness) -> list[str]:
        """Give the intents that these witnesses name."""
        return [intent_id for by, intent_id in self.confidence_by_word if by in witnesses]

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """Give what witnesses say, who knows best first."""
        rows = [
            Proposal(by=by, intent_id=intent_id, confidence=confidence)
            for (by, intent_id), confidence in self.confidence_by_word.items()
        ]
        return tuple(sorted(rows, key=lambda row: (_WITNESSES.index(row.by), -(row.confidence or 0.0), row.intent_id)))


@dataclass(frozen=True)
class Reading:
    """What a release makes of a text.

    Attributes
    ----------
    result
        The understanding.
    intent_id, confidence
        The first of the ranking.
    margin
        How much likelier it is than the second, in [0, 1].
    is_sure
        Whether the release would answer it by itself, and finds it `SURE`.
    """

    result: NluResult
    intent_id: str
    confidence: float
    margin: float
    is_sure: bool


def gather(turns: pd.DataFrame, *, bot: str, queue: Sequence[LabelItem]) -> dict[str, Heard]:
    """Put together what was said in the same words, the open items of the queue included.

    Parameters
    ----------
    turns
        Production turns, with the columns `mine_turns.TURN_COLUMNS`, in the order in which they were said.
    bot
        Whose turns.
    queue
        The labelling queue.

    Returns
    -------
    dict[str, Heard]
        By the id of the item that each is or would be. Answers to forms and to questions, buttons and texts without a
        letter or digit are left out.
    """
    heard = {item.id: _known(item) for item in queue if item.status == "open"}
    key_by_message: dict[tuple[str, str], str] = {}
    for row in rows_of(turns):
        asked_about = key_by_message.get((row.thread_id, row.label_of)) if row.label_of else None
        if asked_about and row.label_intent:
            heard[asked_about].propose("clarification", row.label_intent, None)
        if row.label_of or not row.intent or not _is_wish(row.text, row.route, row.why):
            continue
        key = key_by_message[row.thread_id, row.message_id] = label_id(bot, row.text)
        one = heard.setdefault(key, Heard(row.text))
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
    return heard


def read_all(heard: Mapping[str, Heard], release: Release, *, progress: Progress) -> dict[str, Reading]:
    """Let a release read every wording, and note what it says."""
    readings = {}
    for number, (key, one) in enumerate(heard.items()):
        if number % 100 == 0:
            progress(number / len(heard), f"reading texts with version {release.version}")
        readings[key] = _read(one.text, release)
    return readings


def spans_of(reading: Reading, release: Release) -> tuple[LabelledSpan, ...]:
    """Give the annotations that an example of this text would have: the bot's own types, as they are written."""
    own, text = {entity.name for entity in release.definition.entities}, reading.result.text
    return tuple(
        LabelledSpan(start=span.start, end=span.end, type=span.type, value=text[span.start : span.end])
        for span in reading.result.entities
        if span.type in own
    )


def _known(item: LabelItem) -> Heard:
    # what releases have said is asked again
    lasting: Iterable[Proposal] = (each for each in item.proposals if each.by in ("llm", "clarification"))
    words = {(each.by, each.intent_id): each.confidence for each in lasting}
    return Heard(item.text, sources=list(item.sources), confidence_by_word=words, item=item)


def _is_wish(text: str, route: str, why: str) -> bool:
    is_answer = route in _NO_WISH or any(reason in why for reason in _NO_WISH_BECAUSE)
    return not is_answer and has_content(clean(text))


def _read(text: str, release: Release) -> Reading:
    result, definition = release.model.parse(text), release.definition
    best = result.ranking[0]
    margin = best.confidence - (result.ranking[1].confidence if len(result.ranking) > 1 else 0.0)
    is_answered = outcome_of(result, definition.thresholds, definition.intent_by_id()).kind == "answered"
    return Reading(result, best.intent_id, best.confidence, margin, is_answered and best.confidence >= SURE)
