"""The sandbox in which every template of a bot runs.

Templates are written by bot authors and come with imported bots, so they are not trusted with the process: no Python
internals, no unbounded repetition, and only the filters and methods that answers need.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Environment, Template, TemplateError, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_TEMPLATE_CHARS = 20_000
MAX_OUTPUT_CHARS = 100_000
SEED = "_seed"
_CONCAT = "_concat"

_FILTERS = frozenset(
    (
        *("abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "int"),
        *("items", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round"),
        *("select", "selectattr", "sort", "string", "striptags", "sum", "title", "trim", "truncate", "unique", "upper"),
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
    """JSON text made by the `tojson` filter; the one thing that a JSON body takes over unquoted."""

    __slots__ = ()


class BlankUndefined(ChainableUndefined):
    """A name that is not there, in a reply: renders empty and is false, whatever is done with it."""

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


@pass_context
def _choose(context: Context, options: Sequence[Any]) -> Any:
    """Pick one option, the same one whenever the turn is replayed."""
    if not options:
        return context.environment.undefined("no first item, sequence was empty")
    # Picking a reply variant is no secret.
    return random.Random(str(context.get(SEED, ""))).choice(options)  # noqa: S311


def _to_json(value: Any) -> RawJson:
    return RawJson(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _limited(length: int) -> None:
    if length > MAX_OUTPUT_CHARS:
        raise SecurityError(f"a value may have {MAX_OUTPUT_CHARS} characters")


def _replace(value: Any, old: Any, new: Any) -> str:
    text, replaced, by = str(value), str(old), str(new)
    _limited(len(text) + text.count(replaced) * len(by))
    return text.replace(replaced, by)


def _join(values: Sequence[Any], separator: str = "", attribute: str | None = None) -> str:
    parts = [str(value.get(attribute, "") if attribute else value) for value in values]
    _limited(sum(map(len, parts)) + len(parts) * len(separator))
    return separator.join(parts)


def _concat(values: Sequence[Any]) -> str:
    return _join(values)


class BotEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2, cut down to what a bot's texts need."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self, *, undefined: type[Undefined], finalize: Callable[..., Any] | None = None) -> None:
        super().__init__(undefined=undefined, finalize=finalize, autoescape=False, cache_size=0)
        self.globals = {}
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {"random": _choose, "tojson": _to_json, "replace": _replace, "join": _join, _CONCAT: _concat}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow the listed methods of plain values and nothing else."""
        if isinstance(obj, Undefined | LoopContext):
            return not attr.startswith("_")
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look a name up in a mapping first: a parameter may be called `items` or `values`."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse the operators that make something huge out of something small."""
        are_numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, type(left)):
            _limited(len(left) + len(right))
        elif not (are_numbers and operator != "**") and not isinstance(left, Undefined):
            raise SecurityError(f"{operator!r} works on numbers only and ** is not available; rewrite the template")
        return super().call_binop(context, operator, left, right)

    def compile_checked(self, source: str) -> Template:
        """Compile a template after looking at what it is made of.

        Statements that define, capture or include are refused, loops nest two deep at most, and `~` becomes a filter,
        since nothing else can limit how long its result grows.
        """
        tree = self.parse(source)
        for node in tree.find_all(_FORBIDDEN):
            raise SecurityError(f"{type(node).__name__} is not available in a bot's templates; write it out")
        for loop in tree.find_all(nodes.For):
            inner = list(loop.find_all(nodes.For))
            if loop.recursive or any(list(node.find_all(nodes.For)) for node in inner):
                raise SecurityError("loops may be nested two deep; simplify the template")
        _ConcatToFilter(self).visit(tree)
        return Template.from_code(self, self.compile(tree), {})


class _ConcatToFilter(NodeTransformer):
    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Replace `a ~ b` by the filter that limits its length."""
        self.generic_visit(node)
        values = nodes.List(node.nodes, lineno=node.lineno)
        replacement = nodes.Filter(values, _CONCAT, [], [], None, None, lineno=node.lineno)
        return replacement.set_environment(self._environment)


REPLY_ENVIRONMENT = BotEnvironment(undefined=BlankUndefined)


@lru_cache(maxsize=4096)
def compiled(environment: BotEnvironment, source: str) -> Template:
    """Compile a template once; compiling costs a hundred times what rendering does.

    Parameters
    ----------
    environment
        The sandbox it will run in.
    source
        The template.

    Returns
    -------
    Template
        Ready to be rendered.

    Raises
    ------
    TemplateError
        The template is malformed, too long or uses something that is not available.
    """
    if len(source) > MAX_TEMPLATE_CHARS:
        raise SecurityError(f"a template may have {MAX_TEMPLATE_CHARS} characters; shorten it")
    return environment.compile_checked(source)


def render(environment: BotEnvironment, source: str, values: Mapping[str, Any]) -> str:
    """Render a template.

    Parameters
    ----------
    environment
        The sandbox to run it in.
    source
        The template.
    values
        The names it sees.

    Returns
    -------
    str
        At most `MAX_OUTPUT_CHARS` characters.

    Raises
    ------
    TemplateError
        The template is malformed, uses what is not available, or cannot be rendered with these values.
    """
    if "{" not in source:
        return source
    template, parts, length = compiled(environment, source), [], 0
    try:
        for part in template.generate(values):
            length += len(part)
            if length > MAX_OUTPUT_CHARS:
                raise SecurityError(f"a rendered template may have {MAX_OUTPUT_CHARS} characters")
            parts.append(part)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        # What a template does to a value of another type than its author expected.
        raise TemplateError(f"{type(error).__name__} while rendering") from error
    return "".join(parts)
