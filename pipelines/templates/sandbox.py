"""Render templates in the sandbox of `pipelines.templates.language`.

A reply tolerates an unknown name; a request does not (`pipelines.templates.request`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError

from pipelines.templates.language import MAX_OUTPUT_CHARS, BotEnvironment
from pipelines.templates.meter import METER, Meter


class BlankUndefined(ChainableUndefined):
    """An unknown name in a reply: renders empty and is false in every expression."""

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


REPLY_ENVIRONMENT = BotEnvironment(undefined=BlankUndefined)


@lru_cache(maxsize=4096)
def compiled(environment: BotEnvironment, source: str) -> Template:
    """Return a compiled template, cached: compiling costs a hundred times as much as rendering.

    Raises TemplateError if the template is malformed, too long or uses anything unavailable.
    """
    return environment.compile_checked(source)


def render(environment: BotEnvironment, source: str, values: Mapping[str, Any]) -> str:
    """Render a template to at most `MAX_OUTPUT_CHARS` characters; two escaped surrogates become the emoji they encode.

    Raises TemplateError if the template is malformed, uses anything unavailable, or cannot be rendered with these
    values.
    """
    if "{" not in source:
        return source
    template, parts, length = compiled(environment, source), [], 0
    try:
        for part in template.generate({**values, METER: Meter()}):
            length += len(part)
            if length > MAX_OUTPUT_CHARS:
                raise SecurityError(f"a rendered template may have at most {MAX_OUTPUT_CHARS} characters")
            parts.append(part)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        # a value has another type than the template's author expected
        raise TemplateError(f"{type(error).__name__} while rendering") from error
    return _with_whole_characters("".join(parts))


def _with_whole_characters(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
