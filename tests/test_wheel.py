"""The wheel holds what the source holds: a package or a page that is missing is noticed only once it is installed."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipelines", "serving")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of a copy, since building leaves files behind, and unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=folder, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_wheel_holds_every_module_page_and_static_file(installed: Path) -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*") if "__pycache__" not in file.parts]
    files = [file for file in files if "infra" not in file.parts]  # it is deployed from the repository
    wanted = {
        file.relative_to(ROOT)
        for file in files
        if file.is_file() and (file.suffix in (".py", ".j2") or "static" in file.parts)
    }
    assert {file for file in wanted if not (installed / file).is_file()} == set()


def test_wheel_renders_its_pages(installed: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(installed)!r})
from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation import gate_page
assert gate_page.__file__.startswith({str(installed)!r}), gate_page.__file__
print(gate_page.render_gate(Check(), {{}}))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=installed, check=True, capture_output=True, text=True)
    assert "<h1>The gate</h1>" in done.stdout
