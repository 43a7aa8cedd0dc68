"""A bot in Python, on a real database, with releases that it trains itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Unpack

import pandas as pd
import pytest

import serving.lab
from pipelines.errors import BotError, DataRejected, ModelNotLoaded, NotFound, StoreUnavailable, UserInputError
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.lab.background import with_database
from serving.lab.bot import Bot
from serving.lab.options import PLACED, TrainOptions
from serving.lab.training import TrainingResult
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
from tests.support.bots import TINY_BOT_WIRE
from tests.support.docs import ROOT
from tests.support.records import now, turn_record
from tests.support.servers import ENGINES, free_port, mongo_server

GUIDE = ROOT / "pipelines" / "docs" / "notebooks.md"
QUICK: TrainOptions = {"encoder": "none", "min_accuracy": 0.0, "min_entity_f1": 0.0, "max_latency_ms": 5000.0}


class QuickBot(Bot):
    """Trains without a sentence encoder, which takes most of the time."""

    def train(self, **options: Unpack[TrainOptions]) -> TrainingResult:
        quick: TrainOptions = {**options, **QUICK}
        return super().train(**quick)


@dataclass(frozen=True)
class Platform:
    """A home folder, the first version of its bot `default`, and everything that the guide's code has made since."""

    home: Path
    first: TrainingResult
    made: dict[str, Any]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Give a platform on which the guide's code has run from top to bottom."""
    home = tmp_path_factory.mktemp("home")
    with mongo_server(ENGINES[0], tmp_path_factory.mktemp("mongo")) as uri, pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", home), ("MONGO_URI", uri), ("MLFLOW_PORT", free_port())):
            patch.setenv(f"INTENTLOOP_{name}", str(value))
        patch.setattr(serving.lab, "Bot", QuickBot)
        with_database(Settings(mongo_uri=uri), fill)
        first = QuickBot("default").train(replays=0)
        made: dict[str, Any] = {}
        for block in re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            exec(block, made)
        yield Platform(home, first, made)


async def fill(database: Database) -> None:
    await Schema(database).ensure()
    await import_bot(database, TINY_BOT_WIRE, bot="default", source="test")
    log = TurnLog(database, ttl=timedelta(days=90))
    await log.append(turn_record("default", 1, "m1", text="where is it"))


pytestmark = [
    pytest.mark.slow,
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),  # of the notebook libraries
]


def test_guide_trains_a_second_version_on_its_own_rows(platform: Platform) -> None:
    result = platform.made["result"]
    assert (platform.first.version, result.version) == ("1", "2")
    assert result.passed
    assert "passed the gate. `bot.promote(2)` puts it into production." in str(result)
    assert "did not pass" not in result._repr_html_()


def test_releases_are_plain_rows(platform: Platform) -> None:
    table = QuickBot().releases
    assert table["version"].tolist() == [2, 1]
    assert table["gate"].tolist() == ["passed", "passed"]
    assert "production" in table["aliases"][1]
    assert table["registered_at"].notna().all()


def test_predict_says_what_a_customer_would_get(platform: Platform) -> None:
    release = platform.made["release"]
    texts = pd.Series(["where is my order ORD-1042", "...", "zxqv wjkk"], index=["a", "b", "c"])
    table = release.predict(texts)
    assert table.index.tolist() == ["a", "b", "c"]
    assert table.loc["a", "intent"] == "track_order"
    assert table.loc["a", "entities"] == [{"start": 18, "end": 26, "type": "order_id", "value": "ORD-1042"}]
    assert table["decision"].tolist() == ["answered", "refused", "refused"]
    assert table.loc["b", "intent"] == ""
    assert release.predict("hello")["intent"].tolist() == ["greet"]
    assert release.predict(pd.DataFrame({"text": ["hello"]})).equals(release.predict(["hello"]))
    with pytest.raises(UserInputError, match="1 of 2 rows hold no text, at the index 1"):
        release.predict(["hello", None])
    with pytest.raises(UserInputError, match="needs one column 'text'; its columns are: words"):
        release.predict(pd.DataFrame({"words": ["hello"]}))


def test_compare_says_which_is_better_and_on_what(platform: Platform) -> None:
    bot = QuickBot()
    assert "held out in both trainings" in str(platform.made["compared"])
    assert set(platform.made["compared"].figures.columns) >= {"first", "second", "difference", "low", "high"}
    same = bot.compare(1, 1, on=platform.made["shorter"])
    assert same.is_same
    assert "They have the same files" in str(same)
    with pytest.raises(UserInputError, match="no utterance to compare on"):
        bot.compare(1, 2, on=[])


def test_a_release_is_found_by_any_of_its_names(platform: Platform) -> None:
    bot = QuickBot()
    names = (1, "1", "production", "@production", "models:/intentloop-default@production", "newest")
    assert [bot.release(name).version for name in names] == ["1", "1", "1", "1", "1", "2"]
    assert bot.newest.gate == "passed"
    assert str(bot.production) == "version 1 of bot 'default'; gate passed; production"
    with pytest.raises(NotFound, match="there is no version '77'"):
        bot.release(77)
    with pytest.raises(ModelNotLoaded):
        bot.release("nobody")
    with pytest.raises(UserInputError, match=r"use Bot\('other'\)"):
        bot.release("models:/intentloop-other/1")


async def test_moves_work_where_an_event_loop_runs_as_in_a_notebook(platform: Platform) -> None:
    bot = QuickBot()
    moved = bot.promote(2, why="better")
    assert (moved.version, moved.before) == ("2", "1")
    assert "version 2 of bot 'default' carries the alias production, before it version 1" in repr(moved)
    back = bot.roll_back()
    assert (back.version, bot.production.version) == ("1", "1")


def test_what_customers_wrote_comes_as_tables(platform: Platform) -> None:
    bot = QuickBot()
    assert bot.turns(since=timedelta(days=1))["text"].tolist() == ["where is it"]
    assert bot.turns(since=now())["text"].tolist() == []
    assert bot.labels.empty
    assert bot.score(since="1d")[["thread_id", "turn"]].to_numpy().tolist() == [["t", 1]]
    for since in ("yesterday", "2999-01-01", now() + timedelta(days=1)):
        with pytest.raises(UserInputError, match=r"is not a time|is in the future"):
            bot.turns(since=since)


def test_used_rows_keep_what_the_drafts_say_about_their_intents(platform: Platform) -> None:
    bot = QuickBot()
    span = {"start": 9, "end": 14, "type": "order_id", "value": "ORD-1"}
    rows = [("where is [ORD-1](order_id)", "track_order"), ("any shops", "shops"), ("what a day", "__oos__")]
    report = bot.use(pd.DataFrame(rows, columns=["text", "intent"]))
    assert str(report).startswith("a DataFrame of 3 rows: 2 examples of 2 intents, 1 annotation; 1 out of scope")
    assert "enough_examples" in {finding.check for finding in report.findings.findings}
    examples = bot.examples.set_index("intent")
    assert examples.loc["track_order", "text"] == "where is ORD-1"
    assert examples.loc["track_order", "entities"] == [span]
    assert examples.loc["__oos__", "text"] == "what a day"
    intents = bot.definition.intent_by_id()
    assert intents["track_order"].api_trigger
    assert intents["shops"].training_data
    assert intents["order_product"].training_data == ()
    assert intents["cancel"].training_data  # every bot needs it
    assert len(QuickBot().examples) > 40  # the drafts are as they were
    bot.use(None)
    assert len(bot.examples) == len(QuickBot().examples)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"text": ["hi"]}), "no column seems to hold the intents"),
        (pd.DataFrame({"text": [], "intent": []}), "no rows"),
        (pd.DataFrame({"text": ["what a day"], "intent": ["__oos__"]}), "no text with an intent"),
    ],
    ids=["no intent", "empty", "out of scope alone"],
)
def test_use_refuses_a_table_it_cannot_read_and_keeps_the_one_before(
    platform: Platform, frame: pd.DataFrame, says: str
) -> None:
    bot = QuickBot()
    with pytest.raises(DataRejected, match=says):
        bot.use(frame)
    assert "examples of the drafts" in repr(bot)


def test_use_says_what_it_has_left_out(platform: Platform) -> None:
    rows = [("hi there", "greet"), (None, "greet"), ("hi you", float("nan"))]
    said = str(QuickBot().use(pd.DataFrame(rows, columns=["text", "intent"], index=["a", "b", "c"])))
    assert "1 row left out for lack of a text: index b" in said
    assert "1 row left out for lack of an intent" in said


def test_a_bot_of_rows_alone_is_a_whole_bot(platform: Platform) -> None:
    bot = QuickBot("nobody")
    bot.use(pd.DataFrame({"text": ["hi there", "open when", "open today"], "intent": ["greet", "hours", "hours"]}))
    assert {"greet", "hours", "cancel", "fallback"} <= bot.definition.intent_by_id().keys()


def test_train_refuses_options_that_are_none(platform: Platform) -> None:
    bot = Bot()
    with pytest.raises(UserInputError, match="'encoderr' is no option of a training, did you mean 'encoder'"):
        bot.train(encoderr="none")  # type: ignore[call-arg]
    with pytest.raises(UserInputError, match="'bot' is not an option of a training"):
        bot.train(bot="other")  # type: ignore[call-arg]
    with pytest.raises(UserInputError, match="holdout_share: Input should be less than or equal to"):
        bot.train(holdout_share=7)


def test_options_are_the_parameters_of_a_training() -> None:
    assert TrainOptions.__annotations__.keys() == TrainParams.model_fields.keys() - PLACED, "add it to TrainOptions too"


def test_errors_are_one_sentence_in_a_notebook() -> None:
    assert UserInputError("name one")._render_traceback_() == ["UserInputError: name one"]


def test_nothing_running_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=200")
    monkeypatch.setenv("INTENTLOOP_MLFLOW_PORT", str(free_port()))
    bot = Bot("default", home=tmp_path)
    assert f"releases at sqlite:///{tmp_path}/notebook-mlflow/mlflow.db" in repr(bot)
    with pytest.raises(StoreUnavailable):
        bot.turns()
    with pytest.raises(BotError, match="no model 'intentloop-default' is registered"):
        _ = bot.releases
    with pytest.raises(UserInputError, match="is no bot's name"):
        Bot("../x")
