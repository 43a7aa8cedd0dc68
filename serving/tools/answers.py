"""Reading the body of a tool's answer: JSON where it is JSON, text where it is not, nothing half-understood."""

from pydantic import JsonValue
from pydantic_core import from_json

from serving.tools.mapping import AnswerUnusable

# What tools really send; an encoding of Python's such as `unicode_escape` or `rot13` is none of them.
_ENCODINGS = {
    "iso-8859-1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
    "utf-16": "utf-16",
}


def _encoding(content_type: str) -> str:
    """Find the encoding that a content type names; UTF-8 if it names none that is known."""
    for parameter in content_type.lower().split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return _ENCODINGS.get(value.strip().strip("\"'"), "utf-8")
    return "utf-8"


def read_body(content: bytes, content_type: str) -> JsonValue:
    """Read an answer's body.

    Parameters
    ----------
    content
        The bytes as they came.
    content_type
        The header; an answer that does not call itself JSON is read as JSON if it is.

    Returns
    -------
    JsonValue
        The document; of two members of one name the last. The text of an answer that is no JSON. None for an empty one.

    Raises
    ------
    AnswerUnusable
        It calls itself JSON and is not: malformed, nested too deeply, or with half characters in its texts.
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
