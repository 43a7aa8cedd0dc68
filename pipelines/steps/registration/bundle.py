"""The code that a registered version brings along: what loads a release and predicts, as one zip archive.

The package in the archive is named after its content. So it can be imported wherever its requirements are installed,
beside another version's code and beside `pipelines` itself, and none of them hides another.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pipelines

ENTRY_MODULE = "registry.prediction"
"""The module that the loader imports, below the package."""
_OWN = pipelines.__name__
_IMPORT = re.compile(rf"^(\s*(?:from|import) ){_OWN}(?=[. ])", re.MULTILINE)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an archive can hold: the same code gives the same bytes."""


def write_bundle(folder: Path) -> Path:
    """Write the archive to a folder and return it; its stem is the name of the package in it."""
    package, source_by_path = _bundled()
    file = folder / f"{package}.zip"
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for path, source in sorted(source_by_path.items()):
            archive.writestr(ZipInfo(f"{package}/{path}", _LONG_AGO), source, ZIP_DEFLATED)
    return file


@cache
def _bundled() -> tuple[str, dict[str, str]]:
    """Return the package's name, and its modules by their path in it."""
    found = _modules_needed()
    digest = hashlib.sha256("".join(f"{path}\0{source}\0" for path, source in sorted(found.items())).encode())
    package = f"intentloop_{digest.hexdigest()[:12]}"
    return package, {path: _IMPORT.sub(rf"\g<1>{package}", source) for path, source in found.items()}


def _modules_needed() -> dict[str, str]:
    """Return the source of `ENTRY_MODULE` and of all it imports of ours, at once or later, by path in the package."""
    root = Path(pipelines.__path__[0])
    found: dict[str, str] = {}
    waiting = [f"{_OWN}.{ENTRY_MODULE}"]
    while waiting:
        name = waiting.pop()
        file = _file_of(name, root)
        path = file.relative_to(root).as_posix() if file is not None else ""
        if file is None or path in found:
            continue
        found[path] = file.read_text(encoding="utf-8")
        waiting += [name.rpartition(".")[0], *_imports(found[path])]
    return found


def _file_of(name: str, root: Path) -> Path | None:
    """Return the file of one of our modules; None if the name is of another library or of something in a module."""
    top, *below = name.split(".")
    if top != _OWN:
        return None
    folder = root.joinpath(*below)
    files = (folder / "__init__.py", folder.parent / f"{folder.name}.py")
    return next((file for file in files if file.is_file()), None)


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
