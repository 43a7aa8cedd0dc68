"""Rendering a request with a mark in place of each value.

The marked text is parsed as what it is (a URL, a header, a JSON document), and only then is each value written in the
form that its place requires. So a value changes its own place and nothing else.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined, UndefinedError, pass_context
from jinja2.runtime import Context
from jinja2.utils import missing
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.templates.authored import Authored, Composed, is_blank, parts_of
from pipelines.templates.filters import LANGUAGE
from pipelines.templates.language import BotEnvironment
from pipelines.templates.references import CLOSE, OPEN, SecretNames, SecretReference
from pipelines.templates.sandbox import BlankUndefined, render

# private-use characters: meaningless in URLs, headers and JSON, and refused in templates
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
_MARKS_OF_AN_AUTHOR = re.compile(f"[{OPEN}{CLOSE}]|\\\\ue00[01]", re.IGNORECASE)
_MARKS = "_marks"
_SECRETS = SecretNames()


class RequestValues(BaseModel):
    """The names available in a request template.

    `optional` are the parameters that may have no value; `language` is the bot's.
    """

    model_config = ConfigDict(frozen=True)

    parameters: dict[str, JsonValue]
    context: dict[str, JsonValue]
    endpoints: dict[str, str]
    optional: frozenset[str] = frozenset()
    language: str = "en"


class Endpoint(str):
    """An operator's base URL; inserted unquoted only as a whole, at the start of a URL."""

    __slots__ = ()


class _Parameters(dict[str, Any]):
    """The values of a form; `optional` names may have none."""

    optional: frozenset[str] = frozenset()


class _Endpoints(dict[str, Endpoint]):
    """The operator's base URLs."""


class NoValue(BlankUndefined):
    """An optional parameter, a part of the context or of a tool's earlier answer that has no value."""

    @property
    def name(self) -> str | None:
        """The name that has no value; None for a condition without an `else`."""
        return self._undefined_name


class _RequestUndefined(Undefined):
    """Decides whether a name may have no value: a mistyped one may not."""

    def __new__(  # type: ignore[misc]
        cls, hint: str | None = None, obj: Any = missing, name: Any = None, exc: type[Exception] = UndefinedError
    ) -> Undefined:
        may_be_empty = exc is UndefinedError and not str(name).startswith("_")
        if obj is missing:
            may_be_empty &= name is None
        elif isinstance(obj, _Parameters):
            hint = hint or f"{name!r} is undefined: no parameter of the intent is called so"
            may_be_empty &= name in obj.optional
        elif isinstance(obj, _Endpoints):
            hint = hint or f"{name!r} is undefined: INTENTLOOP_ENDPOINTS has no endpoint of that name"
            may_be_empty = False
        else:
            may_be_empty &= obj is None or isinstance(obj, Mapping | list | tuple | Undefined)
        kind = NoValue if may_be_empty else StrictUndefined
        return kind(hint, obj, name, exc)  # type: ignore[arg-type]


class _RequestEnvironment(BotEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up a name; an optional parameter without a value may be called `items`."""
        if isinstance(obj, _Parameters) and attribute in obj.optional and attribute not in obj:
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up an item; an error does not quote a name that comes from a value."""
        found = super().getitem(obj, argument)
        if isinstance(found, Undefined) and isinstance(argument, str) and not isinstance(argument, Authored):
            found._undefined_name = found._undefined_hint = "a name that a value gives"
        return found


class Marks:
    """The values of one rendering, in order."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[Any] = []

    def add(self, value: Any) -> str:
        """Return a mark for a value."""
        self.values.append(value)
        return f"{OPEN}{len(self.values) - 1}{CLOSE}"

    def replace(self, text: str, *, value: Callable[[Any], str], literal: Callable[[str], str] = str) -> str:
        """Replace each mark by its value, and transform the author's text between them."""
        pieces = MARK.split(text)
        return "".join(
            value(self.values[int(piece)]) if index % 2 else literal(piece) for index, piece in enumerate(pieces)
        )

    def expand(self, text: str) -> tuple[str, "Marks"]:
        """Write the author's own words of every expression into the text; marks of values remain."""
        if not any(isinstance(value, Authored | Composed) for value in self.values):
            return text, self
        values = Marks()

        def write(value: Any) -> str:
            return "".join(str(part) if isinstance(part, Authored) else values.add(part) for part in parts_of(value))

        return self.replace(text, value=write), values

    def in_text(self, text: str) -> list[Any]:
        """Return the values whose marks are in a text."""
        return [self.values[int(number)] for number in MARK.findall(text)]


@pass_context
def _mark(context: Context, value: Any) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises for a name that must have a value
    for part in parts_of(value):
        if isinstance(part, Authored) and (OPEN in part or CLOSE in part):
            raise TemplateError("a template may not contain the characters U+E000 and U+E001")
    marks: Marks = context[_MARKS]
    return marks.add(value)


REQUEST_ENVIRONMENT = _RequestEnvironment(undefined=_RequestUndefined, finalize=_mark, marks_author=True)


def render_marked(template: str, values: RequestValues) -> tuple[str, Marks]:
    """Render a template with a mark in place of each expression's value.

    Raises TemplateError if the template is malformed or a name has no value that must have one.
    """
    if _MARKS_OF_AN_AUTHOR.search(template):
        raise TemplateError("a template may not contain the characters U+E000 and U+E001")
    marks, parameters = Marks(), _Parameters(values.parameters)
    parameters.optional = values.optional
    names = {
        "parameters": parameters,
        "context": values.context,
        "endpoints": _Endpoints({name: Endpoint(url.rstrip("/")) for name, url in values.endpoints.items()}),
        "secrets": _SECRETS,
        _MARKS: marks,
        LANGUAGE: values.language,
    }
    return render(REQUEST_ENVIRONMENT, template, names), marks


def json_of(value: Any) -> str:
    """Write a value as JSON; raise TemplateError for something that is none."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_null)
    except (TypeError, ValueError) as error:
        raise TemplateError("an expression gives something that cannot be sent as a value") from error


def _null(value: Any) -> None:
    if not isinstance(value, Undefined):
        raise TypeError
    str(value)  # raises for a name that must have a value


def text_of(value: Any) -> str:
    """Write a value as a text; nothing for a value that is not there."""
    if isinstance(value, SecretReference):
        return value.written
    if isinstance(value, Composed):
        return "".join(map(text_of, value.parts))
    if isinstance(value, str):
        return str(value)
    return "" if is_blank(value) else json_of(value)
