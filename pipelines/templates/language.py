"""The language of a bot's texts: Jinja2, restricted to what answers and tool calls need, and metered.

Templates are written by bot authors and come with imported bots, so they are not trusted: no Python internals, only the
listed filters and methods, and bounded work. Nothing here renders; `sandbox` and `request` do, for the checks before a
release and for a live turn alike.
"""

import html
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import re2
from jinja2 import Environment, Template, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_round
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipelines.templates.meter import METER, Meter, MeterInserter, loop_over, measured, metered, sliced

MAX_TEMPLATE_CHARS = 20_000
MAX_OUTPUT_CHARS = 100_000
SEED = "_seed"
_CONCAT = "_concat"
# Large enough for any amount of money; a chain of squares exceeds it at the sixth.
_MAX_NUMBER = 10**30
_MAX_DIGITS = 15
_TAG = re2.compile(r"(?s)<!--.*?-->|<[^>]*>")

_FILTERS = frozenset(
    (
        *("abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "int"),
        *("items", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse"),
        *("select", "selectattr", "sort", "string", "title", "trim", "truncate", "unique", "upper"),
        *("urlencode", "wordcount"),
    )
)
_STR_METHODS = frozenset(
    (
        *("capitalize", "count", "endswith", "find", "index", "isalpha", "isdigit", "islower", "isnumeric", "isupper"),
        *("lower", "lstrip", "removeprefix", "removesuffix", "rsplit", "rstrip", "split", "splitlines", "startswith"),
        *("strip", "swapcase", "title", "upper"),
    )
)
_METHODS: dict[type, frozenset[str]] = {
    str: _STR_METHODS,
    dict: frozenset(("get", "items", "keys", "values")),
    list: frozenset(("count", "index")),
    tuple: frozenset(("count", "index")),
}
_FORBIDDEN = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.AssignBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
)


class RawJson(str):
    """JSON text made by the `tojson` filter, the only text that a JSON body includes unquoted."""

    __slots__ = ()


@pass_context
def _choose(context: Context, options: Sequence[Any]) -> Any:
    """Pick one option, the same on every replay of the turn."""
    if not options:
        return context.environment.undefined("no first item, sequence was empty")
    # choosing a reply variant is not security-sensitive
    return random.Random(str(context.get(SEED, ""))).choice(options)  # noqa: S311


def _to_json(value: Any) -> RawJson:
    return RawJson(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _limited(length: int) -> None:
    if length > MAX_OUTPUT_CHARS:
        raise SecurityError(f"a value may have at most {MAX_OUTPUT_CHARS} characters")


def _replace(value: Any, old: Any, new: Any) -> str:
    text, replaced, by = str(value), str(old), str(new)
    _limited(len(text) + text.count(replaced) * len(by))
    return text.replace(replaced, by)


def _join(values: Sequence[Any], separator: str = "", attribute: str | None = None) -> str:
    parts = [str(value.get(attribute, "") if attribute else value) for value in values]
    _limited(sum(map(len, parts)) + len(parts) * len(separator))
    return separator.join(parts)


def _round(value: float, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    if abs(precision) > _MAX_DIGITS:
        raise SecurityError(f"round works on up to {_MAX_DIGITS} digits")
    return do_round(value, precision, method)


@pass_context
def _sum(context: Context, values: Sequence[Any], attribute: str | None = None) -> Any:
    """Add numbers; Jinja2's `start=[]` is left out, since a sum of lists could grow without limit."""
    total: Any = 0
    for value in values:
        total = total + (context.environment.getitem(value, attribute) if attribute else value)
    return total


def _strip_tags(value: Any) -> str:
    """Remove markup in linear time; Jinja2's own filter copies the text once for every comment in it."""
    text = str(value)
    _limited(len(text))
    return html.unescape(" ".join(_TAG.sub("", text).split()))


def _concat(values: Sequence[Any]) -> str:
    return _join(values)


class BotEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2, restricted to what a bot's texts need."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self, *, undefined: type[Undefined], finalize: Callable[..., Any] | None = None) -> None:
        super().__init__(undefined=undefined, finalize=finalize, autoescape=False, cache_size=0)
        self.globals = {}
        filters = {name: self.filters[name] for name in _FILTERS}
        filters |= {"random": _choose, "tojson": _to_json, "replace": _replace, "join": _join, _CONCAT: _concat}
        filters |= {"round": _round, "striptags": _strip_tags, "sum": _sum}
        self.filters = {name: metered(name, function) for name, function in filters.items()}
        self.filters |= {charge.__name__: charge for charge in (loop_over, measured, sliced)}
        self.tests = {name: metered(name, function) for name, function in self.tests.items()}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow only the listed methods of plain values."""
        if isinstance(obj, Undefined | LoopContext):
            return not attr.startswith("_")
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def wrap_str_format(self, value: Any) -> None:
        """Provide no formatter: Jinja2's own allows only safe attributes, but any width."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look a name up in a mapping first: a parameter may be called `items` or `values`."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a method after charging for its work."""
        meter: Meter = __context[METER]
        meter.measure((getattr(__obj, "__self__", None), args, kwargs))
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse operators that make something huge out of something small."""
        meter: Meter = context[METER]
        if operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, type(left)):
            _limited(len(left) + len(right))
            meter.measure((left, right))
        elif isinstance(left, int | float) and isinstance(right, int | float) and operator != "**":
            if max(abs(left), abs(right)) > _MAX_NUMBER:
                raise SecurityError("a template may calculate with numbers of up to 30 digits")
        elif not isinstance(left, Undefined):
            raise SecurityError(f"{operator!r} works on numbers only and ** is not available; rewrite the template")
        return super().call_binop(context, operator, left, right)

    def compile_checked(self, source: str) -> Template:
        """Check a template and compile it; render it with a `Meter` under the name `METER`.

        Statements that define, capture or include are refused, loops nest at most two deep, `~` becomes a filter
        (nothing else can limit the length of its result), and everything that can be large is metered. Raises
        TemplateError if the template is malformed, too long or uses anything unavailable.
        """
        if len(source) > MAX_TEMPLATE_CHARS:
            raise SecurityError(f"a template may have at most {MAX_TEMPLATE_CHARS} characters; shorten it")
        try:
            tree = self.parse(source)
            _check(tree)
            _Rewriter(self).visit(tree)
            return Template.from_code(self, self.compile(tree), {})
        except (RecursionError, SyntaxError, MemoryError) as error:
            raise TemplateSyntaxError("its parts are nested too deeply; simplify it", 1) from error


def _check(tree: nodes.Template) -> None:
    for node in tree.find_all(_FORBIDDEN):
        raise SecurityError(f"{type(node).__name__} is not available in a bot's templates; write it out")
    for loop in tree.find_all(nodes.For):
        inner = list(loop.find_all(nodes.For))
        if loop.recursive or any(list(node.find_all(nodes.For)) for node in inner):
            raise SecurityError("loops may be nested two deep; simplify the template")
    for name in tree.find_all(nodes.Name):
        if name.name.startswith("_") and name.name != "_":
            raise SecurityError(f"a template may not use the name {name.name!r}; names do not begin with _")


class _Rewriter(MeterInserter):
    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Replace `a ~ b` by the filter that limits its length."""
        self.generic_visit(node)
        values = nodes.List(node.nodes, lineno=node.lineno)
        return self.filtered(values, _CONCAT)
