"""Kinds of characters that Python's `re` knows no class for: marks, invisible signs, scripts without blanks.

Each constant is the content of a character class in a regular expression.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

INVISIBLE = (
    "\u00ad\u034f\u0488\u0489\u061c\u180b-\u180f\u1abe\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20dd-\u20e0\u20e2-\u20e4"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
)
"""Soft hyphens, joiners, direction marks, variation selectors, enclosing marks: no part of what is written."""

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uffdc\U00020000-\U0003ffff"
)
"""Blocks of the scripts without blanks between words, or (Korean) with endings attached to any value."""

LEADING_VOWELS = "\u0e40-\u0e44\u0ec0-\u0ec4"
"""Thai and Lao vowels that are written before their consonant."""

FOLLOWING = "\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3\u1160-\u11ff\ud7b0-\ud7fb\uff9e\uff9f"
"""Letters that belong to the one before: Thai and Lao vowels, the rest of a decomposed Korean syllable, kana sounds."""

STACKERS = "\u1039\u17d2"
"""Marks that put the next consonant under the one before, in Myanmar and Khmer."""


_BLOCKS_WITH_MARKS = (range(0x300, 0x3400), range(0xA000, 0xAC00), range(0xFB00, 0xFF00), range(0x1E8D0, 0x1E950))


def _marks() -> Iterator[str]:
    hidden = re.compile(f"[{INVISIBLE}]")
    for code in chain(*_BLOCKS_WITH_MARKS):
        sign = chr(code)
        if unicodedata.category(sign) in ("Mn", "Mc") and not hidden.match(sign):
            yield sign


MARKS = "".join(_marks())
"""Combining marks: accents of decomposed letters, vowel signs, points. They are part of the word."""
