"""Characters and tokens."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.characters import INVISIBLE
from pipelines.nlu.text import MAX_CHARACTERS, clean, has_content, split, tokenize

ANY_TEXT = st.text(st.characters(), max_size=60)  # lone surrogates included


def test_clean_replaces_half_an_emoji_and_keeps_positions() -> None:
    assert clean("a\ud83db") == "a\ufffdb"


def test_clean_reads_no_more_than_the_limit() -> None:
    assert clean("x" * 1_000_000) == "x" * MAX_CHARACTERS


@given(ANY_TEXT)
def test_clean_gives_text_that_can_be_encoded_with_each_character_in_place(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert len(cleaned) == len(text)
    assert all(new == old for new, old in zip(cleaned, text, strict=True) if not "\ud800" <= old <= "\udfff")


def test_has_content_needs_a_letter_or_digit() -> None:
    assert [has_content(text) for text in ("", " \t", "?!...", "__", "\U0001f600", "a", "7", "你", "²")] == [
        False, False, False, False, False, True, True, True, True,
    ]  # fmt: skip


def test_tokenize_parts_letters_from_digits_and_signs() -> None:
    assert tokenize("ORD-1042, 2x naïve_") == [
        ("ORD", 0, 3), ("-", 3, 4), ("1042", 4, 8), (",", 8, 9), ("2", 10, 11), ("x", 11, 12), ("naïve", 13, 18),
        ("_", 18, 19),
    ]  # fmt: skip


_INVISIBLE = re.compile(f"[{INVISIBLE}]")


@given(ANY_TEXT)
def test_tokenize_loses_nothing_but_white_space_and_invisible_characters(text: str) -> None:
    text = clean(text)
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(before.end <= after.start for before, after in itertools.pairwise(tokens))
    assert _seen("".join(token.text for token in tokens)) == _seen(text)
    assert split(text) == [token.text for token in tokens]


def _seen(text: str) -> str:
    return "".join(sign for sign in _INVISIBLE.sub("", text) if not sign.isspace())


@given(st.text(st.characters(max_codepoint=0x2FF, blacklist_characters="\u00ad"), max_size=60))
def test_tokenize_latin_letters_without_marks_are_split_as_ever(text: str) -> None:
    assert split(text) == re.findall(r"\d+|[^\W\d_]+|[^\w\s]|_", text)


@pytest.mark.parametrize(
    "text",
    [
        "I'd like 2 tickets to St. John's on 12/05, please!",
        "order ORD-1042 & pay 12.50 GBP", "e-mail: bob@example.org",
        "Ich hätte gern zwei Karten für übermorgen, ca. 19:30 Uhr", "\u201eGroße\u201c Größe?",
        "\u00bfCuánto cuesta el café del niño? \u20ac5", "naïve \u2014 déjà vu\u2026", "Köln\u2013Bonn",
        "Привет, Москва 7", "Αθήνα 12", "مرحبا بك 5", "Türkçe İstanbul",
    ],
)  # fmt: skip
def test_tokenize_scripts_with_blanks_are_split_as_ever(text: str) -> None:
    assert split(text) == re.findall(r"\d+|[^\W\d_]+|[^\w\s]|_", text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("上海天气", "上|海|天|气"),
        ("iPhone15手机", "iPhone|15|手|机"),
        ("東京へフライト", "東|京|へ|フ|ラ|イ|ト"),
        ("\uff8a\uff9f\uff98", "\uff8a\uff9f|\uff98"),
        ("か\u3099く", "か\u3099|く"),
        ("ไปเชียงใหม่", "ไป|เชี|ย|ง|ให|ม่"),
        ("น้ำ", "น้ำ"),
        ("ភ្នំពេញ", "ភ្នំ|ពេ|ញ"),
        ("ရန်ကုန်", "ရ|န်|ကု|န်"),
        ("ປະເທດ", "ປະ|ເທ|ດ"),
        ("서울에서", "서|울|에|서"),
        ("\u1109\u1165\u110b\u116e\u11af", "\u1109\u1165|\u110b\u116e\u11af"),
        ("葛\U000e0100城", "葛|城"),
    ],
)
def test_tokenize_each_character_with_its_marks_where_no_blank_parts_words(text: str, words: str) -> None:
    assert split(text) == words.split("|")


@pytest.mark.parametrize(
    "word",
    [
        "हिन्दी", "বাংলা", "தமிழ்", "తెలుగు",
        "Zu\u0308rich", "Sa\u0303o", "م\u064fح\u064eم\u0651\u064eد", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष", "Donau\u00addampfer", "и\u0306", "Vie\u0323\u0302t",
    ],
)  # fmt: skip
def test_tokenize_marks_and_invisible_characters_are_part_of_the_word(word: str) -> None:
    assert split(word) == [word]
    assert split(f"a {word}, b") == ["a", word, ",", "b"]


def test_tokenize_drops_invisible_characters_around_words() -> None:
    assert split("to \u200fBerlin\u200f, 1️⃣ \u2764️") == ["to", "Berlin", ",", "1", "\u2764"]
