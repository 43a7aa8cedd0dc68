"""Refresh the browser libraries of the admin pages from their npm packages: `python -m tests.support.vendor`.

It needs `npm`, and writes `VENDORED.json`: where each file is from, its licence, and the hash of what is served. With
`--upgrade` it takes the newest versions, else those that are written there.
"""

import argparse
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).parents[2] / "serving" / "static" / "admin" / "vendor"
RECORD = VENDOR / "VENDORED.json"
FILES = {
    "preact.js": ("preact", "dist/preact.mjs"),
    "hooks.js": ("preact", "hooks/dist/hooks.mjs"),
    "htm.js": ("htm", "dist/htm.mjs"),
    "signals-core.js": ("@preact/signals-core", "dist/signals-core.mjs"),
    "signals.js": ("@preact/signals", "dist/signals.mjs"),
    "uplot.js": ("uplot", "dist/uPlot.iife.min.js"),
    "uplot.css": ("uplot", "dist/uPlot.min.css"),
}
"""File here: npm package, and the file in it."""
_IMPORTS = {"preact": "./preact.js", "preact/hooks": "./hooks.js", "@preact/signals-core": "./signals-core.js"}


def adapted(name: str, source: str) -> str:
    """Return a package's file as it is served: imports that a browser can resolve, and no pointer to a source map."""
    source = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", source)
    source = re.sub(r'from\s*"([^".][^"]*)"', lambda found: f'from"{_IMPORTS[found[1]]}"', source)
    # the small form of uPlot is a script that declares one name; the package's module is three times as large
    return f"{source.rstrip()}\nexport default uPlot;\n" if name == "uplot.js" else source


def refresh(*, upgrade: bool) -> None:
    """Write every file, its package's licence, and the record."""
    known: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    versions = {entry["package"]: entry["version"] for entry in known.values()}
    record = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in sorted({package for package, _ in FILES.values()}):
            wanted = package if upgrade or package not in versions else f"{package}@{versions[package]}"
            with tarfile.open(_packed(wanted, Path(folder))) as archive:
                about = json.loads(_member(archive, "package.json"))
                licence = package.strip("@").replace("/", "-") + "-LICENSE.txt"
                (VENDOR / licence).write_text(_member(archive, "LICENSE"), encoding="utf-8")
                for name, (_, path) in ((name, found) for name, found in FILES.items() if found[0] == package):
                    source = adapted(name, _member(archive, path))
                    (VENDOR / name).write_text(source, encoding="utf-8")
                    record[name] = {
                        "package": package,
                        "version": about["version"],
                        "file": path,
                        "licence": about["license"],
                        "licence_file": licence,
                        "sha256": hashlib.sha256(source.encode()).hexdigest(),
                    }
    RECORD.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _packed(package: str, folder: Path) -> Path:
    command = ["npm", "pack", package, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return folder / done.stdout.split()[-1]


def _member(archive: tarfile.TarFile, path: str) -> str:
    file = archive.extractfile(f"package/{path}")
    if file is None:
        raise FileNotFoundError(path)
    return file.read().decode("utf-8")


def main() -> None:
    """Refresh the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    refresh(upgrade=parser.parse_args().upgrade)


if __name__ == "__main__":
    main()
