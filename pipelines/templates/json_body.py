"""The JSON body of a request: a value is one JSON value, or a part of one text, wherever its author put it."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from jinja2 import TemplateError
from pydantic import JsonValue
from pydantic_core import from_json

from pipelines.templates.authored import Authored, RawJson, is_blank, parts_of
from pipelines.templates.marks import MARK, Marks, RequestValues, json_of, render_marked, text_of
from pipelines.templates.references import SecretReference, escaped

_NUMBER = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"
_JSON_NUMBER = re.compile(_NUMBER)
_SCALAR = re.compile(rf"true|false|null|{_NUMBER}(?:[eE][+-]?[0-9]{{1,3}})?")
PLACE = "\ue006"
"""Encloses the offset of a place in the template, where `json_fault` marks it."""
_PLACE_MARK = re.compile(f"{PLACE}\\d+{PLACE}")
_TOKENS = re.compile(
    rf'{_PLACE_MARK.pattern}|\\.|"|[\[\]{{}},:]|\s+|[^\s"\\\[\]{{}},:{PLACE}]+|.',
    re.DOTALL,
)
_STRUCTURE = frozenset("[]{},:")
_VALUE = "v"


def render_json(template: str, values: RequestValues) -> JsonValue:
    """Render a JSON document; a value that is not there is null, or nothing inside a longer text.

    The author's own words in an expression are JSON if they read as JSON, else a text. Raises TemplateError if this
    gives no JSON.
    """
    marked, marks = render_marked(template, values)
    pieces = pieces_of(marked, marks)
    if all(not piece.strip() if isinstance(piece, str) else all(map(is_blank, piece)) for piece in pieces):
        raise TemplateError("jsonData does not give valid JSON: it is empty")
    has_words = any(isinstance(part, Authored) for piece in pieces if not isinstance(piece, str) for part in piece)
    fault = TemplateError("jsonData does not give valid JSON")
    for takes_texts in (False, True) if has_words else (False,):
        try:
            document: JsonValue = from_json(JsonWriter(takes_texts=takes_texts).write(pieces), allow_inf_nan=False)
        except TemplateError as error:
            fault = error
        except ValueError:
            continue
        else:
            return document
    raise fault


Piece = str | tuple[Any, ...]
"""A text of the template, or the parts of an expression's value."""


def pieces_of(marked: str, marks: Marks) -> list[Piece]:
    """Return the texts of a marked template, and the values between them."""
    return [
        parts_of(marks.values[int(piece)]) if index % 2 else piece for index, piece in enumerate(MARK.split(marked))
    ]


class JsonWriter:
    """Writes one document, and knows at each point what JSON expects there.

    With `takes_texts`, words of the author count as JSON only if they are a whole value or pure punctuation; inside a
    text of the template they are a part of it. `places` are the offsets in the document of what came from known offsets
    of the template.
    """

    def __init__(self, *, takes_texts: bool) -> None:
        self._takes_texts = takes_texts
        self.places: list[tuple[int, int]] = []
        self._out: list[str] = []
        self._open: list[str] = []
        self._last = ""  # what stands before this point, outside texts
        self._text_start: int | None = None
        self._is_name = self._has_text = self._has_blank = self._is_of_template = False

    def write(self, pieces: Sequence[Piece]) -> str:
        """Write the pieces of a document, in order."""
        for number, piece in enumerate(pieces):
            if isinstance(piece, str):
                self._write_words(piece, is_data=True)
            elif self._text_start is None and not self._is_json(piece):
                self._add_value(escaped(json_of("".join(map(text_of, piece)))))
            else:
                self._write_parts(piece, pieces[number + 1 :])
        return "".join(self._out)

    def _write_parts(self, parts: tuple[Any, ...], rest: Sequence[Piece]) -> None:
        for number, part in enumerate(parts):
            if isinstance(part, Authored):
                self._write_words(part, is_data=False)
            elif self._text_start is not None:
                self._write_in_text(part)
            elif is_blank(part):
                following = _following((parts[number + 1 :], *rest))
                if self._expects_value() and following in ("", ",", "]", "}"):
                    self._add_value("null")
            elif self._expects_name():
                self._add_value(_bare(part) if isinstance(part, SecretReference) else escaped(json_of(text_of(part))))
            else:
                self._add_value(_bare(part))

    def _is_json(self, parts: tuple[Any, ...]) -> bool:
        """Whether an expression outside texts is written part by part, and not as one text."""
        if not any(isinstance(part, Authored) for part in parts):
            return len(parts) == 1
        if not self._takes_texts:
            return _reads_as_json(parts)
        words = "".join(map(str, parts))
        if all(isinstance(part, Authored) for part in parts) and words and not set(words) - _STRUCTURE - set(" \n"):
            return True
        if not _reads_as_json(parts):
            return False
        try:
            from_json(JsonWriter(takes_texts=False).write([parts]), allow_inf_nan=False)
        except ValueError:
            return False
        return True

    def _write_words(self, words: str, *, is_data: bool) -> None:
        for sign in _TOKENS.findall(words):
            if is_data and _PLACE_MARK.fullmatch(sign):
                self.places.append((len("".join(self._out)), int(sign.strip(PLACE))))
            elif self._takes_texts and not is_data and self._text_start is not None and self._is_of_template:
                self._has_text = True
                self._out.append(json.dumps(sign, ensure_ascii=False)[1:-1])
            elif sign == '"':
                self._is_of_template = is_data
                self._turn_text()
            elif sign == "\\":
                raise TemplateError("jsonData does not give valid JSON: a backslash stands before a value")
            elif self._text_start is not None:
                self._has_text = True
                self._out.append(sign if is_data or sign.isprintable() else json.dumps(sign, ensure_ascii=False)[1:-1])
            else:
                self._write_outside(sign)

    def _write_outside(self, token: str) -> None:
        self._out.append(token)
        if token in ("[", "{"):
            self._open.append(token)
        elif token in ("]", "}") and self._open:
            self._open.pop()
        if token in _STRUCTURE:
            self._last = token
        elif not token.isspace():
            self._last = _VALUE

    def _turn_text(self) -> None:
        """Begin or end a text; one that consists of a value that is not there is null."""
        if self._text_start is None:
            self._text_start, self._is_name = len(self._out), self._expects_name()
            self._has_text = self._has_blank = False
            self._out.append('"')
            return
        if self._has_blank and not self._has_text:
            if self._is_name:
                raise TemplateError("the name of a value in jsonData has no value itself")
            del self._out[self._text_start :]
            self._out.append("null")
        else:
            self._out.append('"')
        self._text_start, self._last = None, _VALUE

    def _write_in_text(self, value: Any) -> None:
        if is_blank(value):
            self._has_blank = True
            return
        self._has_text = True
        is_secret = isinstance(value, SecretReference)
        self._out.append(value.written if is_secret else escaped(json_of(text_of(value))[1:-1]))

    def _add_value(self, written: str) -> None:
        self._out.append(written)
        self._last = _VALUE

    def _expects_name(self) -> bool:
        return self._open[-1:] == ["{"] and self._last in ("{", ",")

    def _expects_value(self) -> bool:
        return self._last in ("", ":", "[") or (self._last == "," and self._open[-1:] == ["["])


def _bare(value: Any) -> str:
    """Write a value outside quotes: a number stays one, a text gets quotes."""
    if isinstance(value, SecretReference):
        return f'"{value.written}"'
    if isinstance(value, RawJson) or (isinstance(value, str) and _JSON_NUMBER.fullmatch(value)):
        return escaped(str(value))
    return escaped(json_of(value))


def _reads_as_json(parts: tuple[Any, ...]) -> bool:
    """Whether the author's words consist of the tokens of JSON; values may stand between them."""
    is_in_text = False
    for sign in _tokens(parts):
        if sign == '"':
            is_in_text = not is_in_text
        elif not (is_in_text or sign in _STRUCTURE or sign.isspace() or _SCALAR.fullmatch(sign)):
            return False
    return True


def _tokens(parts: tuple[Any, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Authored):
            yield from _TOKENS.findall(part)


def _following(pieces: Sequence[Piece]) -> str:
    """Return the first character that comes of some pieces, except blanks; empty at the end of the document."""
    for piece in pieces:
        for part in (piece,) if isinstance(piece, str) else piece:
            if isinstance(piece, str) or isinstance(part, Authored):
                if part.strip():
                    return str(part.strip()[0])
            elif not is_blank(part):
                return _VALUE
    return ""
