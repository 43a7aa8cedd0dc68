"""Secrets that an author wrote out instead of referring to them: found, masked where a bot is shown, and put back.

Whoever edits a bot sees `***` in their place. What comes back as `***` is unchanged; anything else replaces the secret.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pipelines.errors import UserInputError
from pipelines.templates.texts import EXPRESSION

MASK = "***"
_SECRET_NAMES = re.compile(
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
# Groups that match in one way only (`++`, `*+`): a text that is no JSON would be tried in as many ways as it has
# expressions, to the power of two.
_PIECE = r"\{\{.*?\}\}|\{%.*?%\}"
_USER_VALUE = rf"//(?P<user>(?:{_PIECE}|[^/?#@{{}}])++)(?=@)"
_URL_VALUES = re.compile(
    rf"(?P<before>[?&](?P<name>(?:{_PIECE}|[^=?&#{{}}])*+)=)(?P<value>(?:{_PIECE}|[^&#])++)|{_USER_VALUE}", re.DOTALL
)
_USER_VALUES = re.compile(_USER_VALUE, re.DOTALL)
_JSON_VALUES = re.compile(
    rf'(?P<before>"(?P<name>[^"\\]*)"\s*:\s*")(?P<value>(?:{_PIECE}|\\.|[^"\\])*+)(?=")', re.DOTALL
)
_SCHEME = re.compile(r"(?:bearer|basic|digest|token|apikey)?[\s:=]*", re.IGNORECASE)
_KNOWN_FIELDS = frozenset(("url", "requestType", "idempotent", "headers", "isJson", "jsonData", "responseMapping"))

Wire = dict[str, Any]


class LiteralSecret(NamedTuple):
    """A secret that is written out in a tool: where, what holds it, that one's name if it has one, and the value."""

    place: str
    what: str
    name: str
    value: str

    @property
    def is_masked(self) -> bool:
        """Whether a mask stands in the place of the value."""
        return self.value.strip() == MASK


_Replace = Callable[[LiteralSecret], str]


def literal_secrets(tool: Mapping[str, Any]) -> Iterator[LiteralSecret]:
    """Yield every secret that is written out in a tool (`apiDetails`): what is masked where the tool is shown.

    Places are named as in findings: `url`, `jsonData`, `headers.Authorization`.
    """
    found: list[LiteralSecret] = []

    def note(secret: LiteralSecret) -> str:
        found.append(secret)
        return secret.value

    _replaced(tool, note)
    yield from (secret for secret in found if not secret.is_masked)


def masked_intent(intent: Mapping[str, Any]) -> Wire:
    """Return an intent as it is shown: with the secrets of its tool masked. References to secrets are no secrets."""
    return _with_tool(intent, lambda secret: secret.value if secret.is_masked else MASK)


def unmasked_intent(intent: Mapping[str, Any], stored: Mapping[str, Any] | None) -> Wire:
    """Return an intent to be stored: each `***` in its tool is what the stored intent has in its place.

    Raise `UserInputError` if it has nothing there.
    """
    known: dict[tuple[str, str], deque[str]] = defaultdict(deque)

    def note(secret: LiteralSecret) -> str:
        known[secret.what, secret.name.lower()].append(secret.value)
        return secret.value

    def restore(secret: LiteralSecret) -> str:
        values = known[secret.what, secret.name.lower()]
        before = values.popleft() if values else None
        if not secret.is_masked:
            return secret.value
        if before is None:
            raise UserInputError(
                f"the {secret.what} {secret.name.lower()!r} of the tool of {intent.get('intentId')!r} is masked, and "
                "nothing is known of it; write its value, or better {{ secrets.NAME }}"
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
    is_secret = isinstance(value, str) and bool(value) and bool(_SECRET_NAMES.search(name))
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
    for name in (name for name in tool if name not in _KNOWN_FIELDS):
        if isinstance(tool[name], str) and _is_secret(name, tool[name]):
            changed[name] = replace(LiteralSecret(name, "field", name, tool[name]))
    return changed


def _in_header(row: Any, replace: _Replace) -> Any:
    if not isinstance(row, Mapping) or not isinstance(row.get("headerValue"), str):
        return row
    name, value = str(row.get("headerKey", "")), row["headerValue"]
    if not _is_secret(name, value):
        return row
    return {**row, "headerValue": replace(LiteralSecret(f"headers.{name}", "header", name, value))}


def _in_url(url: str, replace: _Replace) -> str:
    def in_user(found: re.Match[str]) -> str:
        value = found["user"]
        is_open = not EXPRESSION.sub("", value).strip(" :")
        return found[0] if is_open else "//" + replace(LiteralSecret("url", "user name in the URL", "", value))

    def in_either(found: re.Match[str]) -> str:
        if found["user"] is not None:
            return in_user(found)
        if _is_secret(found["name"], found["value"]):
            return found["before"] + replace(LiteralSecret("url", "query parameter", found["name"], found["value"]))
        return found["before"] + _USER_VALUES.sub(in_user, found["value"])

    return _URL_VALUES.sub(in_either, url)


def _in_json(body: str, replace: _Replace) -> str:
    def in_field(found: re.Match[str]) -> str:
        if not _is_secret(found["name"], found["value"]):
            return found[0]
        return found["before"] + replace(LiteralSecret("jsonData", "field of jsonData", found["name"], found["value"]))

    return _JSON_VALUES.sub(in_field, body)


def _is_secret(name: str, value: str) -> bool:
    """Whether a value seems to hold a secret written out, or its mask; `name` is that of its header or field."""
    literal = EXPRESSION.sub("", value).strip()
    if value.strip() == MASK or KEYS.search(literal):
        return True
    return bool(_SECRET_NAMES.search(EXPRESSION.sub("", name))) and not _SCHEME.fullmatch(literal)
