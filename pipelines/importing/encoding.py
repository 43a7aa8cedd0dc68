"""From bytes to text, in the encodings that spreadsheets and shells write."""

import codecs
import re
from dataclasses import dataclass

from pipelines.errors import DataRejected

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
"""Byte order marks; UTF-32 begins like UTF-16."""
_LOOKED_AT = 4096
_SAVE = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8") and import it again'
_ACCENTED = re.compile("[\u00c0-\u00ff]")
_UNLIKELY = re.compile("[\u0080-\u009f\u0152\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u2020\u2021\u2030]")
"""What Windows-1252 makes of the umlauts of DOS and of old Macs, and almost never of its own texts."""
_MOST_ACCENTED = 0.6
"""Of the letters of words with accents. Read as Windows-1252, Cyrillic and Greek consist of nothing else."""


@dataclass(frozen=True)
class Decoded:
    """A text, and the name of the encoding that it was read in."""

    text: str
    encoding: str


def decode(data: bytes, *, source: str) -> Decoded:
    """Decode UTF-8, UTF-16 or UTF-32, with or without a mark, or Windows-1252.

    `DataRejected` says what to do with a file that is in none of these.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return Decoded(_decoded(data, codec, source).removeprefix("\ufeff"), name)
    unmarked = _unmarked_utf16(data)
    if unmarked:
        return Decoded(_decoded(data, unmarked, source), "UTF-16")
    try:
        return Decoded(data.decode(), "UTF-8")
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", errors="replace")
        accented = "".join(word for word in text.split() if _ACCENTED.search(word))
        is_likely = len(_ACCENTED.findall(accented)) <= _MOST_ACCENTED * sum(map(str.isalpha, accented))
        if "\ufffd" in text or _UNLIKELY.search(text) or not is_likely:
            line = 1 + data.count(b"\n", 0, error.start)
            raise DataRejected(source, [f"line {line} is neither UTF-8 nor Windows-1252; {_SAVE}"]) from error
        return Decoded(text, "Windows-1252")


def _decoded(data: bytes, codec: str, source: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise DataRejected(source, [f"it is damaged at byte {error.start}; {_SAVE}"]) from error


def _unmarked_utf16(data: bytes) -> str | None:
    """Return the byte order if every other byte of the beginning is zero, as in Western text."""
    start = data[:_LOOKED_AT]
    if len(start) < len("ab") * 2:
        return None
    half = len(start) // 2
    if start[1::2].count(0) > 0.7 * half and not start[::2].count(0):
        return "utf-16-le"
    if start[::2].count(0) > 0.7 * half and not start[1::2].count(0):
        return "utf-16-be"
    return None
