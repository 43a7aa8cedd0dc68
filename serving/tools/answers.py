"""Decode the body of a tool's answer: JSON if it is JSON, else text, and nothing half-understood."""

from pydantic import JsonValue
from pydantic_core import from_json

from serving.tools.mapping import AnswerUnusable

# the encodings that tools really send; Python's own, such as `unicode_escape` or `rot13`, are not among them
_ENCODINGS = {
    "iso-8859-1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
    "utf-16": "utf-16",
}


def _encoding(content_type: str) -> str:
    """Return the encoding that a content type names, by default UTF-8."""
    for parameter in content_type.lower().split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return _ENCODINGS.get(value.strip().strip("\"'"), "utf-8")
    return "utf-8"


def read_body(content: bytes, content_type: str) -> JsonValue:
    """Decode an answer's body; None for an empty one.

    An answer is parsed as JSON even if its content type does not say so; if it is not JSON, its text is returned. Of
    two members with one name, the last counts. Raises AnswerUnusable if it claims to be JSON and is malformed, nested
    too deeply, or contains lone surrogates.
    """
    calls_itself_json = "json" in content_type.partition(";")[0].lower()
    text = content.decode(_encoding(content_type), errors="replace").removeprefix("\ufeff")
    if not text.strip():
        return None
    try:
        document: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        if calls_itself_json:
            raise AnswerUnusable("its answer is not valid JSON") from error
        return text
    return document
