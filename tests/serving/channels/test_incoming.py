from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings, is_bot_name
from serving.channels.incoming import MAX_ID_CHARS, BotName, Context, Id, clean_text
from serving.jobs.queue import TrainingMessage


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain é \U0001f600", "plain é \U0001f600"),
        ("a\x00b", "a b"),
        ("half \ud83d", "half \ufffd"),
        ("half \ude00 of", "half \ufffd of"),
        ("both \ud83d\ude00", "both \U0001f600"),
    ],
)
def test_clean_text_gives_what_can_be_stored(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
    cleaned.encode()


@pytest.mark.parametrize(
    "value", ["", "x" * (MAX_ID_CHARS + 1), "a\nb", "a\x00b", {"$ne": None}, ["a"], 5, None, True, "a\u202e"]
)
def test_id_refuses(value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Id).validate_python(value)


@pytest.mark.parametrize(
    "value", ["a", "visitor-7", "a:b", "é", "a b", "$ne", "x" * MAX_ID_CHARS, "\U0001f600" * MAX_ID_CHARS]
)
def test_id_takes(value: str) -> None:
    assert TypeAdapter(Id).validate_python(value) == value


@pytest.mark.parametrize("value", ["", "-a", "a b", "a/b", "a:b", "a.b", "A", "$a", "x" * 64, "é", "a\n"])
def test_bot_name_refuses(value: str) -> None:
    assert not is_bot_name(value)
    with pytest.raises(ValidationError):
        TypeAdapter(BotName).validate_python(value)


@pytest.mark.parametrize("value", ["a", "7", "default", "my-shop_2", "x" * 63])
def test_bot_name_takes(value: str) -> None:
    assert is_bot_name(value)
    assert TypeAdapter(BotName).validate_python(value) == value


@given(st.text(alphabet="az09AZ_-.:/é٣ \n", max_size=6))
def test_bot_name_is_the_same_wherever_one_is_read(name: str) -> None:
    fields = {BotName: name, TrainParams: {"bot": name}, Settings: {"default_bot": name}}
    fields[TrainingMessage] = {"kind": "training", "bot": name, "number": 1}
    assert {_is_valid(kind, value) for kind, value in fields.items()} == {is_bot_name(name)}


def _is_valid(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    "value",
    [[], "text", 5, {"a": float("nan")}, {"a": [float("inf")]}, {"a": 2**63}, {"a": -(2**63) - 1}, nested(17), {1: 2}],
)
def test_context_refuses(value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Context).validate_python(value)


def test_context_takes_any_json_object_and_cleans_it() -> None:
    value = {"$ne": {"a.b": [1, None, True, 1.5, "x\x00", "\ud800"]}, "k\ud800": 2**63 - 1}
    cleaned = {"$ne": {"a.b": [1, None, True, 1.5, "x ", "\ufffd"]}, "k\ufffd": 2**63 - 1}
    assert TypeAdapter(Context).validate_python(value) == cleaned
    assert TypeAdapter(Context).validate_python(None) == {}
