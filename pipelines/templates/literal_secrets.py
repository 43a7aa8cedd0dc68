"""Secrets that an author wrote out instead of referring to them: found, masked where a bot is shown, and put back.

Whoever edits a bot sees `***` in their place. What comes back as `***` is unchanged; anything else replaces the secret.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.errors import UserInputError
from pipelines.templates.texts import EXPRESSION

MASK = "***"
SECRET_NAMES = re.compile(
    r"auth(?!or(?:s|ed)?(?![a-z]))|key(?!word|board)|token(?!i[sz])|secret|cookie|passw|pwd|credential|signature",
    re.IGNORECASE,
)
"""What the name of a header, a query parameter or a field holds whose value is a secret."""
KEYS = re.compile(
    r"\b(bearer|basic|token|apikey)\s+[\w.~+/=-]{6,}|\b(sk|pk|rk)[-_]\w{8,}|\bgh[opsu]_\w{16,}|\bxox[a-z]-\w{6,}"
    r"|\bA[KS]IA[A-Z0-9]{12,}|\beyJ[\w-]{8,}\.[\w-]{8,}|\b[0-9a-f]{32,}\b",
    re.IGNORECASE,
)
"""What keys look like anywhere: a scheme and its credentials, known prefixes, a JSON web token."""
QUERY_VALUES = re.compile(r"(?P<before>[?&](?P<name>[^=&#{}]*)=)(?P<value>(?:\{\{.*?\}\}|[^&#{}])+)", re.DOTALL)
USER_VALUES = re.compile(r"(?P<before>//)(?P<name>)(?P<value>[^/?#@{}]+)(?=@)")
JSON_VALUES = re.compile(
    r'(?P<before>"(?P<name>[^"\\]*)"\s*:\s*")(?P<value>(?:\{\{.*?\}\}|\\.|[^"\\])*)(?=")', re.DOTALL
)
_SCHEME = re.compile(r"(?:bearer|basic|digest|token|apikey)?[\s:=]*", re.IGNORECASE)
_KNOWN_FIELDS = frozenset(("url", "requestType", "idempotent", "headers", "isJson", "jsonData", "responseMapping"))

Wire = dict[str, Any]
_Place = tuple[str, str]
"""What holds a secret, in a word, and its name."""
_Replace = Callable[[_Place, str], str]


def masked_intent(intent: Mapping[str, Any]) -> Wire:
    """Return an intent as it is shown: with the secrets of its tool masked. References to secrets are no secrets."""
    return _with_tool(intent, lambda place, value: MASK)


def unmasked_intent(intent: Mapping[str, Any], stored: Mapping[str, Any] | None) -> Wire:
    """Return an intent to be stored: each `***` in its tool is what the stored intent has in its place.

    Raise `UserInputError` if it has nothing there.
    """
    known: dict[_Place, deque[str]] = defaultdict(deque)

    def note(place: _Place, value: str) -> str:
        known[place].append(value)
        return value

    def restore(place: _Place, value: str) -> str:
        before = known[place].popleft() if known[place] else None
        if value != MASK:
            return value
        if before is None:
            what, name = place
            raise UserInputError(
                f"the {what} {name!r} of the tool of {intent.get('intentId')!r} is masked, and nothing is known of it; "
                "write its value, or better {{ secrets.NAME }}"
            )
        return before

    _with_tool(stored or {}, note)
    return _with_tool(intent, restore)


def masked_fields(fields: Mapping[str, Any]) -> Wire:
    """Return what a bot file says of the bot itself as it is shown: with the texts of secret fields masked."""
    return {name: _masked_field(name, value) for name, value in fields.items()}


def unmasked_fields(fields: Mapping[str, Any], stored: Mapping[str, Any] | None) -> Wire:
    """Return a bot's fields to be stored: each `***` is what is stored in its place, and goes if that is nothing."""
    known = stored or {}
    kept = {name: value for name, value in fields.items() if value != MASK or known.get(name)}
    return {name: _unmasked_field(value, known.get(name)) for name, value in kept.items()}


def _masked_field(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked_fields(value)
    is_secret = isinstance(value, str) and bool(value) and bool(SECRET_NAMES.search(name))
    return MASK if is_secret and not value.startswith("secret:") else value


def _unmasked_field(value: Any, stored: Any) -> Any:
    if isinstance(value, Mapping):
        return unmasked_fields(value, stored if isinstance(stored, Mapping) else None)
    return stored if value == MASK else value


def _with_tool(intent: Mapping[str, Any], replace: _Replace) -> Wire:
    name = "apiDetails" if "apiDetails" in intent else "api_details"
    tool = intent.get(name)
    return {**intent, name: _replaced(tool, replace)} if isinstance(tool, Mapping) else dict(intent)


def _replaced(tool: Mapping[str, Any], replace: _Replace) -> Wire:
    changed = dict(tool)
    for name in ("url", "jsonData"):
        if isinstance(tool.get(name), str):
            changed[name] = _in_url(tool[name], replace) if name == "url" else _in_json(tool[name], replace)
    if isinstance(tool.get("headers"), list | tuple):
        changed["headers"] = [_in_header(row, replace) for row in tool["headers"]]
    for name in tool.keys() - _KNOWN_FIELDS:
        if isinstance(tool[name], str) and is_literal_secret(name, tool[name]):
            changed[name] = replace(("field", name), tool[name])
    return changed


def _in_header(row: Any, replace: _Replace) -> Any:
    if not isinstance(row, Mapping) or not isinstance(row.get("headerValue"), str):
        return row
    name, value = str(row.get("headerKey", "")), row["headerValue"]
    if not is_literal_secret(name, value):
        return row
    return {**row, "headerValue": replace(("header", name.lower()), value)}


def _in_url(url: str, replace: _Replace) -> str:
    url = USER_VALUES.sub(lambda found: found["before"] + replace(("user name in the URL", ""), found["value"]), url)
    return QUERY_VALUES.sub(lambda found: _in_text(found, "query parameter", replace), url)


def _in_json(body: str, replace: _Replace) -> str:
    return JSON_VALUES.sub(lambda found: _in_text(found, "field of jsonData", replace), body)


def _in_text(found: re.Match[str], what: str, replace: _Replace) -> str:
    if not is_literal_secret(found["name"], found["value"]):
        return found[0]
    return found["before"] + replace((what, found["name"].lower()), found["value"])


def is_literal_secret(name: str, value: str) -> bool:
    """Whether a value seems to hold a secret written out; `name` is that of its header, parameter or field."""
    literal = EXPRESSION.sub("", value).strip()
    if value.strip() == MASK or KEYS.search(literal):
        return True
    return bool(SECRET_NAMES.search(name)) and not _SCHEME.fullmatch(literal)
