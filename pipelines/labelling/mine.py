"""Mining: from production turns to the labelling queue, what is most worth a person's look first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log2

import pandas as pd

from pipelines.labelling.groups import Group, group_alike
from pipelines.labelling.texts import Heard, Reading, gather, read_all, spans_of
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
"""A text that needs help less than this enters the queue only if somebody had to be asked about it."""
CHOSEN = 0.5
"""What is left of the trust in a release where a customer had to be asked what they meant."""
DECIDED, TAUGHT = "decided before", "among the examples already"
UNDERSTOOD = "understood, and nobody had to be asked"
BETWEEN = "nearly the same as texts to learn from and as held-out ones"
_WITNESSES: tuple[Witness, ...] = ("classifier", "llm", "clarification", "shadow")


@dataclass(frozen=True)
class Mined:
    """What mining found.

    Attributes
    ----------
    items
        Items that are new, or of which more is known than the queue holds; the most valuable first.
    n_turns
        How many turns were looked at.
    left_out
        How many different texts were left out, by reason.
    """

    items: tuple[LabelItem, ...]
    n_turns: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Give the items as a table.

        Returns
        -------
        pd.DataFrame
            One row an item: `text`, `value`, `said` (how many messages), `group` (its cluster), `agreed`, `bound_for`,
            and what each witness says: `classifier`, `llm`, `clarification`, `shadow`.
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
        """Say it in lines."""
        found = f"{self.n_turns:,} turns looked at: {len(self.items):,} texts are new or better known"
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
    """Read a bot's turns, drafts and labelling queue from MongoDB, and find the texts that are worth a label.

    Parameters
    ----------
    settings
        Where the database is.
    bot
        Whose turns.
    newest
        The newest release, whoever answered then.
    shadow
        Another release to ask, if there is one.
    since
        Turns before this moment are left out.
    now
        The current time.
    progress
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    Mined
        What to store in the queue; nothing is stored here.
    """
    report = progress or (lambda share, what: None)
    report(0.0, "reading the drafts and the queue")
    place = (settings.resolved_mongo_uri, settings.mongo_database, bot)
    return mine(
        read_turns(*place, since=since, progress=part(report, 0.05, 0.3)),
        bot=bot,
        queue=read_items(*place),
        examples=extract_from_mongo(*place).frame["text"].tolist(),
        newest=newest,
        shadow=shadow,
        now=now,
        kept=timedelta(days=settings.turn_ttl_days),
        progress=part(report, 0.3, 1.0),
    )


def mine(
    turns: pd.DataFrame,
    *,
    bot: str,
    queue: Sequence[LabelItem],
    examples: Sequence[str],
    newest: Release,
    shadow: Release | None = None,
    now: datetime,
    kept: timedelta,
    progress: Progress | None = None,
) -> Mined:
    """Find the texts that are worth a label.

    A text enters the queue where the language model or the customer had to say what it means, or where the newest
    release is not sure of it. Texts that are examples already are left out, and so are answers to forms. What the queue
    holds is never added again; open items learn what the newest release thinks of them now.

    Parameters
    ----------
    turns
        Production turns, with the columns `mine_turns.TURN_COLUMNS`.
    bot
        Whose turns.
    queue
        The labelling queue as it is, decided items included.
    examples
        Texts that the next training will learn from.
    newest
        The newest release, whoever answered then.
    shadow
        Another release to ask, if there is one.
    now
        The current time.
    kept
        How long a text that nobody has accepted is kept after it was last said.
    progress
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    Mined
        Mining again what was stored gives no items.
    """
    report = progress or (lambda share, what: None)
    heard = gather(turns, bot=bot, queue=queue)
    left_out = _leave_out_known(heard, bot=bot, queue=queue, examples=examples)
    readings = read_all(heard, newest, progress=part(report, 0.0, 0.5))
    others = read_all(heard, shadow, progress=part(report, 0.5, 0.8)) if shadow is not None else {}
    for key, reading in readings.items():
        heard[key].propose("classifier", reading.intent_id, reading.confidence)
    for key, reading in others.items():
        heard[key].propose("shadow", reading.intent_id, reading.confidence)
    needs = {key: need_of(one, readings[key]) for key, one in heard.items()}
    asked = _asked_in_need(newest)
    worth = {key: one for key, one in heard.items() if one.item or one.words_of(*asked) or needs[key] >= MIN_NEED}
    report(0.8, "grouping what is nearly the same")
    groups = group_alike(worth, queue=queue, examples=examples)
    left_out |= {UNDERSTOOD: len(heard) - len(worth), BETWEEN: len(worth) - len(groups)}
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


def need_of(one: Heard, reading: Reading) -> float:
    """Tell how much a text needs a person: the chance that the release, left alone, gets it wrong.

    It grows as the margin over the second intent shrinks, as other witnesses disagree, and where the customer had to
    be asked.

    Parameters
    ----------
    one
        The text and its witnesses.
    reading
        What the newest release makes of it.

    Returns
    -------
    float
        In [0, 1].
    """
    others = one.words_of("llm", "clarification", "shadow")
    agreement = sum(word == reading.intent_id for word in others) / len(others) if others else 1.0
    trust = CHOSEN if one.words_of("clarification") else 1.0
    return 1.0 - reading.margin * agreement * trust


def _leave_out_known(
    heard: dict[str, Heard], *, bot: str, queue: Sequence[LabelItem], examples: Sequence[str]
) -> dict[str, int]:
    """Drop what is decided or taught, and count it."""
    decided = {item.id for item in queue if item.status != "open"} & heard.keys()
    taught = ({label_id(bot, text) for text in examples} & heard.keys()) - decided
    for key in decided | taught:
        del heard[key]
    return {DECIDED: len(decided), TAUGHT: len(taught)}


def _asked_in_need(newest: Release) -> tuple[Witness, ...]:
    """Name the witnesses that are asked only where a release is not sure; some bots ask the language model first."""
    llm = newest.definition.llm
    return ("clarification",) if llm is not None and llm.mode == "zero_shot" else ("clarification", "llm")


def _agreed(one: Heard, reading: Reading, other: Reading | None, newest: Release) -> str | None:
    """Give the intent that a release trained since, the language model and the customer agree on, if they do.

    The customer's word or the language model's must be there. `None of the intents` is for a person to say: it may be
    an intent that the bot does not have yet.
    """
    words = {*one.words_of("llm", "clarification"), reading.intent_id}
    is_trained_since = newest.version not in {source.release for source in one.sources}
    is_disputed = other is not None and other.is_sure and other.intent_id != reading.intent_id
    if len(words) > 1 or OUT_OF_SCOPE in words or is_disputed:
        return None
    is_witnessed = bool(one.words_of("llm", "clarification"))
    return reading.intent_id if is_witnessed and reading.is_sure and is_trained_since else None


def _item(one: Heard, bot: str, group: Group, now: datetime, kept: timedelta) -> LabelItem:
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
