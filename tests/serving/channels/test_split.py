import pytest

from serving.channels.split import split_text


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 10, []),
        ("  \n ", 10, []),
        ("short", 10, ["short"]),
        ("exactly 10", 10, ["exactly 10"]),
        ("One. Two three.", 10, ["One. Two", "three."]),
        ("One two. Three four.", 12, ["One two.", "Three four."]),
        ('He said "no." Then he left.', 15, ['He said "no."', "Then he left."]),
        ("first line\nsecond line", 12, ["first line", "second line"]),
        ("no pause in the second half", 10, ["no pause", "in the", "second", "half"]),
        ("fits just so. Then more", 13, ["fits just so.", "Then more"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("\u4f60\u597d\u3002\u518d\u89c1\u3002", 4, ["\u4f60\u597d\u3002", "\u518d\u89c1\u3002"]),
    ],
)
def test_split_text_cuts_where_a_reader_would_pause(text: str, limit: int, parts: list[str]) -> None:
    assert split_text(text, limit=limit) == parts


def test_split_text_counts_utf_16_units() -> None:
    assert split_text("\U0001f600" * 5, limit=4) == ["\U0001f600" * 2, "\U0001f600" * 2, "\U0001f600"]


@pytest.mark.parametrize("unit", ["e\u0301", "\u2764\ufe0f", "\U0001f468\u200d\U0001f469"])
def test_split_text_keeps_what_is_shown_as_one_together(unit: str) -> None:
    assert all(len(part) % len(unit) == 0 for part in split_text(unit * 9, limit=7))


@pytest.mark.parametrize("text", ["\u0301" * 9, "\u200d" * 9, "a" + "\u0301" * 9, "x." * 40 + " y" * 40])
def test_split_text_loses_nothing_but_space(text: str) -> None:
    parts = split_text(text, limit=4)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    assert all(0 < len(part) <= 4 for part in parts)


def test_split_text_of_a_long_reply_is_quick() -> None:
    text = "A sentence of some words. " * 4000
    parts = split_text(text, limit=2000)
    assert all(part.endswith("words.") for part in parts)
    assert " ".join(parts) == text.strip()
