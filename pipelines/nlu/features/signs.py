"""Read other forms of a sign as the usual one before features are computed: decomposed letters, full width.

Keyboards, phones and copied web pages write `ü` in two characters, curly apostrophes and soft hyphens. To word and
character features each would be another word. Training and serving read alike; offsets refer to the text as written.
"""

import re
import unicodedata
from collections.abc import Callable

from pipelines.nlu.characters import INVISIBLE, MARKS
from pipelines.nlu.features.spelling import Edit

_WIDE = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc"
_OTHER = re.compile(f"[{MARKS}{INVISIBLE}{_WIDE}\u1160-\u11ff\u2019\u02bc]")
_FORM = re.compile(
    f"(?P<wide>[{_WIDE}][{MARKS}\uff9e\uff9f]*)"
    rf"|(?P<marked>[^\s{INVISIBLE}][{MARKS}\u1160-\u11ff\ud7b0-\ud7fb]+)"
    f"|(?P<invisible>[{INVISIBLE}]+)"
    r"|(?<=[^\W\d_])(?P<apostrophe>[\u2019\u02bc])(?=[^\W\d_])"
)


def plain_edits(text: str) -> list[Edit]:
    """Return the edits that give a text its usual signs, in order; mostly none."""
    if text.isascii() or not _OTHER.search(text):
        return []
    edits = []
    for match in _FORM.finditer(text):
        written = match.group()
        plain = _PLAIN[match.lastgroup or ""](written)
        if plain != written:
            edits.append(Edit(*match.span(), plain))
    return edits


_PLAIN: dict[str, Callable[[str], str]] = {
    "wide": lambda written: unicodedata.normalize("NFKC", written),
    "marked": lambda written: unicodedata.normalize("NFC", written),
    "invisible": lambda written: "",
    "apostrophe": lambda written: "'",
}
