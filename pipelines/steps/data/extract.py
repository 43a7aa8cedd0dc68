"""Step 1: read a bot and its examples from MongoDB or a bot file."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipelines.botfile.check import check_content
from pipelines.botfile.read import read_content
from pipelines.botfile.spans import repair_spans
from pipelines.botfile.test_rows import test_set_of
from pipelines.errors import DataRejected, no_such_bot
from pipelines.home import get_settings
from pipelines.schemas import html
from pipelines.schemas.bot import BotFile
from pipelines.schemas.drafts import bot_wire
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.keys import BOTS, ENTITIES, INTENTS
from pipelines.schemas.test_sets import FixedTestSet
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.frame import COLUMNS, frame_of, to_frame
from pipelines.steps.data.labels import LABEL_COLUMNS, accepted_labels, read_items
from pipelines.steps.data.mongo import open_database
from pipelines.steps.data.snapshot import stored_form
from pipelines.steps.data.test_set import read_test_set


@dataclass(frozen=True)
class Extract:
    """The input of a training.

    Attributes
    ----------
    bot_file
        The bot as its authors last saved it.
    frame
        One row per example, with the columns `COLUMNS`, ordered by intent and example.
    source
        Its name in messages.
    production
        Accepted labels that are held out: never trained on, evaluated separately. Columns as `labels.LABEL_COLUMNS`.
    notes
        What was left out, in sentences.
    test_set
        The bot's fixed test set, if it has one: never trained on.
    converted
        What was read differently from how the bot file writes it, in sentences.
    """

    bot_file: BotFile
    frame: pd.DataFrame
    source: str
    production: pd.DataFrame = field(default_factory=lambda: frame_of((), columns=LABEL_COLUMNS))
    notes: tuple[str, ...] = ()
    test_set: FixedTestSet | None = None
    converted: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """Render for a notebook: size and first rows."""
        n_intents, n_types = len(self.bot_file.intents), len(self.bot_file.entities)
        size = f"{self.source}: {len(self.frame):,} examples, {n_intents} intents, {n_types} entity types"
        first = stored_form(self.frame.head())
        rows = [[str(value) for value in row] for row in first.itertuples(index=False)]
        return html.block(html.line(size), *map(html.line, self.notes), html.table(COLUMNS, rows))


def extract_examples(params: TrainParams | Path | str, settings: Settings | None = None) -> Extract:
    """Read the drafts in MongoDB or a bot file, whichever `params` names, and the out-of-scope file if any.

    In a notebook, `params` may be the path of a bot file, or `mongo` for the drafts of the default bot.
    """
    settings = settings or get_settings()
    if not isinstance(params, TrainParams):
        params = TrainParams(bot=settings.default_bot, source=str(params))
    if params.source == "mongo":
        found = extract_from_mongo(settings.resolved_mongo_uri, settings.mongo_database, params.bot)
    else:
        found = extract_from_file(Path(params.source))
    return replace(found, frame=add_out_of_scope(found.frame, params.out_of_scope_file))


def extract_from_mongo(uri: str, database: str, bot: str) -> Extract:
    """Read a bot's drafts and accepted labels from MongoDB.

    Raises
    ------
    NotFound
        The database has no intent of this bot.
    StoreUnavailable
        The database does not answer.
    """
    with open_database(uri, database) as place:
        intents = list(place[INTENTS].find({"bot": bot}))
        entities = list(place[ENTITIES].find({"bot": bot}))
        top = place[BOTS].find_one({"_id": bot})
    if not intents:
        raise no_such_bot(bot)
    drafts = extract_from_wire(bot_wire(top, intents=intents, entities=entities), source=f"bot {bot!r} in MongoDB")
    accepted = accepted_labels(
        read_items(uri, database, bot),
        intents=[intent.intent_id for intent in drafts.bot_file.intents],
        written=drafts.frame["text"],
    )
    frame = pd.concat([drafts.frame, accepted.train[list(COLUMNS)]], ignore_index=True)
    test_set = read_test_set(uri, database, bot)
    return replace(drafts, frame=frame, production=accepted.holdout, notes=accepted.notes, test_set=test_set)


def extract_from_file(file: Path) -> Extract:
    """Read a bot file, as `intentloop import` does; `DataRejected` if missing, not JSON, or not a bot.

    Annotations with wrong offsets are corrected.
    """
    checked = check_content(read_content(file), source=str(file))
    wire = dict(checked.wire)
    wire["intents"], repairs = repair_spans(wire.get("intents", []), entities=wire.get("entities", []))
    return replace(extract_from_wire(wire, source=str(file)), converted=(*checked.notes, *repairs))


def read_examples(file: Path) -> list[Example]:
    """Read labelled utterances from a JSONL file, one row per line: ``{"id","text","intent","entities"}``.

    Empty lines are skipped; `DataRejected` names each unreadable line.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataRejected(str(file), [f"it cannot be read: {error}"]) from error
    examples, problems = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                examples.append(Example.model_validate_json(line))
            except ValidationError as error:
                problems.append(f"line {number}: {_describe(error.errors()[0])}")
    if problems:
        raise DataRejected(str(file), problems)
    return examples


def add_out_of_scope(frame: pd.DataFrame, file: Path | None) -> pd.DataFrame:
    """Append the rows of an out-of-scope file, if any; they only help to fit thresholds."""
    if file is None:
        return frame
    rows = [example.model_copy(update={"intent": OUT_OF_SCOPE, "entities": ()}) for example in read_examples(file)]
    return pd.concat([frame, to_frame(rows, origin="out-of-scope file")], ignore_index=True)


def extract_from_wire(wire: Any, *, source: str) -> Extract:
    """Read the parsed JSON of a bot file; `DataRejected` names each fault with its place."""
    try:
        bot_file = BotFile.model_validate(wire)
    except ValidationError as error:
        problems = [_describe(detail) for detail in error.errors()]
        raise DataRejected(source, problems) from error
    rows = []
    for intent in bot_file.intents:
        for number, example in enumerate(intent.training_data, start=1):
            spans = tuple(
                LabelledSpan(start=span.begin, end=span.end, type=span.name, value=span.value)
                for span in example.entities
            )
            rows.append((f"{intent.intent_id}/{number}", intent.intent_id, example.text, spans, "author"))
    return Extract(bot_file, frame_of(rows), source, test_set=test_set_of(bot_file, bot=""))


def _describe(fault: ErrorDetails) -> str:
    """Describe a fault and its place in the object."""
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]
