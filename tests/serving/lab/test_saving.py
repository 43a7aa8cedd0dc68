"""Saving notebooks in JupyterLab, with Jupyter's own contents manager and a real git."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.contents.filemanager import FileContentsManager

from tests.support.notebooks import FOLDER

HOOK = "serving.lab.saving.save_without_outputs"
NAME = "10_explore_intents.ipynb"


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=place, capture_output=True, text=True, check=True).stdout


def after_a_run(notebook: Path) -> dict[str, Any]:
    """Give what JupyterLab saves once every cell has run."""
    content: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    content["metadata"]["language_info"] |= {"version": "3.12.1", "codemirror_mode": {"name": "ipython", "version": 3}}
    content["metadata"]["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello"}]
            cell["execution_count"] = 3
            cell["metadata"]["execution"] = {"iopub.execute_input": "2026-11-29T01:00:00Z"}
    return content


@pytest.fixture
def place(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / NAME).write_bytes((FOLDER / NAME).read_bytes())
    git(tmp_path, "add", "notebooks")
    git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message", "x")
    return tmp_path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the notebook libraries
def test_a_notebook_that_was_run_and_saved_is_not_modified(place: Path) -> None:
    manager = FileContentsManager(root_dir=str(place), pre_save_hook=HOOK)
    content = after_a_run(place / "notebooks" / NAME)
    manager.save({"type": "notebook", "format": "json", "content": content}, f"notebooks/{NAME}")
    assert git(place, "status", "--porcelain", "--untracked-files=no") == ""
    content["cells"][0]["source"] = "# Another title"
    manager.save({"type": "notebook", "format": "json", "content": content}, f"notebooks/{NAME}")
    changed = [line for line in git(place, "diff", "--unified=0").splitlines() if line.startswith(("+ ", "- "))]
    assert "".join(changed).count("Another title") == 1
    assert "hello" not in git(place, "diff")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_of_ones_own_keeps_its_outputs(place: Path) -> None:
    manager = FileContentsManager(root_dir=str(place), pre_save_hook=HOOK)
    content = after_a_run(place / "notebooks" / NAME)
    manager.save({"type": "notebook", "format": "json", "content": content}, "notebooks/mine.ipynb")
    assert "hello" in (place / "notebooks" / "mine.ipynb").read_text(encoding="utf-8")
    manager.save({"type": "file", "format": "text", "content": "x"}, "notes.txt")
