"""Where a value may begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.system.boundaries import begins_word, ends_word, stands_alone
from pipelines.nlu.text import clean, tokenize


@pytest.mark.parametrize(
    ("text", "value", "stands"),
    [
        ("to Bath", "Bath", True),
        ("to Bathurst", "Bath", False),
        ("X12", "12", False),
        ("12th", "12", False),
        ("Zu\u0308rich", "Zu", False),
        ("Zu\u0308rich", "rich", False),
        ("Zu\u0308rich", "Zu\u0308rich", True),
        ("दिल्ली", "दिल", False),
        ("कलम", "कल", False),
        ("कल में", "कल", True),
        ("கலை", "கல", False),
        ("বাংলা", "বাং", False),
        ("م\u064fح\u064eم\u0651\u064eد", "م\u064fح", False),
        ("\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "\u05e9", False),
        ("Ber\u00adlin", "lin", False),
        ("to \u200fBerlin\u200f", "Berlin", True),
        ("上海天气", "上海", True),
        ("iPhone15手机", "手机", True),
        ("iPhone15手机", "15", False),
        ("房间12号", "12", True),
        ("ไปกานดา", "กา", True),
        ("เกาะ", "กา", False),
        ("น้ำ", "น", False),
        ("ភ្នំ", "ភ", False),
        ("か\u3099く", "か", False),
        ("서울에서", "서울", True),
        ("cafe\u0301手机", "手机", True),
    ],
)
def test_stands_alone_unless_a_word_or_a_letter_with_its_marks_is_cut(text: str, value: str, stands: bool) -> None:
    start = text.index(value)
    assert stands_alone(text, start, start + len(value)) is stands


def test_begins_and_ends_word_at_the_ends_of_a_text() -> None:
    assert begins_word("a", 0)
    assert ends_word("a", 1)
    assert stands_alone("\u0301a", 0, 2)


LETTERS = st.sampled_from(
    "aé1 ½_-'\u0301\u00ad\u200d上かガー\u3099\uff9eไกิำ\u17d2ក\u1039က서\u1109\u1165\u11af\ufe0fहि\u094d\u05b0٣"
)


@given(st.text(LETTERS | st.characters(), max_size=12))
def test_begins_word_never_inside_a_token(text: str) -> None:
    text = clean(text)
    for token in tokenize(text):
        assert not any(begins_word(text, position) for position in range(token.start + 1, token.end))
