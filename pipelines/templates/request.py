"""Requests from templates, value by value: a slot changes the value it stands for and nothing else.

Rendering leaves a mark in place of each value. The marked text is then parsed as what it is (a URL, a header, a JSON
document), and only then is each value written in the form that its position requires.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from jinja2 import StrictUndefined, TemplateError, Undefined, pass_context
from jinja2.runtime import Context
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic_core import from_json

from pipelines.errors import ToolFailed
from pipelines.schemas.bot import ResponseMapping, ToolSpec
from pipelines.templates.language import BotEnvironment, RawJson
from pipelines.templates.mapping import mapping_problems
from pipelines.templates.references import CLOSE, OPEN, SecretNames, SecretReference, escaped
from pipelines.templates.sandbox import render

# private-use characters: meaningless in URLs, headers and JSON, and refused in templates
_MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
_MARKS_OF_AN_AUTHOR = re.compile(f"[{OPEN}{CLOSE}]|\\\\ue00[01]", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADERS_OF_THE_CLIENT = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "idempotency-key", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    )
)
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_PATH_LITERALS = "%:@!$&'()*+,;=~"
_QUERY_LITERALS = _PATH_LITERALS + "/?"
_MAX_URL_CHARS = 8000
_MARKS = "_marks"
_SECRETS = SecretNames()
_LITERAL_BASE = re.compile(r"https?://[^/?#\\\s]+", re.IGNORECASE)
# a quote, or a backslash with its escaped character: they decide whether a mark is inside a JSON string
_JSON_TOKENS = re.compile(r'(\\.|")', re.DOTALL)


class ToolRequest(BaseModel):
    """A request, complete except for its secrets, which it contains as references.

    `body` is the JSON document to send; None sends none. `mapping` selects the parts of the answer to keep.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: JsonValue = None
    key: str
    mapping: ResponseMapping | None = None


class _Endpoint(str):
    """An operator's base URL; inserted unquoted only as a whole, at the start of a URL."""

    __slots__ = ()


class _Marks:
    """The values of one rendering, in order."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[Any] = []

    def replace(self, text: str, *, value: Callable[[Any], str], literal: Callable[[str], str] = str) -> str:
        """Replace each mark by its value, and transform the author's text between them."""
        pieces = _MARK.split(text)
        return "".join(
            value(self.values[int(piece)]) if index % 2 else literal(piece) for index, piece in enumerate(pieces)
        )


@pass_context
def _mark(context: Context, value: Any) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises: a request tolerates no unknown name
    marks: _Marks = context[_MARKS]
    marks.values.append(value)
    return f"{OPEN}{len(marks.values) - 1}{CLOSE}"


_REQUEST_ENVIRONMENT = BotEnvironment(undefined=StrictUndefined, finalize=_mark)


class RequestValues(BaseModel):
    """The names available in a request template."""

    model_config = ConfigDict(frozen=True)

    parameters: dict[str, JsonValue]
    context: dict[str, JsonValue]
    endpoints: dict[str, str]


def _marked(template: str, values: RequestValues) -> tuple[str, _Marks]:
    if _MARKS_OF_AN_AUTHOR.search(template):
        raise TemplateError("a template may not contain the characters U+E000 and U+E001")
    marks = _Marks()
    names = {
        "parameters": values.parameters,
        "context": values.context,
        "endpoints": {name: _Endpoint(url.rstrip("/")) for name, url in values.endpoints.items()},
        "secrets": _SECRETS,
        _MARKS: marks,
    }
    return render(_REQUEST_ENVIRONMENT, template, names), marks


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TemplateError("an expression gives something that cannot be sent as a value") from error


def _text(value: Any) -> str:
    """Write a value where only text is allowed."""
    if isinstance(value, SecretReference):
        return value.written
    if isinstance(value, str):
        return str(value)
    if value is None:
        raise TemplateError("a value is null where a text is needed")
    return _json(value)


def _quoted(value: Any) -> str:
    return value.written if isinstance(value, SecretReference) else quote(_text(value), safe="")


def _split_base(text: str, marks: _Marks) -> tuple[str, str]:
    """Split a marked URL into the part that no value may touch (scheme, host, port) and the rest."""
    first = _MARK.match(text)
    if first and isinstance(marks.values[int(first[1])], _Endpoint):
        base, rest = str(marks.values[int(first[1])]), text[first.end() :]
        if "@" in base.partition("//")[2].partition("/")[0]:
            raise TemplateError("an endpoint may not contain a user name; send it as a header with a secret")
    else:
        literal = _LITERAL_BASE.match(text)
        if literal is None:
            raise TemplateError("a URL starts with http://, https:// or an endpoint")
        base, rest = literal[0], text[literal.end() :]
        if OPEN in base or "@" in base or "%" in base:
            raise TemplateError("the host of a URL must be fixed; it may contain no value, user name or %")
    if rest and rest[0] not in "/?#":
        raise TemplateError("after its host or endpoint a URL must continue with / or ?")
    return base, rest


def _path(text: str, marks: _Marks) -> str:
    segments = []
    for segment in text.split("/"):
        written = marks.replace(segment, value=_quoted, literal=partial(quote, safe=_PATH_LITERALS))
        if OPEN in segment and written in ("", ".", ".."):
            raise TemplateError("a value in a path may not be empty, . or ..")
        segments.append(written)
    return "/".join(segments)


def _query(text: str, marks: _Marks) -> list[str]:
    written = partial(marks.replace, value=_quoted, literal=partial(quote, safe=_QUERY_LITERALS))
    return [written(pair) for pair in text.split("&") if pair]


def _url(template: str, values: RequestValues, *, append_slots: bool) -> str:
    text, marks = _marked(template.strip(), values)
    base, rest = _split_base(text, marks)
    path, _, query = rest.partition("#")[0].partition("?")
    pairs = _query(query, marks)
    if append_slots:
        taken = {pair.partition("=")[0] for pair in pairs}
        slots = {_quoted(name): value for name, value in values.parameters.items()}
        pairs += [f"{name}={_quoted(value)}" for name, value in slots.items() if name not in taken]
    url = base + _path(path, marks) + ("?" + "&".join(pairs) if pairs else "")
    if len(url) > _MAX_URL_CHARS:
        raise TemplateError(f"a URL may have at most {_MAX_URL_CHARS} characters")
    return url


def _header(name: str, template: str, values: RequestValues) -> tuple[str, str]:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _HEADERS_OF_THE_CLIENT:
        raise TemplateError(f"{name!r} is not a header that a tool may set")
    text, marks = _marked(template, values)
    written = marks.replace(text, value=partial(_header_text, name), literal=partial(_printable, name))
    return name, written.strip()


def _header_text(name: str, value: Any) -> str:
    return value.written if isinstance(value, SecretReference) else _printable(name, _text(value))


def _printable(name: str, text: str) -> str:
    if not text.isprintable() or not text.isascii():
        raise TemplateError(f"the header {name!r} may contain printable ASCII characters only")
    return text


def _bare_json(value: Any) -> str:
    """Write a value outside quotes: a number stays one, a text gets quotes."""
    if isinstance(value, SecretReference):
        return f'"{value.written}"'
    if isinstance(value, RawJson) or (isinstance(value, str) and _JSON_NUMBER.fullmatch(value)):
        return escaped(str(value))
    return escaped(_json(value))


def _json_in_string(value: Any) -> str:
    return value.written if isinstance(value, SecretReference) else escaped(_json(_text(value))[1:-1])


def _json_body(template: str, values: RequestValues) -> JsonValue:
    text, marks = _marked(template, values)
    parts, is_in_string = [], False
    for piece in _JSON_TOKENS.split(text):
        if piece == '"':
            is_in_string = not is_in_string
        parts.append(marks.replace(piece, value=_json_in_string if is_in_string else _bare_json))
    try:
        document: JsonValue = from_json("".join(parts), allow_inf_nan=False)
    except ValueError as error:
        raise TemplateError("jsonData does not give valid JSON") from error
    return document


def render_request(spec: ToolSpec, values: RequestValues, *, intent_id: str, key: str) -> ToolRequest:
    """Render the request of a tool; its host is the one in the template, whatever the values.

    With `isJson`, the body is `jsonData`. Without it, every slot that the URL's query does not name yet goes into the
    query, for all methods. `key` is sent as `Idempotency-Key`. Secrets are not among the values: a request contains
    references.

    Raises ToolFailed if a template or the mapping is malformed, a template uses an unknown name, or a value is not
    allowed at its position.
    """
    for field, problem in mapping_problems(spec.response_mapping) if spec.response_mapping else ():
        raise ToolFailed(intent_id, f"its responseMapping.{field} {problem}")
    try:
        url = _url(spec.url, values, append_slots=not spec.is_json)
        headers = tuple(_header(header.header_key, header.header_value, values) for header in spec.headers)
        body = _json_body(spec.json_data, values) if spec.is_json else None
    except (TemplateError, ValueError, RecursionError) as error:
        # only the template's own errors in their words: those of parsers and codecs may quote the customer
        reason = str(error) if isinstance(error, TemplateError) else "a value cannot be written at its position"
        raise ToolFailed(intent_id, f"{reason}; correct the templates of its tool") from error
    return ToolRequest(
        intent_id=intent_id,
        method=spec.request_type,
        url=url,
        headers=headers,
        body=body,
        key=key,
        mapping=spec.response_mapping,
    )
