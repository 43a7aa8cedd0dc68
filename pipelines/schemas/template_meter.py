"""How much work one rendering of a template may do: counted where work can grow, refused beyond a limit.

A template of eighty characters can loop for hours. So loops, filters, tests, comparisons, slices, calls and literals
are charged, before they run, for the size of what they look at; the charge of a loop is that of its body, as often as
it runs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import wraps
from typing import Any, cast

from jinja2 import Environment, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

METER = "_meter"
MAX_WORK = 300_000
"""In steps of a fraction of a microsecond; the longest reply of the sample bot takes under a thousand."""
_CHARS_A_STEP = 8
# These look at none of what is within a value.
_CHEAP = frozenset(
    (
        *("boolean", "callable", "count", "d", "default", "defined", "false", "first", "float", "integer", "iterable"),
        *("last", "length", "mapping", "none", "number", "random", "sequence", "string", "true", "undefined"),
    )
)
# What Jinja2 hands to a filter before its arguments, by how the filter asks for it.
_EXTRA_BY_KIND: dict[str | None, Callable[[Context], tuple[Any, ...]]] = {
    None: lambda _: (),
    "context": lambda context: (context,),
    "eval_context": lambda context: (context.eval_ctx,),
    "environment": lambda context: (context.environment,),
}


class Meter:
    """What is left of the work of one rendering."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, steps: int) -> None:
        """Charge some steps; raise `SecurityError` if they are not left."""
        self.left -= steps
        if self.left < 0:
            raise SecurityError("the template does too much work; loop over less")

    def measure(self, *values: Any) -> None:
        """Charge what it takes to look at everything within some values."""
        pending = list(values)
        while pending:
            value = pending.pop()
            if isinstance(value, str):
                self.spend(1 + len(value) // _CHARS_A_STEP)
            elif isinstance(value, Collection) and not isinstance(value, Undefined | bytes):
                self.spend(1 + len(value))
                pending.extend(value)
                if isinstance(value, Mapping):
                    pending.extend(value.values())
            else:
                self.spend(1)


def metered(name: str, function: Any) -> Callable[..., Any]:
    """Charge a filter or test for its arguments, and give its result as a value, not as work still to be done.

    Parameters
    ----------
    name
        What templates call it.
    function
        Jinja2's, or one like it.

    Returns
    -------
    Callable[..., Any]
        The same filter or test. It takes the context, so that Jinja2 cannot run it while it compiles.
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
    """Charge a loop for every time its body will run."""
    if isinstance(values, Undefined):
        return values
    meter: Meter = context[METER]
    rows = values if isinstance(values, Collection) else list(values)
    meter.spend(len(rows) * body_steps)
    return rows


@pass_context
def measured(context: Context, value: Any) -> Any:
    """Charge for all of a value that is about to be compared or has just been put together."""
    meter: Meter = context[METER]
    meter.measure(value)
    return value


@pass_context
def sliced(context: Context, value: Any) -> Any:
    """Charge for the length of a value that is about to be copied."""
    meter: Meter = context[METER]
    meter.spend(len(value) if isinstance(value, Collection) and not isinstance(value, Undefined) else 1)
    return value


class MeterInserter(NodeTransformer):
    """Puts the charges into a parsed template."""

    _environment: Environment

    def filtered(self, node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
        """Wrap an expression into a filter."""
        wrapped = nodes.Filter(cast(nodes.Expr, node), name, list(args), [], None, None, lineno=node.lineno)
        wrapped.set_environment(self._environment)
        return wrapped

    def _measured(self, node: nodes.Expr) -> nodes.Expr:
        return node if isinstance(node, nodes.Const) else self.filtered(node, measured.__name__)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Charge a loop before it begins."""
        steps = nodes.Const(sum(1 for _ in node.find_all(nodes.Node)), lineno=node.lineno)
        self.generic_visit(node)
        node.iter = self.filtered(node.iter, loop_over.__name__, steps)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Charge both sides of a comparison, `in` included."""
        self.generic_visit(node)
        node.expr = self._measured(node.expr)
        for operand in node.ops:
            operand.expr = self._measured(operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Charge a slice, which copies."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = self.filtered(node.node, sliced.__name__)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """Charge a literal for all it holds: lists of themselves double in size with every line."""
        self.generic_visit(node)
        return self._measured(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """Charge a literal as a list's."""
        self.generic_visit(node)
        return self._measured(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """Charge a literal as a list's; a tuple that is assigned to is none."""
        self.generic_visit(node)
        return self._measured(node) if node.ctx == "load" else node
