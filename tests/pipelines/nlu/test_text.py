"""Characters and tokens."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.text import MAX_CHARACTERS, clean, has_content, tokenize

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
    assert [has_content(text) for text in ("", " \t", "?!...", "__", "\U0001f600", "a", "7", "\u4f60", "\u00b2")] == [
        False, False, False, False, False, True, True, True, True,
    ]  # fmt: skip


def test_tokenize_parts_letters_from_digits_and_signs() -> None:
    assert tokenize("ORD-1042, 2x na\u00efve_") == [
        ("ORD", 0, 3), ("-", 3, 4), ("1042", 4, 8), (",", 8, 9), ("2", 10, 11), ("x", 11, 12), ("na\u00efve", 13, 18),
        ("_", 18, 19),
    ]  # fmt: skip


@given(ANY_TEXT)
def test_tokenize_loses_nothing_but_white_space(text: str) -> None:
    text = clean(text)
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(before.end <= after.start for before, after in itertools.pairwise(tokens))
    assert "".join(token.text for token in tokens) == "".join(c for c in text if not c.isspace())
