"""All sources of entities in one model: learnt, patterns, look-up lists, system entities, roles."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipelines.nlu.entities.finder import EntityFinder
from pipelines.nlu.entities.synonyms import KnownPhrase
from pipelines.nlu.model import NluModel
from pipelines.nlu.text import Token
from pipelines.schemas.bot import BotFile
from tests.support.bots import intent, parameter
from tests.support.releases import examples_of

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
CITIES = [{"value": city, "synonyms": []} for city in ("Bath", "York", "Leeds")]
BOT = BotFile.model_validate(
    {
        "intents": [
            intent(
                "travel",
                "Off you go.",
                [
                    "a train to [York](city)",
                    "from [Bath](city) to [York](city)",
                    "travel from [York](city)",
                    "a ticket",
                ],
                parameters=[
                    {**parameter("origin", "From where?"), "type": "city", "cues": ["from"]},
                    {**parameter("target", "Where to?"), "type": "city", "cues": ["to", "for"]},
                    {**parameter("day", "When?"), "type": "sys.date"},
                    {**parameter("seats", "How many?"), "type": "integer"},
                ],
            ),
            intent("greet", "Hello!", ["hello", "hi", "good morning"]),
            intent("voucher", "Thanks.", ["here is my voucher", "i have a voucher code", "use my code"]),
        ],
        "entities": [
            {"name": "city", "entity_values": CITIES},
            {"name": "voucher_code", "entity_values": [], "pattern": r"V-\d{3,5}"},
            {"name": "meal", "entity_values": [{"value": "breakfast", "synonyms": ["fry up"]}], "lookup": True},
        ],
    }
)


@pytest.fixture(scope="module", params=["fitted", "loaded"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NluModel:
    fitted = NluModel().fit(examples_of(BOT), BOT.entities, intents=BOT.intents)
    if request.param == "fitted":
        return fitted
    folder: Path = tmp_path_factory.mktemp("model")
    fitted.save(folder)
    return NluModel.load(folder)


def values(model: NluModel, text: str, *, now: datetime | None = None) -> list[tuple[str, str, str | None, str]]:
    return [(span.type, span.value, span.role, span.source) for span in model.parse(text, now=now).entities]


def test_find_takes_from_every_source_in_the_order_of_the_text(model: NluModel) -> None:
    assert values(model, "travel from York tomorrow, with a fry up, voucher V-1234", now=NOW) == [
        ("city", "York", "origin", "tagger"),
        ("sys.date", "2026-11-19", None, "system"),
        ("meal", "breakfast", None, "lookup"),
        ("voucher_code", "V-1234", None, "pattern"),
    ]


def test_find_without_a_moment_keeps_relative_dates_as_written(model: NluModel) -> None:
    assert values(model, "tomorrow") == [("sys.date", "tomorrow", None, "system")]


def test_find_only_the_system_types_that_parameters_have(model: NluModel) -> None:
    assert model.finder_.system_types_ == ("sys.date", "sys.integer")
    text = "mail me@example.org for 5 people, 7:30 pm, 2.50 euros"
    assert values(model, text) == [("sys.integer", "5", None, "system")]


def test_find_gives_roles_by_their_cues(model: NluModel) -> None:
    assert [span[:3] for span in values(model, "to York from Bath")] == [
        ("city", "York", "target"),
        ("city", "Bath", "origin"),
    ]


def test_find_gives_roles_though_another_intent_is_likelier(model: NluModel) -> None:
    result = model.parse("good morning voucher, hello from Bath to York")
    assert result.ranking[0].intent_id != "travel"
    assert [span.role for span in result.entities] == ["origin", "target"]


def test_fit_without_intents_looks_for_no_system_type() -> None:
    assert NluModel().fit(examples_of(BOT), BOT.entities).finder_.system_types_ == ()


def test_fit_reads_dates_in_the_bots_language() -> None:
    german = NluModel(language="de").fit(examples_of(BOT), BOT.entities, intents=BOT.intents)
    assert values(german, "hello \u00fcbermorgen", now=NOW) == [("sys.date", "2026-11-20", None, "system")]


def test_from_parts_an_older_release_keeps_the_tokens_that_its_tagger_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = BotFile.model_validate(
        {
            "intents": [
                intent(
                    "weather", "Dry.", ["[上海](city)天气", "[北京](city)天气好吗", "天气预报", "[广州](city) 天气"]
                ),
                intent("greet", "Hello!", ["你好", "您好", "早上好"]),
            ],
            "entities": [{"name": "city"}],
        }
    )
    model = NluModel().fit(examples_of(bot), bot.entities, intents=bot.intents)
    settings, arrays = model.finder_.to_parts()
    assert settings.pop("tokens") == 2
    taggers_words = []

    def remember(tokens: list[Token]) -> list[KnownPhrase]:
        taggers_words.append([token.text for token in tokens])
        return []

    for parts in (settings, {**settings, "tokens": 2}):
        finder = EntityFinder.from_parts(parts, arrays, model.finder_.tagger_.model_)
        monkeypatch.setattr(finder.memory_, "find", remember)
        finder.find(model.features_.read("上海 天气"), ["weather"], np.ones(2, dtype=np.float32))
    assert taggers_words == [["上海", "天气"], ["上", "海", "天", "气"]]


TICKETS = BotFile.model_validate(
    {
        "language": "de",
        "intents": [
            intent(
                "tickets",
                "Gut.",
                [
                    "zwei karten für [hamburg](city)", "karten für [köln](city)",
                    "drei karten für [bremen](city) bitte",
                    "ich möchte karten für [essen](city)", "karten kaufen", "eine karte für [montag](city)",
                    "karten bis [freitag](deadline)",
                ],
                parameters=[parameter("city", "Wohin?"), {**parameter("day", "Wann?"), "type": "date"}],
            ),
            intent("greet", "Hallo!", ["hallo", "guten tag", "hi", "moin"]),
        ],
        "entities": [{"name": "city"}, {"name": "deadline"}],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def tickets() -> NluModel:
    return NluModel(language="de").fit(examples_of(TICKETS), TICKETS.entities, intents=TICKETS.intents)


def test_find_a_date_is_no_value_that_the_tagger_guesses_from_its_place(tickets: NluModel) -> None:
    found = values(tickets, "zwei karten für übermorgen", now=NOW)
    assert found == [("sys.date", "2026-11-20", None, "system")]


def test_find_an_article_alone_is_no_value(tickets: NluModel) -> None:
    found = values(tickets, "karten für den 3. dezember", now=NOW)
    assert found == [("sys.date", "2026-12-03", None, "system")]


def test_find_an_annotated_value_is_the_bots_own_though_it_looks_like_a_date(tickets: NluModel) -> None:
    assert values(tickets, "zwei karten für montag", now=NOW) == [("city", "montag", None, "tagger")]


def test_from_parts_knows_which_types_are_like_dates(tickets: NluModel) -> None:
    settings, arrays = tickets.finder_.to_parts()
    assert settings["alike"] == {"deadline": ["sys.date"]}
    assert EntityFinder.from_parts(settings, arrays, b"").alike_ == settings["alike"]
    del settings["alike"]
    assert EntityFinder.from_parts(settings, arrays, b"").alike_ is None
