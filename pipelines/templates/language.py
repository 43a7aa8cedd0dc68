"""The language of a bot's texts: Jinja2, restricted to what answers and tool calls need, and metered.

Templates are written by bot authors and come with imported bots, so they are not trusted: no Python internals, only the
listed filters and methods, and bounded work. Nothing here renders; `sandbox` and `request` do, for the checks before a
release and for a live turn alike.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from pipelines.templates.authored import Authored, compose, is_blank, keep_author, shown
from pipelines.templates.filters import BOT_FILTERS, BOT_TESTS, join_texts, limit_length, replace_text
from pipelines.templates.formats import as_number, format_braces, format_percent
from pipelines.templates.meter import METER, Meter, MeterInserter, charges, metered
from pipelines.templates.syntax_fault import in_words

MAX_TEMPLATE_CHARS = 20_000
_CONCAT = "_concat"
_ATTEMPT = "_attempt"
_METHOD = "_method"
# Large enough for any amount of money; a chain of squares exceeds it at the sixth.
_MAX_NUMBER = 10**30

_STR_METHODS = frozenset(
    (
        *("capitalize", "count", "endswith", "find", "index", "isalpha", "isdigit", "islower", "isnumeric", "isupper"),
        *("lower", "lstrip", "removeprefix", "removesuffix", "rsplit", "rstrip", "split", "splitlines", "startswith"),
        *("strip", "swapcase", "title", "upper"),
    )
)
CALLABLE_NAMES = _STR_METHODS | {"cycle", "changed", "format", "get", "items", "join", "keys", "replace", "values"}
"""What a template may call: methods of texts, mappings and lists, and of a loop."""
_OWN_STR_METHODS: Mapping[str, Callable[[str], Callable[..., Any]]] = {
    "format": lambda text: lambda *values, **named: format_braces(text, values, named),
    "join": lambda text: lambda values: join_texts(values, text),
    "replace": lambda text: lambda *arguments: keep_author(replace_text, text, arguments),
}
"""Methods of texts whose result could be of any length."""
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


def _concat(values: list[Any]) -> str:
    limit_length(sum(len(shown(value)) for value in values))
    return compose(values)


@pass_context
def _method(context: Context, obj: Any, name: str) -> Any:
    """Look up what is called: a method of a mapping, even if the mapping has a member of that name."""
    if isinstance(obj, Mapping) and name in _METHODS[dict]:
        return getattr(obj, name)
    return context.environment.getattr(obj, name)


class Variables(Namespace):
    """The `namespace()` of a template; it prints nothing, since it may hold itself many times over."""

    def __repr__(self) -> str:
        return ""


class BotGenerator(CodeGenerator):
    """Writes the code of a template; the author's own texts can be told from values at run time."""

    def visit_Const(self, node: nodes.Const, frame: Any) -> None:
        """Write a constant, and mark a text as the author's."""
        if isinstance(node.value, str) and self.environment.marks_author:  # type: ignore[attr-defined]
            self.write(f"environment.authored({node.value!r})")
        else:
            super().visit_Const(node, frame)

    def visit_Filter(self, node: nodes.Filter, frame: Any) -> None:
        """Write a filter, and an attempt as a function that the environment calls."""
        if node.name != _ATTEMPT:
            super().visit_Filter(node, frame)
            return
        self.write(f"environment.attempt(context, {node.lineno}, lambda: ")
        self.visit(cast(nodes.Expr, node.node), frame)
        self.write(")")


class BotEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2, restricted to what a bot's texts need.

    With `marks_author`, texts that stand in a template are `Authored` at run time. With `attempts`, each expression is
    passed to the environment's `attempt` to be evaluated there.
    """

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "**", "%"))
    intercepted_unops = frozenset(("+", "-"))
    code_generator_class = BotGenerator
    authored = Authored

    def __init__(
        self,
        *,
        undefined: type[Undefined],
        finalize: Callable[..., Any] | None = None,
        marks_author: bool = False,
        attempts: bool = False,
    ) -> None:
        # the optimiser would fold texts into lists and mappings, where no constant is left to mark
        optimized = not marks_author
        super().__init__(undefined=undefined, finalize=finalize, autoescape=False, cache_size=0, optimized=optimized)
        self.marks_author = marks_author
        self.attempts = attempts
        self.globals = {"namespace": Variables}
        self.filters = {name: metered(name, function) for name, function in BOT_FILTERS.items()}
        self.filters |= charges()
        self.filters |= {_CONCAT: metered(_CONCAT, _concat), _ATTEMPT: metered(_ATTEMPT, lambda value: value)}
        self.filters[_METHOD] = _method
        self.tests = {name: metered(name, function) for name, function in BOT_TESTS.items()}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow only the listed methods of plain values."""
        if isinstance(obj, Undefined | LoopContext | Variables):
            return not attr.startswith("_")
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def wrap_str_format(self, value: Any) -> Callable[..., Any] | None:
        """Replace the methods of texts whose result could be of any length by bounded ones."""
        text, name = getattr(value, "__self__", None), getattr(value, "__name__", "")
        return _OWN_STR_METHODS[name](text) if isinstance(text, str) and name in _OWN_STR_METHODS else None

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look a name up in a mapping first: a parameter may be called `items` or `values`."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a method after charging for its work."""
        meter: Meter = __context[METER]
        text = getattr(__obj, "__self__", None)
        meter.measure((text, args, kwargs))
        if isinstance(text, Authored):
            return keep_author(lambda _, *values, **named: __obj(*values, **named), text, args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse operators that make something huge out of something small; with nothing there is nothing to do."""
        meter: Meter = context[METER]
        if operator == "%" and isinstance(left, str):
            meter.measure((left, right))
            return format_percent(left, right)
        if is_blank(left) or is_blank(right):
            return self._without_value(operator, left, right)
        if operator == "+" and any(isinstance(left, kind) and isinstance(right, kind) for kind in (str, list, tuple)):
            limit_length(len(left) + len(right))
            meter.measure((left, right))
            return compose((left, right)) if isinstance(left, str) else left + right
        if isinstance(left, int | float) and isinstance(right, int | float) and operator != "**":
            if max(abs(left), abs(right)) > _MAX_NUMBER:
                raise SecurityError("a template may calculate with numbers of up to 30 digits")
            return super().call_binop(context, operator, left, right)
        if operator != "**" and isinstance(left, str) != isinstance(right, str):
            with suppress(TypeError, ValueError):  # an entity's value, such as a quantity, is a text
                return self.call_binop(context, operator, as_number(left), as_number(right))
        if operator == "**":
            raise SecurityError("'**' is not available; write the product out")
        hint = "; put texts together with ~" if operator == "+" else ""
        raise SecurityError(f"{operator!r} works on two numbers only{hint}")

    def _without_value(self, operator: str, left: Any, right: Any) -> Any:
        for operand in (left, right):
            if isinstance(operand, Undefined):
                str(operand)  # raises for a name that must have a value
        present = right if is_blank(left) else left
        if operator == "+" and isinstance(present, str | list | tuple):
            return present
        absent = left if isinstance(left, Undefined) else right
        return absent if isinstance(absent, Undefined) else self.undefined("nothing to calculate with")

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Turn a number's sign; nothing stays nothing."""
        return self._without_value(operator, arg, arg) if is_blank(arg) else super().call_unop(context, operator, arg)

    def parse_checked(self, source: str) -> nodes.Template:
        """Parse a template, which compiles or not; raises TemplateError if it is malformed or too long."""
        if len(source) > MAX_TEMPLATE_CHARS:
            raise SecurityError(f"a template may have at most {MAX_TEMPLATE_CHARS} characters; shorten it")
        return self.parse(source)

    def compile_checked(self, source: str) -> Template:
        """Check a template and compile it; render it with a `Meter` under the name `METER`.

        Statements that define, capture or include are refused, loops nest at most two deep, `~` becomes a filter
        (nothing else can limit the length of its result), and everything that can be large is metered. Raises
        TemplateError if the template is malformed, too long or uses anything unavailable.
        """
        try:
            tree = self.parse_checked(source)
            _check(tree)
            _Rewriter(self).visit(tree)
            return Template.from_code(self, self.compile(tree), self.globals)
        except TemplateSyntaxError as error:
            fault = TemplateSyntaxError(in_words(source, error, parse=self.parse), error.lineno)
            fault.translated = True  # the sentence has its place; Jinja would append the line again
            raise fault from error
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
    for target in tree.find_all(nodes.NSRef):
        if target.attr.startswith("_"):
            raise SecurityError(f"a template may not use the name {target.attr!r}; names do not begin with _")


class _Rewriter(MeterInserter):
    _environment: BotEnvironment

    def __init__(self, environment: BotEnvironment) -> None:
        self._environment = environment

    def _attempted(self, node: nodes.Node) -> nodes.Expr:
        is_plain = isinstance(node, nodes.TemplateData | nodes.Const)
        return self.filtered(node, _ATTEMPT) if self._environment.attempts and not is_plain else cast(nodes.Expr, node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Let `answer.items()` be the method, although the answer may hold `items`."""
        self.generic_visit(node)
        if isinstance(node.node, nodes.Getattr) and node.node.attr in _METHODS[dict]:
            name = nodes.Const(node.node.attr, lineno=node.lineno)
            node.node = self.filtered(node.node.node, _METHOD, name)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        """Attempt each expression of an output."""
        self.generic_visit(node)
        node.nodes = [self._attempted(child) for child in node.nodes]
        return node

    def visit_If(self, node: nodes.If) -> nodes.Node:
        """Attempt a condition."""
        self.generic_visit(node)
        node.test = self._attempted(node.test)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Charge a loop, and attempt what it loops over."""
        super().visit_For(node)
        node.iter = self._attempted(node.iter)
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:
        """Attempt a value before it gets its name."""
        self.generic_visit(node)
        node.node = self._attempted(node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Replace `a ~ b` by the filter that limits its length."""
        self.generic_visit(node)
        values = nodes.List(node.nodes, lineno=node.lineno)
        return self.filtered(values, _CONCAT)
