"""The names that a template uses, as paths: `result.items[0].price` is `("items", 0, "price")` of `result`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from enum import Enum

from jinja2 import TemplateError, nodes

from pipelines.templates.language import CALLABLE_NAMES, BotEnvironment
from pipelines.templates.sandbox import BlankUndefined


class Step(Enum):
    """A step of a path that has no name: some item of a list, or a member that only a value names."""

    ITEM = "an item"
    MEMBER = "a member"


Path = tuple[str | int | Step, ...]
_Scope = dict[str, tuple[str, Path] | None]
"""Names that a template has given to parts of its values; None: to something else."""

_KEEP_A_LIST = frozenset(
    ("sort", "list", "unique", "reverse", "selectattr", "rejectattr", "select", "reject", "default", "d", "slice")
)
_TAKE_AN_ITEM = frozenset(("first", "last", "random", "min", "max"))
_NAME_AN_ATTRIBUTE = frozenset(("map", "sort", "groupby", "sum", "min", "max", "unique", "join"))
_BEGIN_WITH_AN_ATTRIBUTE = frozenset(("selectattr", "rejectattr", "groupby"))
_PARSER = BotEnvironment(undefined=BlankUndefined)


def used_paths(template: str, roots: Iterable[str]) -> list[tuple[str, Path]]:
    """Return every path that a template uses of the names in `roots`, in order, each once.

    Loops, `set`, `get` and the filters that pick from lists are followed. A malformed template uses nothing: that is
    reported elsewhere.
    """
    with suppress(TemplateError, RecursionError):
        if "{" in template:
            return list(dict.fromkeys(_Walk(frozenset(roots)).visit(_PARSER.parse_checked(template), {})))
    return []


def endpoint_names(templates: Iterable[str]) -> list[str]:
    """Return the endpoints that templates use, each once."""
    found = (path[0] for template in templates for _, path in used_paths(template, ("endpoints",)) if path)
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def written(root: str, path: Sequence[str | int | Step]) -> str:
    """Write a path as a template's author does: `result.items[0].price`."""
    text = root
    for step in path:
        if isinstance(step, Step):
            text += "[]"
        elif isinstance(step, str) and step.isidentifier():
            text += f".{step}"
        else:
            text += f"[{step!r}]"
    return text


class _Walk:
    def __init__(self, roots: frozenset[str]) -> None:
        self._roots = roots

    def visit(self, node: nodes.Node, scope: _Scope) -> Iterator[tuple[str, Path]]:
        """Yield the paths below a node; statements add to `scope`."""
        if isinstance(node, nodes.For):
            yield from self._visit_loop(node, scope)
        elif isinstance(node, nodes.Assign):
            yield from self.visit(node.node, scope)
            self._name(node.target, self._path(node.node, scope), scope)
        elif isinstance(node, nodes.Filter):
            yield from self._visit_filter(node, scope)
        elif isinstance(node, nodes.With):
            inside = dict(scope)
            for target, value in zip(node.targets, node.values, strict=True):
                yield from self.visit(value, scope)
                self._name(target, self._path(value, scope), inside)
            for child in node.body:
                yield from self.visit(child, inside)
        else:
            found = self._path(node, scope) if isinstance(node, nodes.Expr) else None
            if found is not None:
                yield found
                yield from self._visit_indexes(node, scope)
                return
            children: list[nodes.Node] = list(node.iter_child_nodes())
            if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
                children[0] = node.node.node  # a method is no member of what it belongs to
            for child in children:
                yield from self.visit(child, scope)

    def _visit_loop(self, loop: nodes.For, scope: _Scope) -> Iterator[tuple[str, Path]]:
        yield from self.visit(loop.iter, scope)
        found, inside = self._path(loop.iter, scope), dict(scope)
        self._name(loop.target, (found[0], (*found[1], Step.ITEM)) if found else None, inside)
        if found is None and isinstance(loop.iter, nodes.Call) and isinstance(loop.iter.node, nodes.Getattr):
            self._name_members(loop.iter.node, loop.target, scope, inside)
        for child in ([loop.test] if loop.test is not None else []) + [*loop.body]:
            yield from self.visit(child, inside)
        for child in loop.else_:
            yield from self.visit(child, scope)

    def _name_members(self, method: nodes.Getattr, target: nodes.Node, scope: _Scope, inside: _Scope) -> None:
        """Name what `for value in x.values()` and `for name, value in x.items()` go through."""
        owner = self._path(method.node, scope)
        if owner is None:
            return
        member = (owner[0], (*owner[1], Step.MEMBER))
        if method.attr == "values":
            self._name(target, member, inside)
        elif method.attr == "items" and isinstance(target, nodes.Tuple) and len(target.items) == 2:
            self._name(target.items[1], member, inside)

    def _name(self, target: nodes.Node, found: tuple[str, Path] | None, scope: _Scope) -> None:
        if isinstance(target, nodes.Name):
            scope[target.name] = found
        elif isinstance(target, nodes.Tuple):
            for item in target.items:
                self._name(item, None, scope)

    def _visit_filter(self, node: nodes.Filter, scope: _Scope) -> Iterator[tuple[str, Path]]:
        if node.node is not None:
            yield from self.visit(node.node, scope)
        for argument in [*node.args, *(pair.value for pair in node.kwargs)]:
            yield from self.visit(argument, scope)
        owner = self._path(node.node, scope) if node.node is not None else None
        named = [pair.value for pair in node.kwargs if pair.key == "attribute" and node.name in _NAME_AN_ATTRIBUTE]
        named += node.args[:1] if node.name in _BEGIN_WITH_AN_ATTRIBUTE else []
        for attribute in named:
            if owner is not None and isinstance(attribute, nodes.Const) and isinstance(attribute.value, str):
                steps = [int(part) if part.isdigit() else part for part in attribute.value.split(".")]
                yield owner[0], (*owner[1], Step.ITEM, *steps)

    def _visit_indexes(self, node: nodes.Node, scope: _Scope) -> Iterator[tuple[str, Path]]:
        """Yield the paths inside the brackets of a path."""
        while not isinstance(node, nodes.Name):
            if isinstance(node, nodes.Getitem):
                yield from self.visit(node.arg, scope)
            elif isinstance(node, nodes.Call):
                for argument in node.args:
                    yield from self.visit(argument, scope)
            child = next(node.iter_child_nodes(), None)
            if child is None:
                return
            node = child.node if isinstance(node, nodes.Call) and isinstance(child, nodes.Getattr) else child

    def _path(self, node: nodes.Node, scope: _Scope) -> tuple[str, Path] | None:
        """Return the path that an expression stands for, if it is one."""
        if isinstance(node, nodes.Name):
            return scope.get(node.name, (node.name, ()) if node.name in self._roots else None)
        if isinstance(node, nodes.Getattr):
            return self._longer(node.node, node.attr, scope)
        if isinstance(node, nodes.Getitem):
            if isinstance(node.arg, nodes.Slice):
                return self._path(node.node, scope)
            is_known = isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str | int)
            return self._longer(node.node, node.arg.value if is_known else Step.MEMBER, scope)  # type: ignore[attr-defined]
        if isinstance(node, nodes.Filter) and node.node is not None:
            if node.name in _KEEP_A_LIST:
                return self._path(node.node, scope)
            return self._longer(node.node, Step.ITEM, scope) if node.name in _TAKE_AN_ITEM else None
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in CALLABLE_NAMES:
            first = node.args[0] if node.args else None
            if node.node.attr == "get" and isinstance(first, nodes.Const) and isinstance(first.value, str):
                return self._longer(node.node.node, first.value, scope)
        return None

    def _longer(self, node: nodes.Node, step: str | int | Step, scope: _Scope) -> tuple[str, Path] | None:
        found = self._path(node, scope)
        return (found[0], (*found[1], step)) if found is not None else None
