"""Texts in which nothing is known never start or leave a form; in a form they may be its answer."""

import pytest

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile
from tests.support.bots import intent
from tests.support.releases import make_release
from tests.support.strange_texts import STRANGE_TEXTS
from tests.support.trained_talk import TrainedTalk

_TABLE = [
    "book a table", "reserve a table for us", "i need a table tonight", "table reservation please", "can we eat here",
    "a table for dinner", "we would like to eat at yours", "get us a table",
]  # fmt: skip
_COMPLAIN = [
    "i want to complain", "file a complaint", "this is bad service", "i am not happy with you", "that was awful",
    "complaint please", "i have to report a problem", "your service is terrible",
]  # fmt: skip
_PLAIN = {
    "hello": ["hello", "hi there", "good morning", "hey", "good evening", "howdy"],
    "thanks": ["thanks", "thank you", "thanks a lot", "much appreciated", "cheers", "great, thanks"],
    "hours": ["when do you open", "opening hours", "are you open today", "until when are you open", "closing time"],
    "menu": ["what is on the menu", "show me the menu", "do you have vegan dishes", "what can i eat", "menu please"],
    "parking": ["can i park there", "is there parking", "where do i leave my car", "parking lot", "parking fee"],
    "wifi": ["is there wifi", "wifi password", "do you have internet", "how do i get online", "wireless network"],
    "job": ["do you have jobs", "i am looking for work", "can i apply", "open positions", "work for you"],
    "cancel": ["cancel", "stop", "never mind", "forget it", "abort", "leave it"],
}
_NUMBER = {"name": "people", "type": "integer", "required": True, "prompt": "How many?"}
_SITE = {"name": "page", "type": "url", "required": True, "prompt": "Which page?"}
_FREE = {"name": "story", "type": "free_text", "required": True, "prompt": "What happened?"}
BOT = BotFile.model_validate(
    {
        "intents": [
            intent("table", "Table for {{ parameters.people }}.", _TABLE, parameters=[_NUMBER]),
            intent("complain", "Noted: {{ parameters.story }}", _COMPLAIN, parameters=[_FREE]),
            intent(
                "broken", "Fixing {{ parameters.page }}", ["a page is broken", "dead link", "404"], parameters=[_SITE]
            ),
            *(intent(name, name.upper(), texts) for name, texts in _PLAIN.items()),
            intent("fallback", "WHAT?", []),
        ]
    }
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return load_release(make_release(tmp_path_factory.mktemp("strange") / "release", BOT), version="1")


@pytest.mark.parametrize("kind", STRANGE_TEXTS)
def test_nothing_known_is_fallback_and_starts_no_form(release: Release, kind: str) -> None:
    for text in STRANGE_TEXTS[kind]:
        talk = TrainedTalk(release)
        assert talk.say(text) == ("WHAT?",), text
        assert (talk.now.route.kind, talk.state.forms) == ("fallback", ())


def test_a_taught_number_is_known(release: Release) -> None:
    assert TrainedTalk(release).say("404") == ("Which page?",)


@pytest.mark.parametrize("kind", [kind for kind in STRANGE_TEXTS if kind != "numbers"])
def test_nothing_known_leaves_no_form_and_is_asked_again(release: Release, kind: str) -> None:
    for text in STRANGE_TEXTS[kind]:
        talk = TrainedTalk(release)
        talk.say("book a table")
        talk.say(text)
        assert (talk.now.route.kind, talk.asked, talk.slots) == ("form", "people", {}), text


@pytest.mark.parametrize(("text", "people"), [("4", 4), ("12", 12), ("7", 7), ("8 .", 8)])
def test_a_number_answers_the_question_for_one(release: Release, text: str, people: int) -> None:
    talk = TrainedTalk(release)
    assert talk.say("book a table", text) == (f"Table for {people}.",)


def test_an_address_answers_the_question_for_one(release: Release) -> None:
    talk = TrainedTalk(release)
    assert talk.say("a page is broken", "https://example.org/x") == ("Fixing https://example.org/x",)


@pytest.mark.parametrize("kind", [kind for kind in STRANGE_TEXTS if kind != "emoji"])
def test_any_text_answers_a_question_for_text(release: Release, kind: str) -> None:
    for text in STRANGE_TEXTS[kind]:
        talk = TrainedTalk(release)
        talk.say("file a complaint")
        assert talk.say(text) == (f"Noted: {text}",)
