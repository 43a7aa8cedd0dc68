"""Bots of ai-chatbot-framework, imported, trained and talked to: each does at least what it did there.

The files in `exports/` are ours, in the shapes that its versions write: the second version's with and without entities,
details and a tool; the first version's as an array, as lines of `mongoexport`, and with stories instead of intents.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.botfile.check import check_content
from pipelines.botfile.read import parse_content
from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile, Intent
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from tests.support.bots import intent
from tests.support.releases import make_release
from tests.support.trained_talk import TrainedTalk

EXPORTS = Path(__file__).parent / "exports"
FILES = sorted(path.name for path in EXPORTS.iterdir())

Train = Callable[[bytes], Awaitable[tuple[BotFile, Release]]]


@pytest.fixture
def train(database: Database, new_name: str, tmp_path: Path) -> Train:
    async def imported(data: bytes) -> tuple[BotFile, Release]:
        await import_bot(database, parse_content(data, source="f"), bot=new_name, source="f")
        bot = BotFile.model_validate(await export_bot(database, bot=new_name))
        return bot, load_release(make_release(tmp_path / "release", bot), version="1")

    return imported


def marked(intent: Intent) -> list[tuple[str, dict[str, Any]]]:
    """Return an intent's examples, and the values that they mark by parameter."""
    name_by_type = {parameter.type: parameter.name for parameter in intent.parameters}
    return [
        (row.text, {name_by_type[span.name]: span.value for span in row.entities if span.name in name_by_type})
        for row in intent.training_data
    ]


@pytest.mark.model
@pytest.mark.parametrize("name", FILES)
async def test_an_export_answers_its_own_examples_with_the_values_that_they_mark(name: str, train: Train) -> None:
    bot, release = await train((EXPORTS / name).read_bytes())
    asked = [(each, text, values) for each in bot.intents for text, values in marked(each)]
    assert len(asked) >= 10
    for own, text, values in asked:
        talk = TrainedTalk(release)
        replies = talk.say(text, result={"state": "on its way"})
        assert (talk.now.route.intent_id, talk.slots) == (own.intent_id, values), text
        assert replies
        missing = [each.prompt for each in own.parameters if each.required and each.name not in values]
        assert replies[-1] == missing[0].rpartition("###")[2].strip() if missing else talk.asked is None


def _wrapped(data: bytes) -> bytes:
    return json.dumps({"intents": json.loads(data), "entities": []}).encode()


def _without_ids(data: bytes) -> bytes:
    rows = [{name: value for name, value in row.items() if name != "_id"} for row in json.loads(data)]
    for row in rows:
        row["parameters"] = [{**each, "id": "5"} for each in row.get("parameters", ())]
    return _wrapped(json.dumps(rows).encode())


def _as_lines(data: bytes) -> bytes:
    return "\n".join(json.dumps(row) for row in json.loads(data)).encode("utf-16")


@pytest.mark.model
@pytest.mark.parametrize("write", [_wrapped, _without_ids, _as_lines])
async def test_a_first_version_bot_takes_marked_values_and_whole_answers(
    write: Callable[[bytes], bytes], train: Train
) -> None:
    _, release = await train(write((EXPORTS / "first_array.json").read_bytes()))
    talk = TrainedTalk(release)
    assert talk.say("rent a canoe on lake Arden") == ("A canoe on Arden.",)
    assert TrainedTalk(release).say("i need a boat") == ("Which boat?",)

    talk = TrainedTalk(release)
    assert talk.say("i need a boat", "a kayak please") == ("On which lake?",)
    assert talk.slots == {"boat": "kayak"}
    assert talk.say("Upper Zelwitz, the northern shore") == ("A kayak on Upper Zelwitz, the northern shore.",)

    talk = TrainedTalk(release)
    assert talk.say("i need a boat", "something with a motor") == ("On which lake?",)
    assert talk.slots == {"boat": "something with a motor"}

    talk = TrainedTalk(release)  # a parameter whose name marks nothing is free text, whatever is found in the answer
    assert talk.say("i want to complain") == ("What happened?",)
    assert talk.say("the canoe on lake Arden leaked") == ("Noted: the canoe on lake Arden leaked",)


@pytest.mark.model
async def test_a_value_of_another_question_is_not_the_whole_answer(train: Train) -> None:
    _, release = await train((EXPORTS / "first_array.json").read_bytes())
    talk = TrainedTalk(release)
    assert talk.say("i need a boat", "on lake Mirow") == ("Which boat?",)
    assert talk.slots == {"lake": "Mirow"}
    assert talk.say("canoe") == ("A canoe on Mirow.",)


@pytest.mark.model
async def test_a_first_version_bot_in_german_maps_synonyms_and_takes_whole_names(train: Train) -> None:
    _, release = await train((EXPORTS / "first_lines.json").read_bytes())
    talk = TrainedTalk(release)
    assert talk.say("ich brauche einen termin") == ("Was soll gemacht werden?",)
    assert talk.say("haarschnitt") == ("Bei wem?",)
    assert talk.say("wer gerade frei ist") == ("Termin: schneiden bei wer gerade frei ist",)


async def test_collections_that_are_imported_one_after_the_other_make_one_bot(
    database: Database, new_name: str
) -> None:
    intents, entities = [], []
    for line in (EXPORTS / "first_lines.json").read_text(encoding="utf-8-sig").splitlines():
        (entities if '"entity_values"' in line else intents).append(line)
    await import_bot(database, parse_content("\n".join(entities).encode(), source="e"), bot=new_name, source="e")
    content = parse_content("\n".join(intents).encode(), source="i")
    for _ in range(2):  # the second time changes nothing
        report = await import_bot(database, content, bot=new_name, source="i")
        assert len(report.notes) == 2
    found = await export_bot(database, bot=new_name)
    assert [(entity["name"], len(entity["entity_values"])) for entity in found["entities"]] == [
        ("leistung", 3),
        ("friseur", 0),
    ]


@pytest.fixture(scope="module")
def trains(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give a bot whose two parameters have values of one kind: only the words beside them tell which is meant."""
    rows = [
        "a train from [Oslo](origin) to [Bergen](target)", "book a train from [Bath](origin) to [York](target)",
        "a ticket to [Leeds](target)", "i want to go from [Hull](origin) to [Ely](target)", "i need a train",
        "i want to travel to [Ripon](target)", "train from [Derby](origin) please", "book a ticket",
        "leaving [Truro](origin) for [Wells](target)",
    ]  # fmt: skip
    asks = [
        {"name": name, "type": "free_text", "required": True, "prompt": f"{name}?"} for name in ("origin", "target")
    ]
    ride = "From {{ parameters.origin }} to {{ parameters.target }}."
    stop = ["cancel", "stop this", "never mind", "forget it"]
    wire = [intent("ride", ride, rows, parameters=asks), intent("cancel", "Stopped.", stop)]
    bot = BotFile.model_validate(check_content(wire, source="f").wire)
    return load_release(make_release(tmp_path_factory.mktemp("trains") / "release", bot), version="1")


@pytest.mark.model
@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (("a train from York to Bath",), "From York to Bath."),
        (("i need a train", "Oslo", "Bergen"), "From Oslo to Bergen."),
        (("i need a train", "York", "Bath"), "From York to Bath."),
        (("i need a train", "to York", "Bath"), "From Bath to York."),
        (("i need a train", "from York to Bath"), "From York to Bath."),
        (("i need a train", "Upper Zelwitz", "the old mill"), "From Upper Zelwitz to the old mill."),
        (("i need a train", "the old mill", "???"), "target?"),
        (("i need a train", "the old mill", "not the station"), "target?"),
        (("i need a train", "the old mill", "i do not know yet"), "target?"),
        (("i need a train", "not Oslo"), "origin?"),
        (("i need a train", "the old mill", "\N{THUMBS UP SIGN}"), "target?"),
        (("i need a train", "the old mill", " "), "target?"),
    ],
)
def test_a_bare_value_answers_the_question_and_others_go_by_their_words(
    trains: Release, said: tuple[str, ...], reply: str
) -> None:
    assert TrainedTalk(trains).say(*said)[-1] == reply


@pytest.mark.model
def test_a_whole_answer_does_not_keep_a_customer_who_wants_to_stop(trains: Release) -> None:
    talk = TrainedTalk(trains)
    talk.say("i need a train", "never mind")
    assert talk.now.route.kind == "cancel"
    assert talk.state.forms == ()
