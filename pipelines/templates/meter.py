"""A limit on the work of rendering a template: charged wherever work can grow, refused beyond the limit.

A template of eighty characters can loop for hours. So loops, filters, tests, comparisons, slices, calls and literals
are charged in advance for the size of their operands; a loop is charged for its body times the number of iterations.
"""

import operator as operators
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, cast

from jinja2 import Environment, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from pipelines.templates.formats import as_number

METER = "_meter"
MAX_WORK = 300_000
"""In steps of a fraction of a microsecond; the longest reply of the sample bot takes fewer than a thousand."""
_CHARS_PER_STEP = 8
_ORDERS = {"gt": operators.gt, "gteq": operators.ge, "lt": operators.lt, "lteq": operators.le}
_SEARCHES = frozenset(("in", "notin"))
# these do not look inside a value
_CHEAP = frozenset(
    (
        *("boolean", "callable", "count", "d", "default", "defined", "false", "first", "float", "integer", "iterable"),
        *("last", "length", "mapping", "none", "number", "random", "sequence", "string", "true", "undefined"),
    )
)
# what Jinja2 passes to a filter before its arguments, by how the filter requests it
_EXTRA_BY_KIND: dict[str | None, Callable[[Context], tuple[Any, ...]]] = {
    None: lambda _: (),
    "context": lambda context: (context,),
    "eval_context": lambda context: (context.eval_ctx,),
    "environment": lambda context: (context.environment,),
}


class Meter:
    """Remaining work of one rendering."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, steps: int) -> None:
        """Charge some steps; raise `SecurityError` if too few are left."""
        self.left -= steps
        if self.left < 0:
            raise SecurityError("the template does too much work; loop over less")

    def measure(self, *values: Any) -> None:
        """Charge for visiting everything inside some values."""
        pending = list(values)
        while pending:
            value = pending.pop()
            if isinstance(value, str):
                self.spend(1 + len(value) // _CHARS_PER_STEP)
            elif isinstance(value, Collection) and not isinstance(value, Undefined | bytes):
                self.spend(1 + len(value))
                pending.extend(value)
                if isinstance(value, Mapping):
                    pending.extend(value.values())
            else:
                self.spend(1)


def metered(name: str, function: Any) -> Callable[..., Any]:
    """Charge a filter or test for its arguments, and make it return a value instead of an iterator.

    `name` is its name in templates. The result takes the context, so that Jinja2 cannot run it while compiling.
    """
    is_cheap = name in _CHEAP
    extra = _EXTRA_BY_KIND[getattr(getattr(function, "jinja_pass_arg", None), "name", None)]

    @wraps(function)
    def charged(context: Context, *args: Any, **kwargs: Any) -> Any:
        meter: Meter = context[METER]
        if is_cheap:
            meter.spend(1)
        else:
            meter.measure(args, kwargs)
        result = function(*extra(context), *args, **kwargs)
        return list(result) if isinstance(result, Iterator) else result

    return pass_context(charged)


@pass_context
def loop_over(context: Context, values: Any, body_steps: int) -> Any:
    """Charge a loop for all its iterations; a null has none, nor has a method, found where an answer lacks `items`."""
    if isinstance(values, Undefined):
        return values
    if values is None or callable(values):
        return ()
    meter: Meter = context[METER]
    rows = values if isinstance(values, Collection) else list(values)
    meter.spend(len(rows) * body_steps)
    return rows


@pass_context
def measured(context: Context, value: Any) -> Any:
    """Charge for a whole value that is about to be compared or has just been built."""
    meter: Meter = context[METER]
    meter.measure(value)
    return value


@pass_context
def ordered(context: Context, left: Any, operator: str, right: Any) -> bool:
    """Compare by size; a null is neither more nor less than anything, and a number may be written as a text."""
    meter: Meter = context[METER]
    meter.measure((left, right))
    if left is None or right is None:
        return False
    if isinstance(left, str) != isinstance(right, str) and not isinstance(left, Undefined | bool):
        with suppress(TypeError, ValueError):
            return bool(_ORDERS[operator](as_number(left), as_number(right)))
    return bool(_ORDERS[operator](left, right))


@pass_context
def searchable(context: Context, value: Any) -> Any:
    """Charge for a value that is about to be searched; a null holds nothing."""
    meter: Meter = context[METER]
    meter.measure(value)
    return () if value is None else value


@pass_context
def sliced(context: Context, value: Any) -> Any:
    """Charge for the length of a value that is about to be copied."""
    meter: Meter = context[METER]
    meter.spend(len(value) if isinstance(value, Collection) and not isinstance(value, Undefined) else 1)
    return value


def charges() -> dict[str, Callable[..., Any]]:
    """Return the filters that `MeterInserter` inserts, by name."""
    return {charge.__name__: charge for charge in (loop_over, measured, ordered, searchable, sliced)}


class MeterInserter(NodeTransformer):
    """Inserts the charges into a parsed template."""

    _environment: Environment

    def filtered(self, node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
        """Wrap an expression in a filter."""
        wrapped = nodes.Filter(cast(nodes.Expr, node), name, list(args), [], None, None, lineno=node.lineno)
        wrapped.set_environment(self._environment)
        return wrapped

    def _measured(self, node: nodes.Expr, charge: Callable[..., Any] = measured) -> nodes.Expr:
        is_literal = isinstance(node, nodes.Const) and node.value is not None
        return node if is_literal else self.filtered(node, charge.__name__)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Charge a loop before it begins."""
        steps = nodes.Const(sum(1 for _ in node.find_all(nodes.Node)), lineno=node.lineno)
        self.generic_visit(node)
        node.iter = self.filtered(node.iter, loop_over.__name__, steps)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Charge both sides of a comparison, including `in`."""
        self.generic_visit(node)
        if len(node.ops) == 1 and node.ops[0].op in _ORDERS:
            operator = nodes.Const(node.ops[0].op, lineno=node.lineno)
            return self.filtered(node.expr, ordered.__name__, operator, node.ops[0].expr)
        node.expr = self._measured(node.expr)
        for operand in node.ops:
            operand.expr = self._measured(operand.expr, searchable if operand.op in _SEARCHES else measured)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Charge a slice, which copies."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = self.filtered(node.node, sliced.__name__)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """Charge a literal for its whole content: lists of themselves double in size with every line."""
        self.generic_visit(node)
        return self._measured(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """Charge a literal like a list."""
        self.generic_visit(node)
        return self._measured(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """Charge a literal like a list, but not the target of an assignment."""
        self.generic_visit(node)
        return self._measured(node) if node.ctx == "load" else node
