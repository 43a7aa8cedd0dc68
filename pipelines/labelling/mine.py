"""Mining: from production turns to the labelling queue, the most valuable texts first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log2

import pandas as pd

from pipelines.labelling.answers import AnswerFilter, SharesByWord, shares_of_words
from pipelines.labelling.groups import Group, group_alike
from pipelines.labelling.texts import Reading, Wording, gather, read_all, spans_of
from pipelines.progress import Progress, part
from pipelines.registry.release import Release
from pipelines.schemas import html
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import LabelItem, Witness, label_id
from pipelines.settings import Settings
from pipelines.steps.data.extract import extract_from_mongo
from pipelines.steps.data.labels import read_items
from pipelines.steps.data.turns import read_turns
from pipelines.steps.validation.privacy import personal_data_finder

MIN_NEED = 0.3
"""A text with less need enters the queue only if somebody had to be asked about it."""
YOUNG = 100
"""With fewer examples than this, a bot is sure of much that it gets wrong, so every new text is worth a look."""
CHOSEN = 0.5
"""Factor on the trust in a release whose customer had to be asked what they meant."""
DECIDED, TAUGHT = "decided before", "among the examples already"
UNDERSTOOD = "understood, and nobody had to be asked"
BETWEEN = "nearly the same as texts to learn from and as held-out ones"
UNREADABLE = "turns that cannot be read; the log names them"
ANSWERS = "answers to the bot's questions, or only values, a yes or a no"
_WITNESSES: tuple[Witness, ...] = ("classifier", "llm", "clarification", "shadow")


@dataclass(frozen=True)
class Mined:
    """The result of mining.

    `items` are new, or carry news about items of the queue; the most valuable come first. `left_out` counts distinct
    texts by the reason they were left out.
    """

    items: tuple[LabelItem, ...]
    n_turns: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return the items as a table, one row per item.

        Columns: `text`, `value`, `said` (number of messages), `group` (its cluster), `agreed`, `bound_for`, and the
        intents each witness names: `classifier`, `llm`, `clarification`, `shadow`.
        """
        rows = [
            {
                "text": item.text,
                "value": item.value,
                "said": len(item.sources),
                "group": item.cluster.rpartition(":")[2][:8],
                "agreed": item.agreed or "",
                "bound_for": item.bound_for,
                **{by: ", ".join(each.intent_id for each in item.proposals if each.by == by) for by in _WITNESSES},
            }
            for item in self.items
        ]
        return pd.DataFrame(rows, columns=["text", "value", "said", "group", "agreed", "bound_for", *_WITNESSES])

    def __str__(self) -> str:
        """Summarise it in a few lines."""
        found = f"{self.n_turns:,} turns read: {len(self.items):,} texts are new or have changed"
        return "\n".join([found, *(f"{count:,} left out: {reason}" for reason, count in self.left_out.items())])

    def _repr_html_(self) -> str:
        return html.block(*map(html.line, str(self).split("\n")))


def mine_log(
    settings: Settings,
    *,
    bot: str,
    newest: Release,
    shadow: Release | None = None,
    since: datetime,
    now: datetime,
    progress: Progress | None = None,
) -> Mined:
    """Read a bot's turns, drafts and labelling queue from MongoDB, and find the texts worth a label.

    Nothing is stored. Turns before `since` are left out; `newest` reads the texts, whichever release answered them.
    """
    report = progress or (lambda share, what: None)
    report(0.0, "reading the drafts and the queue")
    place = (settings.resolved_mongo_uri, settings.mongo_database, bot)
    drafts = extract_from_mongo(*place).frame
    return mine_turns(
        read_turns(*place, since=since, progress=part(report, 0.05, 0.3)),
        bot=bot,
        queue=read_items(*place),
        examples=drafts["text"].tolist(),
        shares_by_word=shares_of_words(zip(drafts["text"], drafts["intent"], drafts["entities"], strict=True)),
        newest=newest,
        shadow=shadow,
        now=now,
        kept=timedelta(days=settings.turn_ttl_days),
        progress=part(report, 0.3, 1.0),
    )


def mine_turns(
    turns: pd.DataFrame,
    *,
    bot: str,
    queue: Sequence[LabelItem],
    examples: Sequence[str],
    newest: Release,
    shadow: Release | None = None,
    now: datetime,
    kept: timedelta,
    shares_by_word: SharesByWord | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Find the texts worth a label.

    A text enters the queue if the language model or the customer had to say what it means, if the newest release is not
    sure of it, or if the bot has few examples (`YOUNG`). Texts that are examples already are left out, and so are
    answers to the bot's questions unless there is a wish in them. Texts in the queue are never added again; open items
    are updated with the newest release's reading. Mining a second time adds nothing.

    Parameters
    ----------
    turns
        Production turns, with the columns `turns.TURN_COLUMNS`.
    bot
        Whose turns.
    queue
        The labelling queue, decided items included.
    examples
        Texts that the next training will learn from.
    newest
        The newest release, whichever release answered the turns.
    shadow
        Another release whose reading counts as a witness.
    now
        The current time, in UTC.
    kept
        How long a text nobody has accepted is kept after it was last said.
    shares_by_word
        How often the examples of each intent hold a word, as `answers.shares_of_words` counts: such words betray a wish
        in what looks like an answer.
    progress
        Shows progress.

    Returns
    -------
    Mined
        The items to store; nothing is stored here.
    """
    report = progress or (lambda share, what: None)
    filtering = AnswerFilter(newest.definition, shares_by_word)
    wordings, n_answers = gather(turns, bot=bot, queue=queue, answers=filtering)
    left_out = _leave_out_known(wordings, bot=bot, queue=queue, examples=examples)
    readings = read_all(wordings, newest, progress=part(report, 0.0, 0.5))
    others = read_all(wordings, shadow, progress=part(report, 0.5, 0.8)) if shadow is not None else {}
    for key, reading in readings.items():
        wordings[key].propose("classifier", reading.intent_id, reading.confidence)
    for key, reading in others.items():
        wordings[key].propose("shadow", reading.intent_id, reading.confidence)
    needs = {key: need_of(one, readings[key]) for key, one in wordings.items()}
    asked = _asked_in_need(newest)
    least = 0.0 if 0 < len(examples) < YOUNG else MIN_NEED
    worth = {key: one for key, one in wordings.items() if one.item or one.intents_of(*asked) or needs[key] >= least}
    report(0.8, "grouping what is nearly the same")
    groups = group_alike(worth, queue=queue, examples=examples)
    left_out |= {UNDERSTOOD: len(wordings) - len(worth), BETWEEN: len(worth) - len(groups), ANSWERS: n_answers}
    left_out[UNREADABLE] = turns.attrs.get("n_unreadable", 0)
    size_by_cluster: Counter[str] = Counter()
    for key, group in groups.items():
        size_by_cluster[group.cluster] += len(worth[key].sources)
    find = personal_data_finder(newest.definition.language)
    items = []
    for key, group in groups.items():
        one, reading = worth[key], readings[key]
        kinds = tuple(dict.fromkeys(kind for kind, _ in find(one.text)))
        # what releases agree on may not judge releases: held-out texts are labelled by people
        is_for_people = kinds or group.bound_for == "holdout"
        agreed = None if is_for_people else _agreed(one, reading, others.get(key), newest)
        value = round(needs[key] * log2(1 + size_by_cluster[group.cluster]), 4)
        item = _item(one, bot, group, now, kept).model_copy(
            update={"entities": spans_of(reading, newest), "personal_data": kinds, "agreed": agreed, "value": value}
        )
        if item != one.item:
            items.append(item.model_copy(update={"revision": item.revision + 1}) if one.item else item)
    report(1.0, "mined")
    items.sort(key=lambda item: (-item.value, item.id))
    return Mined(tuple(items), len(turns), {reason: count for reason, count in left_out.items() if count})


def need_of(one: Wording, reading: Reading) -> float:
    """Return how much a text needs a person, in [0, 1]: the chance that the release alone gets it wrong.

    It grows as the margin over the second intent shrinks, as other witnesses disagree, and if the customer had to be
    asked.
    """
    others = one.intents_of("llm", "clarification", "shadow")
    agreement = sum(word == reading.intent_id for word in others) / len(others) if others else 1.0
    trust = CHOSEN if one.intents_of("clarification") else 1.0
    return 1.0 - reading.margin * agreement * trust


def _leave_out_known(
    wordings: dict[str, Wording], *, bot: str, queue: Sequence[LabelItem], examples: Sequence[str]
) -> dict[str, int]:
    """Drop texts that are decided or examples already, and count them."""
    decided = {item.id for item in queue if item.status != "open"} & wordings.keys()
    taught = ({label_id(bot, text) for text in examples} & wordings.keys()) - decided
    for key in decided | taught:
        del wordings[key]
    return {DECIDED: len(decided), TAUGHT: len(taught)}


def _asked_in_need(newest: Release) -> tuple[Witness, ...]:
    """Return the witnesses that are asked only when a release is not sure; some bots ask the language model first."""
    llm = newest.definition.llm
    return ("clarification",) if llm is not None and llm.mode == "zero_shot" else ("clarification", "llm")


def _agreed(one: Wording, reading: Reading, other: Reading | None, newest: Release) -> str | None:
    """Return the intent that a newer release, the language model and the customer agree on, if they do.

    The customer or the language model must have named it. `None of the intents` is for a person to say: it may be an
    intent that the bot does not have yet.
    """
    words = {*one.intents_of("llm", "clarification"), reading.intent_id}
    is_trained_since = newest.version not in {source.release for source in one.sources}
    is_disputed = other is not None and other.is_sure and other.intent_id != reading.intent_id
    if len(words) > 1 or OUT_OF_SCOPE in words or is_disputed:
        return None
    is_witnessed = bool(one.intents_of("llm", "clarification"))
    return reading.intent_id if is_witnessed and reading.is_sure and is_trained_since else None


def _item(one: Wording, bot: str, group: Group, now: datetime, kept: timedelta) -> LabelItem:
    known = one.item
    return LabelItem(
        bot=bot,
        text=one.text,
        sources=tuple(one.sources),
        proposals=one.proposals,
        value=0.0,
        cluster=group.cluster,
        week=group.week,
        bound_for=group.bound_for,
        created_at=known.created_at if known else now,
        keep_until=max(source.said_at for source in one.sources) + kept,
        revision=known.revision if known else 0,
    )
