"""Whether a known value stands apart in a script without blanks, or is only part of a longer word.

A longer value may stand anywhere in such a text. A short one is found in many other words: `大` (large) in `大家`
(everybody), `パン` (bread) in `パンツ` (trousers). It counts only beside another script, or beside a word that often
precedes or follows values.
"""

import re
from collections.abc import Sequence

from pipelines.nlu.text import Token

_SCRIPTS = {
    "han": re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "hiragana": re.compile("[\u3041-\u309f]"),
    "katakana": re.compile("[\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f]"),
    "hangul": re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "lao": re.compile("[\u0e80-\u0eff]"),
    "khmer": re.compile("[\u1780-\u17ff]"),
    "myanmar": re.compile("[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]"),
}
_FIRST = "\u0e00"
"""Letters before it belong to scripts with blanks."""
_SHORT = {"han": 1, "hiragana": 2, "katakana": 2, "hangul": 1, "thai": 1, "lao": 1, "khmer": 1, "myanmar": 1}
"""Tokens of a value up to which it may be part of another word."""
_BEFORE = {"han": "要是选來来用买買点點个個杯份件的想给給和或到从從在去", "hiragana": "をはがにでとへのもや"}
_AFTER = {
    "han": "的吧了呢啊号號杯份码碼款色个個件和或去到をはがにでとへのもやだ",
    "hiragana": "をはがにでとへのもやだ",
    "hangul": "은는이가을를에의로도와과만요랑으",
}
"""Words and endings of one character that are no part of the value beside them."""
_CONTINUES = re.compile(
    "[\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30fc]"
)
"""Small kana and the sign for a long vowel, which belong to the syllable before."""


def stands_apart(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether tokens `[first, last)` are a value of their own as far as their script shows."""
    before = _neighbour(tokens, first, -1)
    after = _neighbour(tokens, last - 1, 1)
    head, tail = _script(tokens[first].text), _script(tokens[last - 1].text)
    if after and _CONTINUES.match(after) and _script(after) == tail:
        return False
    if head == "hangul" and before and _script(before) == "hangul":
        return False  # Korean parts words by blanks, and attaches endings only
    is_short = head is not None and head == tail and last - first <= _SHORT[head]
    if not is_short or head is None:
        return True
    return _is_free(before, head, _BEFORE) and _is_free(after, head, _AFTER)


def _neighbour(tokens: Sequence[Token], place: int, step: int) -> str:
    """Return the token directly beside another one, or nothing if a blank stands between them."""
    other = place + step
    if not 0 <= other < len(tokens):
        return ""
    left, right = sorted((tokens[place], tokens[other]), key=lambda token: token.start)
    return tokens[other].text if left.end == right.start else ""


def _is_free(neighbour: str, script: str, others: dict[str, str]) -> bool:
    kind = _script(neighbour) if neighbour else None
    is_same = kind == script or (script == "han" and kind == "hiragana")
    return not is_same or neighbour in others.get(script, "")


def _script(token: str) -> str | None:
    return None if token < _FIRST else next((name for name, sign in _SCRIPTS.items() if sign.match(token)), None)
