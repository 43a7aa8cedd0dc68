"""Where a value may begin and end: between words, or anywhere in scripts that put no space between words and values."""

import re

from pipelines.nlu.characters import FOLLOWING, INVISIBLE, LEADING_VOWELS, MARKS, STACKERS, UNSPACED

UNSPACED_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Hangul}"
"""Scripts without spaces between words, or (Korean) with endings attached to any value, as an RE2 character class."""

UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
"""Characters of such scripts side by side."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_MARK = re.compile(f"[{MARKS}]")
_LEANS_BACK = re.compile(f"[{MARKS}{FOLLOWING}]")
_LEANS_FORWARD = re.compile(f"[{LEADING_VOWELS}{STACKERS}]")


def is_word_character(character: str) -> bool:
    """Whether no value may end beside this character: a letter, digit or mark of a script that writes spaces."""
    if character.isascii():
        return character.isalnum()
    return (character.isalnum() or _MARK.match(character) is not None) and not _UNSPACED.match(character)


def begins_word(text: str, position: int) -> bool:
    """Whether a value may begin at a position: not at the `1` of `X12`, and never at a vowel sign."""
    return not _is_inside(text, position)


def ends_word(text: str, position: int) -> bool:
    """Whether a value may end before a position: not after the `12` of `12th`, and never before a vowel sign."""
    return not _is_inside(text, position)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]`, which is not empty, cuts no word in two."""
    return not _is_inside(text, start) and not _is_inside(text, end)


def _is_inside(text: str, position: int) -> bool:
    """Whether a position lies inside a word, or between a letter and what belongs to it."""
    if position <= 0 or position >= len(text):
        return False
    before, after = text[position - 1], text[position]
    if before.isascii() and after.isascii():
        return before.isalnum() and after.isalnum()
    if _INVISIBLE.match(before) or _INVISIBLE.match(after):
        return _is_inside_around(text, position)
    if _LEANS_BACK.match(after):
        return not before.isspace()
    if _LEANS_FORWARD.match(before):
        return after.isalpha()
    return is_word_character(before) and is_word_character(after)


def _is_inside_around(text: str, position: int) -> bool:
    """Judge a position beside invisible characters by the visible ones around them."""
    first = last = position
    while first > 0 and _INVISIBLE.match(text[first - 1]):
        first -= 1
    while last < len(text) and _INVISIBLE.match(text[last]):
        last += 1
    return _is_inside(text[first - 1 : first] + text[last : last + 1], 1) if first else False
