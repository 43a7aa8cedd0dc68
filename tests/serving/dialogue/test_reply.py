import pytest

from pipelines.schemas.bot import Intent
from serving.dialogue.messages import QuickReply
from serving.dialogue.phrases import PHRASES, SERVICE_UNAVAILABLE
from serving.dialogue.reply import Reply, ReplyValues, render_texts, respond, say

VALUES = ReplyValues(context={"username": "Ann"}, parameters={"city": "a###b"}, result={"n": 2}, seed="s")


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("Hello", ("Hello",)),
        ('Hi {{ context["username"] }} ### What now?', ("Hi Ann", "What now?")),
        ("a###  ###b", ("a", "b")),
        ("", ()),
        ("{{ nope }}", ()),
        ("{{ parameters.city }}", ("a###b",)),
        ("{% if result.n > 1 %}one ### two{% endif %}", ("one", "two")),
    ],
)
def test_render_texts_splits_where_the_author_said(template: str, texts: tuple[str, ...]) -> None:
    assert render_texts(template, VALUES).texts == texts


def test_respond_names_a_template_that_cannot_be_rendered() -> None:
    intent = Intent(name="a", intent_id="a", speech_response="{{ 1 / 0 }}")
    reply = respond(intent, VALUES, otherwise="x", phrases=PHRASES["en"])
    assert reply.texts == (SERVICE_UNAVAILABLE,)
    assert reply.problem is not None
    assert "response of 'a'" in reply.problem


@pytest.mark.parametrize(
    ("response", "texts"),
    [
        ("Booked. ### It costs {{ result.n / 0 }}. ### See you!", ("Booked.", "<done but>", "See you!")),
        ("{{ 1 / 0 }} ### {{ result.n }} ### {{ 1 / 0 }}", ("<done but>", "2")),
        ("{% if 'a' > 1 %}x{% endif %} ### Same. ### Same.", ("<done but>", "Same.", "Same.")),
        ("{% for n in [1, 0] %}{{ 1 / n }}###{% endfor %}End", ("1.0", "<done but>", "End")),
        ("{{ unclosed", ("<done but>",)),
        ("One ### {% for a in context.username * 2 %}x{% endfor %}", ("One", "<done but>")),
        ("One ### Two {{ 'x' | nosuchfilter }}", ("<done but>",)),
    ],
)
@pytest.mark.parametrize("language", PHRASES)
def test_respond_says_what_it_can_after_a_tool_has_acted(response: str, texts: tuple[str, ...], language: str) -> None:
    intent = Intent(name="a", intent_id="a", speech_response=response)
    acted = VALUES.model_copy(update={"has_acted": True})
    reply = respond(intent, acted, otherwise="x", phrases=PHRASES[language])
    assert reply.texts == tuple(PHRASES[language].done_but if text == "<done but>" else text for text in texts)
    assert reply.problem is not None


def test_phrases_say_in_each_language_that_it_is_done() -> None:
    assert len({phrases.done_but for phrases in PHRASES.values()}) == len(PHRASES)
    assert all(phrases.done_but.strip() and "{" not in phrases.done_but for phrases in PHRASES.values())


def test_respond_of_a_missing_intent_says_the_plain_sentence() -> None:
    assert respond(None, VALUES, otherwise="plain", phrases=PHRASES["en"]).texts == ("plain",)


def test_respond_chooses_among_the_variants_by_the_seed() -> None:
    intent = Intent(name="a", intent_id="a", speech_response="One", speech_responses=("Two", " ", "Three###!"))
    said = [
        respond(intent, VALUES.model_copy(update={"seed": str(seed)}), otherwise="x", phrases=PHRASES["en"]).texts
        for seed in (*range(30), *range(30))
    ]
    assert set(said) == {("One",), ("Two",), ("Three", "!")}
    assert said[:30] == said[30:]


def test_respond_puts_the_buttons_under_the_last_message() -> None:
    wire = {"name": "a", "intentId": "a", "speechResponse": "1###2", "quickReplies": [{"title": "T", "payload": "/b"}]}
    reply = respond(Intent.model_validate(wire), VALUES, otherwise="x", phrases=PHRASES["en"])
    assert [message.quick_replies for message in reply.messages] == [(), (QuickReply(title="T", payload="/b"),)]


def test_reply_then_keeps_the_first_problem() -> None:
    broken = say("sorry").model_copy(update={"problem": "p"})
    assert say("a").then(broken).then(say("b")) == Reply(messages=say("a", "sorry", "b").messages, problem="p")
    assert Reply().with_buttons([QuickReply(title="T", payload="t")]) == Reply()
