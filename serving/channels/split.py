"""Splits a long reply into messages that a platform accepts, where a reader would pause."""

import re
import unicodedata

_SENTENCE_END = re.compile(r"[.!?\u2026]['\")\]]*(?=\s)|[\u3002\uff01\uff1f]|\n")
_SPACE = re.compile(r"\s")
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"


def split_text(text: str, *, limit: int) -> list[str]:
    """Split a text into stripped, non-empty parts.

    A part ends with a sentence if one ends in the second half of what fits, else with a word if possible. `limit` is
    the longest part in UTF-16 units: platforms count these or characters, of which there are never more.
    """
    parts = []
    rest = text.strip()
    while rest:
        fitting = _prefix(rest, limit)
        cut = len(rest) if fitting == len(rest) else _pause(rest, fitting)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return parts


def _prefix(text: str, limit: int) -> int:
    """Count the characters that fit."""
    if text.isascii():
        return min(len(text), limit)
    units = 0
    for position, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return position
    return len(text)


def _pause(text: str, fitting: int) -> int:
    """Find the best place to cut within the characters that fit."""
    # search one character further: a pause may lie right behind what fits
    sentences = [match.end() for match in _SENTENCE_END.finditer(text, 0, fitting + 1) if match.end() <= fitting]
    if sentences and sentences[-1] >= fitting // 2:
        return sentences[-1]
    spaces = [match.start() for match in _SPACE.finditer(text, 0, fitting + 1)]
    if spaces:
        return spaces[-1]
    cut = fitting
    while cut > 1 and (
        unicodedata.combining(text[cut]) or text[cut] in (_JOINER, _EMOJI_STYLE) or text[cut - 1] == _JOINER
    ):
        cut -= 1
    return cut if cut > 1 else fitting
