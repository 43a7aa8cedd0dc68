"""Misspelt words are read as the bot's own; words that exist, and places in the text, stay."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.features.spelling import Edit, Spelling, apply_edits, original_offsets

TEXTS = ["cancel my order", "cancel the order", "order a tent", "track my parcel", "track it", "send it", "I want it"]
ENGLISH = {"cancels", "house", "tracks", "trick"}
SPELLING = Spelling(ENGLISH.__contains__).fit(TEXTS)


def read(text: str) -> str:
    return apply_edits(text, SPELLING.edits(text))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("cacnel my oredr", "cancel my order"),
        ("CACNEL!", "cancel!"),
        ("cancl it", "cancel it"),
        ("canncel it", "cancel it"),
        ("cansel it", "cancel it"),
        ("tarck \U0001f600 pracel", "track \U0001f600 parcel"),
        ("esnd it", "send it"),
    ],
)
def test_edits_one_slip_is_put_right(written: str, meant: str) -> None:
    assert read(written) == meant


@pytest.mark.parametrize(
    "text",
    ["cancels trick house", "cancelx", "parce", "bend it", "sent", "xyzzy", "ORD-1042", "it", "", "cancelcancel" * 9],
)
def test_edits_existing_words_endings_and_strange_words_stay(text: str) -> None:
    assert SPELLING.edits(text) == []


def test_edits_slip_in_the_training_texts_is_one_beside_a_familiar_word() -> None:
    spelling = Spelling(ENGLISH.__contains__).fit([*TEXTS, "cacnel this", "pracel"])
    assert [edit.word for edit in spelling.edits("cacnel this")] == ["cancel"]
    assert spelling.edits("pracel") == []  # `parcel` is as rare


def test_edits_look_at_few_unknown_words() -> None:
    assert read("qqqqq " * 10 + "cacnel") == "qqqqq " * 10 + "cacnel"


def test_edits_are_the_same_after_loading() -> None:
    parts = json.loads(json.dumps(SPELLING.to_parts()))
    loaded = Spelling.from_parts(parts, ENGLISH.__contains__)
    assert loaded.edits("cacnel teh cansel") == SPELLING.edits("cacnel teh cansel")


@pytest.mark.parametrize(
    "text", ["我不想要取消订单", "キャンセルしたいです", "ยกเลิกคำสั่งซื้อ", "ru\u0308ckgabe", "द\u093fल\u094dल\u0940वाला"]
)
def test_edits_leave_scripts_without_blanks_and_words_with_marks_whole(text: str) -> None:
    known = ["我想要取消订单", "キャンセルしたくないです", "ยกเลิก", "ckgabe", "लल", "वालाा"]
    assert Spelling(lambda word: False).fit(known * 2).edits(text) == []


def test_from_parts_an_older_release_reads_words_as_it_learnt_them() -> None:
    parts = Spelling(lambda word: False).fit(["我想要取消订单"] * 2).to_parts()
    assert parts == {"counts": {}, "has_marks": True}
    former = Spelling.from_parts({"counts": {"我想要取消订单": 2}}, lambda word: False)
    assert [edit.word for edit in former.edits("我不想要取消订单")] == ["我想要取消订单"]


def test_original_offsets_point_into_the_text_as_written() -> None:
    text = "plz cancl my oredr nowww"
    edits = SPELLING.edits(text)
    read_as = apply_edits(text, edits)
    assert read_as == "plz cancel my order nowww"
    places = [
        (read_as.index(word), read_as.index(word) + len(word)) for word in ("plz", "cancel", "my", "order", "nowww")
    ]
    found = original_offsets(np.array(places, dtype=np.int32), edits)
    assert [text[start:end] for start, end in found] == ["plz", "cancl", "my", "oredr", "nowww"]


def test_original_offsets_of_nothing_are_nothing() -> None:
    assert original_offsets(np.zeros((0, 2), dtype=np.int32), [Edit(0, 5, "order")]).shape == (0, 2)


@given(
    st.lists(
        st.sampled_from(["cacnel", "cancl", "canncel", " ", "my", "\U0001f600", "\u0130", "oredr", ","]), max_size=12
    )
)
def test_original_offsets_are_never_empty_and_keep_the_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    edits = SPELLING.edits(text)
    read_as = apply_edits(text, edits)
    every = np.array([(at, at + 1) for at in range(len(read_as))], dtype=np.int32).reshape(-1, 2)
    found = original_offsets(every, edits)
    assert ((found[:, 0] < found[:, 1]) & (found[:, 0] >= 0) & (found[:, 1] <= len(text))).all()
    assert (np.diff(found, axis=0) >= 0).all()
