"""From the bytes of a file to its JSON: one value, or the documents of a `mongoexport`. What is no JSON is named."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.botfile.archives import archive_kind
from pipelines.botfile.foreign import named
from pipelines.botfile.foreign_texts import text_kind
from pipelines.errors import DataRejected

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONG_NUMBER = re.compile(r"(?<!\d)\d{4300,}")
_BETWEEN_DOCUMENTS = " \t\r\n,"


def read_content(file: Path) -> object:
    """Read a file's JSON. `DataRejected` says what the file is if it is not JSON, or where its fault is."""
    return parse_content(read_bytes(file), source=str(file))


def read_bytes(file: Path) -> bytes:
    """Read a file; `DataRejected` says why it cannot be read, and what a folder is."""
    source = str(file)
    if file.is_dir():
        raise DataRejected(source, [_folder(file)])
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataRejected(source, [f"it cannot be read ({error.strerror}); check the path"]) from error


def parse_content(data: bytes, *, source: str) -> object:
    """Parse a file's bytes; `source` is its name, for messages. Several JSON documents become a list of them."""
    archive = archive_kind(data)
    if archive is not None:
        raise DataRejected(source, [named(archive)])
    text = _decode(data, source)
    if not text.strip(" \t\r\n\0"):
        raise DataRejected(source, ["it is empty; export the bot again with `intentloop export FILE`"])
    try:
        documents = list(_documents(text))
    except RecursionError as error:
        raise DataRejected(source, ["it is nested too deeply to be a bot file"]) from error
    except json.JSONDecodeError as error:
        raise DataRejected(source, [_fault(text, source, error)]) from error
    except ValueError as error:
        raise DataRejected(source, [_long_number(text) or f"it cannot be read as JSON: {error}"]) from error
    return documents[0] if len(documents) == 1 else documents


def _decode(data: bytes, source: str) -> str:
    """Decode UTF-8 and, since Windows' shell writes it, UTF-16 with a byte order mark."""
    try:
        if data.startswith(_UTF16_MARKS) and len(data) > len(codecs.BOM_UTF16):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = text_kind(data.decode("latin-1"), source)
        problem = f"byte {error.start} is not UTF-8; save the file as UTF-8"
        raise DataRejected(source, [named(kind) if kind else problem]) from error


def _documents(text: str) -> Iterator[object]:
    """Yield the JSON values of a text, one after the other, with white space or commas between them."""
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        if text[position] in _BETWEEN_DOCUMENTS or text[position] == "\ufeff":
            position += 1
            continue
        value, position = decoder.raw_decode(text, position)
        yield value


def _fault(text: str, source: str, error: json.JSONDecodeError) -> str:
    kind = text_kind(text, source)
    if kind is not None:
        return named(kind)
    place = f"line {error.lineno}, column {error.colno}: {error.msg}"
    if text.lstrip()[:1] in ("{", "["):
        return f"it cannot be read as JSON, {place}; repair it, or export the bot again"
    return named("a text")


def _long_number(text: str) -> str | None:
    """Return where the first number is that has more digits than Python reads."""
    found = _LONG_NUMBER.search(text)
    if found is None:
        return None
    line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
    n_digits = len(found.group())
    return f"line {line}, column {column}: a number with {n_digits:,} digits is too large; write it as text, in quotes"


def _folder(folder: Path) -> str:
    """Describe what a folder is: most platforms export several files."""
    names = {path.name for path in folder.iterdir()}
    if "domain.yml" in names or ("config.yml" in names and "data" in names):
        return named("the folder of a Rasa project")
    if "agent.json" in names:
        return named("the folder of a Dialogflow agent")
    return "it is a folder; name the bot file in it"
