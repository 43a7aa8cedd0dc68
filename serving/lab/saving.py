"""How `make lab` saves notebooks that git tracks: without what running them adds."""

import json
import subprocess
from pathlib import Path
from typing import Any

_ADDED_BY_KERNELS = ("kernelspec", "language_info")


def save_without_outputs(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Remove outputs, counts and times of a tracked notebook that is being saved; JupyterLab still shows its outputs.

    A hook of Jupyter's contents manager, which changes the model in place. What the notebook says about its kernel
    stays as it is in the file: every machine would write another version of Python.
    """
    file = Path(contents_manager.root_dir, path)
    if model.get("type") != "notebook" or not is_tracked(file):
        return
    content = model["content"]
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        cell["metadata"].pop("execution", None)
    before = json.loads(file.read_text(encoding="utf-8"))["metadata"]
    content["metadata"] |= {name: before[name] for name in _ADDED_BY_KERNELS if name in before}


def is_tracked(file: Path) -> bool:
    """Whether git tracks a file; never without git."""
    command = ["git", "ls-files", "--error-unmatch", file.name]
    try:
        return subprocess.run(command, cwd=file.parent, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False
