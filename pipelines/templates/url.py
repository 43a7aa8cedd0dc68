"""The URL of a request: its host is its author's, and a value is one part of the path or of the query."""

import re
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import TemplateError, Undefined

from pipelines.templates.authored import Encoded, is_blank
from pipelines.templates.marks import MARK, Endpoint, Marks, NoValue, RequestValues, render_marked, text_of
from pipelines.templates.references import OPEN, SecretReference

_PATH_LITERALS = "%:@!$&'()*+,;=~"
_QUERY_LITERALS = _PATH_LITERALS + "/?"
_MAX_URL_CHARS = 8000
_LITERAL_BASE = re.compile(r"https?://[^/?#\\\s]+", re.IGNORECASE)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL})(?:\.{_LABEL})*\.?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")


def render_url(template: str, values: RequestValues, *, append_slots: bool) -> str:
    """Render a URL; a query value that is not there is left out with its name.

    With `append_slots`, every slot that the query does not name goes into it. Raises TemplateError if the URL is none,
    a value touches its host, or a part of the path has no value.
    """
    marked, expressions = render_marked(template.strip(), values)
    text, marks = expressions.expand(marked)
    base, rest = _split_base(text, marks)
    path, _, query = rest.partition("#")[0].partition("?")
    pairs, names = _query(query, marks)
    if append_slots:
        slots = {quote(name, safe=""): value for name, value in values.parameters.items() if value is not None}
        for name, value in slots.items():
            if name not in names:
                pairs += [f"{name}={_quoted(one)}" for one in (value if isinstance(value, list) else [value])]
    url = base + _path(path, marks) + ("?" + "&".join(pairs) if pairs else "")
    if len(url) > _MAX_URL_CHARS:
        raise TemplateError(f"an address may have at most {_MAX_URL_CHARS} characters")
    return url


def _quoted(value: Any) -> str:
    if isinstance(value, SecretReference):
        return value.written
    return str(value) if isinstance(value, Encoded) else quote(text_of(value), safe="")


def _split_base(text: str, marks: Marks) -> tuple[str, str]:
    """Split a marked URL into the part that no value may touch (scheme, host, port) and the rest."""
    first = MARK.match(text)
    value = marks.values[int(first[1])] if first else None
    if not text:
        raise TemplateError("the address is empty; an address starts with http://, https:// or an endpoint")
    if first and isinstance(value, Endpoint):
        base, rest = str(value), text[first.end() :]
        if "@" in base.partition("//")[2].partition("/")[0]:
            raise TemplateError("an endpoint may not contain a user name; send it as a header with a secret")
    elif first:
        raise TemplateError(
            "the host of an address must be fixed; no value may stand in it, but {{ endpoints.NAME }} may"
        )
    else:
        literal = _LITERAL_BASE.match(text)
        if literal is None:
            raise TemplateError("an address starts with http://, https:// or an endpoint")
        base = literal[0].partition(OPEN)[0]
        rest = _without_conditions(text[len(base) :], marks)
        if rest.startswith(OPEN) or "@" in base or "%" in base:
            raise TemplateError("the host of an address must be fixed; it may contain no value, user name or %")
        _check_host(base)
    rest = _without_conditions(rest, marks)
    if rest and rest[0] not in "/?#":
        raise TemplateError("after its host or endpoint an address must continue with / or ?")
    return base, rest


def _without_conditions(rest: str, marks: Marks) -> str:
    """Drop conditions without an `else` from the beginning of a text: they give nothing."""
    while first := MARK.match(rest):
        value = marks.values[int(first[1])]
        if not isinstance(value, Undefined) or isinstance(value, NoValue):
            break
        rest = rest[first.end() :]
    return rest


def _check_host(base: str) -> None:
    try:
        parts = urlsplit(base)
        is_usable = bool(parts.hostname and _HOST.fullmatch(parts.hostname)) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise TemplateError(f"an address has no such host or port as {base!r}")


def _path(text: str, marks: Marks) -> str:
    segments = []
    for segment in text.split("/"):
        if OPEN not in segment:
            segments.append(quote(segment, safe=_PATH_LITERALS))
            continue
        written = marks.replace(segment, value=_quoted, literal=partial(quote, safe=_PATH_LITERALS))
        for value in marks.in_text(segment):
            if value is None or (isinstance(value, NoValue) and value.name is not None):
                name = value.name if isinstance(value, NoValue) else "a value"
                raise TemplateError(f"{name} has no value, and a part of a path cannot be left out")
        if written in ("", ".", ".."):
            raise TemplateError("a value in a path may not be empty, . or ..")
        segments.append(written)
    return "/".join(segments)


def _query(text: str, marks: Marks) -> tuple[list[str], set[str]]:
    """Return the pairs of a query that have a value, and the names of all; a list gives one for each value."""
    write = partial(marks.replace, value=_quoted, literal=partial(quote, safe=_QUERY_LITERALS))
    pairs, names = [], set[str]()
    for pair in text.split("&") if text else ():
        name, equals, value = pair.partition("=")
        names.add(write(name))
        if not pair or _is_left_out(value if equals else name, marks):
            continue
        if equals and _is_left_out(name, marks):
            raise TemplateError("the name of a value in the query has no value itself")
        whole = marks.values[int(number[1])] if (number := MARK.fullmatch(value)) else None
        if isinstance(whole, list):
            pairs += [f"{write(name)}={_quoted(one)}" for one in whole]
        else:
            pairs.append(write(pair))
    return pairs, names


def _is_left_out(text: str, marks: Marks) -> bool:
    """Whether a text consists of values that are not there."""
    return text.startswith(OPEN) and not MARK.sub("", text) and all(map(is_blank, marks.in_text(text)))
