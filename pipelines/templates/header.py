"""A header of a request: one line of printable ASCII, whatever the values."""

import re
from functools import partial
from typing import Any

from jinja2 import TemplateError

from pipelines.templates.authored import is_blank
from pipelines.templates.marks import MARK, RequestValues, render_marked, text_of
from pipelines.templates.references import CLOSE, SecretReference

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_MAX_VALUE_CHARS = 8000
_HEADERS_OF_THE_CLIENT = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "idempotency-key", "te", "trailer"),
        *("http2-settings", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"),
    )
)


def check_header_name(name: str) -> None:
    """Raise TemplateError for a name that no header has, or that belongs to the client."""
    if _HEADER_NAME.fullmatch(name) and name.lower() not in _HEADERS_OF_THE_CLIENT:
        return
    reason = "the client sets it itself" if name.lower() in _HEADERS_OF_THE_CLIENT else "it consists of letters and -"
    raise TemplateError(f"{name!r} is not a header that a tool may set: {reason}")


def render_header(name: str, template: str, values: RequestValues) -> str | None:
    """Render the value of a header; None if it is left out, since none of its values is there.

    Raises TemplateError if the header is not one that a tool may set, or its value is not printable ASCII.
    """
    check_header_name(name)
    marked, expressions = render_marked(template, values)
    text, marks = expressions.expand(marked)
    if marks.values and all(map(is_blank, marks.values)):
        author = MARK.sub("", text)
        # `Bearer ` without its token is no header
        if not author.strip() or (text.endswith(CLOSE) and author[-1] in " =:"):
            return None
    written = marks.replace(text, value=partial(_value, name), literal=partial(_printable, name)).strip()
    if len(written) > _MAX_VALUE_CHARS:
        raise TemplateError(f"the header {name!r} may have at most {_MAX_VALUE_CHARS} characters")
    return written


def _value(name: str, value: Any) -> str:
    return value.written if isinstance(value, SecretReference) else _printable(name, text_of(value))


def _printable(name: str, text: str) -> str:
    if not text.isprintable() or not text.isascii():
        raise TemplateError(f"the header {name!r} may contain printable ASCII characters only")
    return text
