"""Render replies in the sandbox of `pipelines.templates.language`.

A reply tolerates an unknown name and a null; a request does not tolerate everything (`pipelines.templates.request`). An
expression that fails spoils its own message only: by the time a reply is rendered, the intent's tool has acted.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context

from pipelines.templates.authored import is_method
from pipelines.templates.filters import MAX_OUTPUT_CHARS
from pipelines.templates.language import BotEnvironment
from pipelines.templates.meter import METER, Meter

FAILURE = "\ue004"
"""Stands in a rendered reply for what could not be rendered."""
_FAILURES = "_failures"
_MAX_FAILURES = 20
_UNFIT = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What is raised where a value has another type than the template's author expected."""


@dataclass(frozen=True)
class Gap:
    """A name without a value that a reply prints or loops over, and the name beside it that was probably meant."""

    name: str
    nearest: str = ""


_GAPS: ContextVar[list[Gap] | None] = ContextVar("gaps", default=None)
"""Where gaps are noted. None: nowhere, as in live turns, which need no list of them."""


@contextmanager
def noting_gaps() -> Iterator[None]:
    """Let every reply rendered in this context return its gaps."""
    token = _GAPS.set([])
    try:
        yield
    finally:
        _GAPS.reset(token)


class BlankUndefined(ChainableUndefined):
    """An unknown name in a reply: renders empty and is false in every expression."""

    def _note(self) -> None:
        gaps = _GAPS.get()
        if gaps is not None and isinstance(self._undefined_name, str | int):
            name, owner = str(self._undefined_name), self._undefined_obj
            beside = [str(one) for one in owner] if isinstance(owner, Mapping) else []
            gaps.append(Gap(name, next(iter(get_close_matches(name, beside, n=1)), "")))

    def __str__(self) -> str:
        self._note()
        return ""

    def __iter__(self) -> Iterator[Any]:
        self._note()
        return iter(())

    def _blank(self, *_arguments: Any, **_named: Any) -> "BlankUndefined":
        return self

    def _false(self, _other: Any) -> bool:
        return False

    __call__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _blank  # type: ignore[assignment]
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _blank  # type: ignore[assignment]
    __pow__ = __rpow__ = __neg__ = __pos__ = _blank  # type: ignore[assignment]
    __lt__ = __le__ = __gt__ = __ge__ = _false  # type: ignore[assignment]

    def __int__(self) -> int:  # type: ignore[override]
        return 0

    def __float__(self) -> float:  # type: ignore[override]
        return 0.0


class _ReplyEnvironment(BotEnvironment):
    def attempt(self, context: Context, line: int, evaluate: Callable[[], Any]) -> Any:
        """Evaluate an expression; note a failure and go on with nothing in its place.

        Raises the failure if there were too many, no work is left, or it is not the template's.
        """
        failures: list[str] = context[_FAILURES]
        try:
            return evaluate()
        except (*_UNFIT, TemplateError) as failure:
            meter: Meter = context[METER]
            if len(failures) >= _MAX_FAILURES or meter.left < 0:
                raise
            failures.append(f"line {line}: {_reason(failure)}")
            return self.undefined("it could not be evaluated")


def _reason(failure: Exception) -> str:
    """Return why a template failed, in its own words only if they quote no value."""
    return str(failure) if isinstance(failure, TemplateError) else f"{type(failure).__name__} while rendering"


def _printed(value: Any) -> Any:
    """Print nothing for null, and the plain items of a list as a customer writes them: `ham, olives`.

    Nothing for a method either: an answer without `items` has one of that name.
    """
    if isinstance(value, list | tuple) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(map(str, value))
    return "" if value is None or is_method(value) else value


REPLY_ENVIRONMENT = _ReplyEnvironment(undefined=BlankUndefined, finalize=_printed, attempts=True)


@dataclass(frozen=True)
class Rendered:
    """A rendered reply: `FAILURE` stands in `text` for each of the `failures`; `is_cut` if its end is missing.

    `gaps` are filled within `noting_gaps` only.
    """

    text: str
    failures: tuple[str, ...] = ()
    is_cut: bool = False
    gaps: tuple[Gap, ...] = ()


@lru_cache(maxsize=4096)
def compiled(environment: BotEnvironment, source: str) -> Template:
    """Return a compiled template, cached: compiling costs a hundred times as much as rendering.

    Raises TemplateError if the template is malformed, too long or uses anything unavailable.
    """
    return environment.compile_checked(source)


def render_contained(source: str, values: Mapping[str, Any]) -> Rendered:
    """Render a reply as far as it can be rendered.

    Raises TemplateError if the template is malformed or uses anything unavailable.
    """
    if "{" not in source:
        return Rendered(source)
    template, failures, is_cut = compiled(REPLY_ENVIRONMENT, source), list[str](), False
    parts: list[str] = []
    noted = _GAPS.get()
    n_noted = len(noted or ())
    try:
        _generate(template, {**values, _FAILURES: failures}, parts)
    except TemplateError as error:
        failures.append(str(error))
        is_cut = True
    gaps = tuple(dict.fromkeys(_authored(gap, source) for gap in noted[n_noted:])) if noted else ()
    return Rendered(_with_whole_characters("".join(parts)), tuple(failures), is_cut, gaps)


def _authored(gap: Gap, source: str) -> Gap:
    """Keep the name only if it stands in the template: another one comes from a value, perhaps the customer's."""
    return gap if gap.name in source else Gap("a name that a value gives")


def render(environment: BotEnvironment, source: str, values: Mapping[str, Any]) -> str:
    """Render a template to at most `MAX_OUTPUT_CHARS` characters; two escaped surrogates become the emoji they encode.

    Raises TemplateError if the template is malformed, uses anything unavailable, or cannot be rendered with these
    values.
    """
    if "{" not in source:
        return source
    parts: list[str] = []
    failures: list[str] = []
    _generate(compiled(environment, source), {**values, _FAILURES: failures}, parts)
    if failures:
        raise TemplateError(failures[0])
    return _with_whole_characters("".join(parts))


def _generate(template: Template, values: Mapping[str, Any], parts: list[str]) -> None:
    """Append the pieces of a rendering, with `FAILURE` where an expression failed."""
    length, noted, failures = 0, 0, values[_FAILURES]
    try:
        for part in template.generate({**values, METER: Meter()}):
            if len(failures) > noted:
                parts.append(FAILURE)
                noted = len(failures)
            length += len(part)
            if length > MAX_OUTPUT_CHARS:
                raise SecurityError(f"a rendered template may have at most {MAX_OUTPUT_CHARS} characters")
            parts.append(part)
        if len(failures) > noted:
            parts.append(FAILURE)
    except _UNFIT as error:
        raise TemplateError(_reason(error)) from error


def _with_whole_characters(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
