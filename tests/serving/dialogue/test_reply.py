import pytest

from pipelines.schemas.bot import Intent, Parameter
from serving.dialogue.reply import SERVICE_UNAVAILABLE, ReplyValues, ask_for, render_text, respond

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
def test_render_text_splits_where_the_author_said(template: str, texts: tuple[str, ...]) -> None:
    assert render_text(template, VALUES) == texts


def test_ask_for_uses_plain_words_without_a_prompt() -> None:
    parameter = Parameter(name="order_number", prompt="")
    assert ask_for(parameter, VALUES).texts == ("Please tell me the order number.",)


def test_respond_names_a_template_that_cannot_be_rendered() -> None:
    intent = Intent(name="a", intent_id="a", speech_response="{{ 1 / 0 }}")
    reply = respond(intent, VALUES, otherwise="x")
    assert reply.texts == (SERVICE_UNAVAILABLE,)
    assert reply.problem is not None
    assert "response of 'a'" in reply.problem


def test_respond_of_a_missing_intent_says_the_plain_sentence() -> None:
    assert respond(None, VALUES, otherwise="plain").texts == ("plain",)
