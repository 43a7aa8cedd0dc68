"""Where a template gives no JSON, and what its author should do."""

import json
import re

from pipelines.templates.json_body import PLACE, JsonWriter, pieces_of
from pipelines.templates.marks import REQUEST_ENVIRONMENT, RequestValues, render_marked

_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null", "NULL": "null", "TRUE": "true"}
_REASONS = (
    ("Unterminated string", 'a text is not closed; write " at its end'),
    ("Invalid control character", "a text goes over the end of a line; write \\n in it"),
    ("Invalid \\", "a text contains a single backslash; write two"),
    ("Extra data", "something follows the end of the document; delete it"),
    ("Expecting ':' delimiter", "a name has no colon behind it; write one"),
    ("Expecting property name", "a name in double quotes is missing; write one"),
    ("Expecting value", "a value is missing; write one"),
    ("Expecting ',' delimiter", "a comma is missing; write one"),
)


def find_fault(template: str, values: RequestValues) -> tuple[str, int | None]:
    """Find where a template that gives no JSON goes wrong: the document's fault, and its offset in the template.

    None if the fault is in no place of the template's own text.
    """
    marked, marks = render_marked(_with_places(template), values)
    writer = JsonWriter(takes_texts=False)
    document = writer.write(pieces_of(marked, marks))
    try:
        json.loads(document, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = _significant(document, error.pos)
        before = [(at, offset) for at, offset in writer.places if at <= place]
        at, offset = max(before, default=(place, 0))
        return describe_fault(document, error), min(offset + place - at, max(len(template) - 1, 0))
    except ValueError as error:
        return str(error), None
    return "it is nested too deeply", None


def _significant(document: str, position: int) -> int:
    """Return the place to show: a comma too many, or the end, rather than what follows it."""
    before = document[:position].rstrip()
    is_comma_too_many = before.endswith(",") and document[position : position + 1] in ("]", "}")
    return len(before) - 1 if is_comma_too_many or position >= len(document.rstrip()) else position


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def describe_fault(document: str, error: json.JSONDecodeError) -> str:
    """Describe in an author's words what a JSON document lacks, and what to do."""
    rest = document[error.pos :].lstrip()
    if not rest and "Unterminated" not in error.msg:
        return "it ends before it is complete; close what is open with }, ] or a quote"
    if rest.startswith("'"):
        return "a text stands in single quotes; write double quotes"
    if rest[:1] in ("]", "}") and document[: error.pos].rstrip().endswith(","):
        return f"a comma stands before {rest[0]}; delete it"
    if "Expecting ',' delimiter" in error.msg and not re.match(r'["\[{\w-]', rest):
        return f"{rest[0]!r} has no meaning in JSON; delete it"
    word = next((word for word in _WORDS if rest.startswith(word)), None)
    if word is not None:
        return f"{word} is not JSON; write {_WORDS[word]}"
    return next((reason for start, reason in _REASONS if error.msg.startswith(start)), "it is malformed; correct it")


def _with_places(template: str) -> str:
    """Mark the places of a template's own text, so that they can be found in what it gives."""
    pieces, cursor = [], 0
    for _, kind, text in REQUEST_ENVIRONMENT.lex(template):
        start = template.find(text, cursor)
        if kind == "data" and text.strip() and start >= 0:
            begin = start + len(text) - len(text.lstrip())
            pieces.append(f"{template[cursor:begin]}{PLACE}{begin}{PLACE}")
            cursor = begin
        elif kind != "data" and start >= 0:
            pieces.append(template[cursor : start + len(text)])
            cursor = start + len(text)
    return "".join(pieces) + template[cursor:]
