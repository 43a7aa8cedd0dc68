"""The built-in out-of-scope utterances: measured on where a bot has none of its own, and never learnt from."""

from collections import Counter
from pathlib import Path

import pytest

from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.verdict import Check
from pipelines.steps.data.extract import Extract, extract_from_wire
from pipelines.steps.data.frame import to_frame
from pipelines.steps.evaluation import generic_out_of_scope
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.evaluation.generic_out_of_scope import check_out_of_scope, rows_for, topics_of
from tests.support.bots import TINY_BOT, TINY_BOT_WIRE, intent

LANGUAGES = sorted(file.stem for file in Path(generic_out_of_scope.__file__).parent.glob("out_of_scope/*.txt"))
TINY = extract_from_wire(TINY_BOT_WIRE, source="tiny")


def extracted(*intents: dict[str, object], language: str = "en") -> Extract:
    return extract_from_wire({**TINY_BOT_WIRE, "intents": intents, "language": language}, source="test")


def checked(model: NluModel, extract: Extract, *, held_out: int = 0) -> Check:
    outside = [Example(id=str(n), text=f"sing {n}", intent=OUT_OF_SCOPE) for n in range(held_out)]
    return check_out_of_scope(model, extract, evaluate_model(model, outside), intent_by_id=TINY_BOT.intent_by_id())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_topics_without_repetition(language: str) -> None:
    topics = topics_of(language)
    texts = [text for topic in topics for text in topic.utterances]
    assert len(texts) >= (60 if language in ("en", "de", "es") else 20)
    assert max(Counter(texts).values()) == 1
    assert all(topic.words and topic.utterances for topic in topics)
    assert all(word == word.lower() for topic in topics for word in topic.words)


def test_topics_of_a_regional_language_are_those_of_the_language() -> None:
    assert topics_of("pt-BR") == topics_of("pt") != ()
    assert topics_of("xx") == topics_of("../en") == ()


def test_check_out_of_scope_warns_of_what_is_missing_and_measures_with_the_built_in_ones(tiny_model: NluModel) -> None:
    check = checked(tiny_model, TINY)
    (note,) = check.notes
    assert note.startswith("the bot has no out-of-scope utterances, so what it does not understand is told by its own")
    assert "built-in utterances that hardly any bot is for" in note
    assert "out-of-scope/BOT.jsonl" in note
    assert check.passed
    (measure,) = check.measures
    assert measure.name == "out-of-scope utterances sent to fallback, of the built-in ones"
    assert measure.limit is None
    assert measure.n is not None
    assert measure.n >= 60
    assert check.figures["built_in_out_of_scope_recall"] == measure.value
    assert set(check.figures) == {f"built_in_out_of_scope_{name}" for name in ("recall", "asked", "answered")}


def test_check_out_of_scope_is_silent_where_there_are_enough_of_its_own(tiny_model: NluModel) -> None:
    assert checked(tiny_model, TINY, held_out=20) == Check()
    few = Extract(TINY.bot_file, to_frame([Example(id="o", text="sing", intent=OUT_OF_SCOPE)]), "few")
    assert (
        checked(tiny_model, few, held_out=1)
        .notes[0]
        .startswith("of the bot's 1 out-of-scope utterances 1 are held out")
    )


def test_check_out_of_scope_of_a_language_without_utterances_says_so(tiny_model: NluModel) -> None:
    check = checked(tiny_model, extracted(intent("greet", "Hi!", ["moikka"]), language="fi"))
    assert "there are none for the language 'fi'" in check.notes[0]
    assert (check.figures, check.measures) == ({}, ())


def weather_bot(intent_id: str, *examples: str) -> Extract:
    return extracted(intent(intent_id, "Sunny.", list(examples)), intent("greet", "Hi!", ["hello"] * 20))


@pytest.mark.parametrize(
    "extract",
    [
        weather_bot("get_weather", "how is it outside", "shall i take a coat"),
        weather_bot("outlook", "will it rain in oslo", "is it raining", "rain tomorrow?", "shall i take a coat"),
    ],
)
def test_rows_for_leaves_out_what_the_bot_knows_about(extract: Extract) -> None:
    rows, left_out = rows_for(extract.bot_file, extract.frame, topics_of("en"))
    assert left_out == ["weather"]
    texts = {row.text for row in rows}
    assert not texts & set(topics_of("en")[0].utterances)
    assert len(texts) > 60


def test_rows_for_is_not_put_off_by_a_word_in_passing() -> None:
    extract = extracted(intent("buy", "Sold.", ["a rain jacket", *(f"buy {n} tents" for n in range(40))]))
    assert rows_for(extract.bot_file, extract.frame, topics_of("en"))[1] == []


def test_rows_for_leaves_out_a_single_utterance_that_resembles_an_example() -> None:
    extract = extracted(intent("eggs", "Six minutes.", ["how long should i boil an egg so the yolk stays runny"]))
    rows, left_out = rows_for(extract.bot_file, extract.frame, topics_of("en"))
    assert left_out == []
    assert not [row for row in rows if "boil an egg" in row.text]


def test_rows_for_a_bot_file_without_examples_are_all(tiny_model: NluModel) -> None:
    rows, _ = rows_for(BotFile(), TINY.frame.iloc[:0], topics_of("en"))
    assert len(rows) == sum(len(topic.utterances) for topic in topics_of("en"))
    assert {row.intent for row in rows} == {OUT_OF_SCOPE}
