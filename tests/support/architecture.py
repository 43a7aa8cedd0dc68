"""The structure of the code, measured: `python -m tests.support.architecture` prints it."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).parents[2]
TOP = ("pipelines", "serving")
STEPS = "pipelines.steps"


@cache
def imports() -> frozenset[tuple[str, str]]:
    """Return every import between two modules of ours, those inside functions and for type checking included."""
    graph = grimp.build_graph(*TOP, cache_dir=None)
    return frozenset(
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    )


def circles(arrows: frozenset[tuple[str, str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other, each sorted."""
    after: dict[str, set[str]] = {}
    for start, end in arrows:
        after.setdefault(start, set()).add(end)
    reached = {node: _reachable(node, after) for node in after}
    groups = {tuple(sorted(other for other in reached[node] if node in reached.get(other, ()))) for node in after}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def _reachable(node: str, after: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for following in after.get(waiting.pop(), ()):
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found


def room_of(module: str) -> str:
    """Return the package a module belongs to: `serving.store`, `pipelines.steps.data`; a file of its own is a room."""
    parts = module.split(".")
    return ".".join(parts[: 3 if module.startswith(f"{STEPS}.") else 2])


def arrows_between_rooms() -> frozenset[tuple[str, str]]:
    """Return the imports between rooms, one for each pair."""
    pairs = {(room_of(start), room_of(end)) for start, end in imports()}
    return frozenset((start, end) for start, end in pairs if start != end and "." in start and "." in end)


def levels(arrows: frozenset[tuple[str, str]]) -> dict[str, int]:
    """Return each room's floor, one above the highest room it imports; raise `CycleError` if there is a circle."""
    below: dict[str, set[str]] = {}
    for start, end in arrows:
        below.setdefault(start, set()).add(end)
        below.setdefault(end, set())

    floor: dict[str, int] = {}
    for room in TopologicalSorter(below).static_order():  # what a room imports comes before it
        floor[room] = 1 + max((floor[other] for other in below[room]), default=0)
    return floor


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts of pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return list(settings["tool"]["importlinter"]["contracts"])


def production_files() -> Iterator[Path]:
    """Yield the Python files that ship."""
    for top in TOP:
        yield from sorted((ROOT / top).rglob("*.py"))


def renamed_imports(code: str) -> Iterator[str]:
    """Return what is imported from our packages under another name; modules and functions must not need that."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("pipelines", "serving"):
            yield from (f"{name.name} as {name.asname}" for name in node.names if name.asname is not None)


def count_lines() -> tuple[int, int]:
    """Return how many lines the production code has, and how many of them are docstrings."""
    total = docstrings = 0
    for file in production_files():
        source = file.read_text()
        total += len(source.splitlines())
        docstrings += sum(_docstring_lines(node) for node in ast.walk(ast.parse(source)))
    return total, docstrings


def _docstring_lines(node: ast.AST) -> int:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return 0
    first = node.body[0]
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return (first.end_lineno or first.lineno) - first.lineno + 1 if is_text else 0


def describe() -> Iterator[str]:
    """Describe the structure, one figure per line."""
    rooms, total = arrows_between_rooms(), count_lines()
    steps = {(start, end) for start, end in rooms if start.startswith(STEPS) and end.startswith(STEPS)}
    folders = {room for pair in steps for room in pair}
    yield f"circles of modules: {len(circles(imports()))}"
    yield f"circles of packages: {len(circles(rooms))}"
    yield f"packages that import each other: {sum((end, start) in rooms for start, end in rooms) // 2}"
    yield f"floors: {max(levels(rooms).values())}"
    yield f"{STEPS}: {len(folders)} folders, {len(steps)} arrows"
    yield f"exceptions from the contracts: {sum(len(each.get('ignore_imports', ())) for each in contracts())}"
    yield f"production code: {total[0]:,} lines, {total[1] / total[0]:.1%} of them docstrings"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in describe())
