"""Where a value may begin and end: between words, or anywhere in scripts that put no space between words and values."""

import re

UNSPACED_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Hangul}"
"""Scripts without spaces between words, or (Korean) with endings attached to any value, as an RE2 character class."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


def is_word_character(character: str) -> bool:
    """Whether no value may end beside this character: a letter or digit of a script that writes spaces."""
    return character.isalnum() and not _UNSPACED.match(character)


def begins_word(text: str, position: int) -> bool:
    """Whether a value may begin at a position: not at the `1` of `X12`."""
    return position == 0 or not (is_word_character(text[position - 1]) and is_word_character(text[position]))


def ends_word(text: str, position: int) -> bool:
    """Whether a value may end before a position: not after the `12` of `12th`."""
    return position == len(text) or not (is_word_character(text[position]) and is_word_character(text[position - 1]))


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]`, which is not empty, cuts no word in two."""
    return begins_word(text, start) and ends_word(text, end)
