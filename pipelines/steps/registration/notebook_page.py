"""An executed notebook as one HTML page: the MLflow UI shows pages, but only the JSON of a notebook."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from pipelines.steps.validation.report_page import render_page

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class _Cell:
    """A cell: prose, or code and its outputs."""

    prose: Markup
    code: str = ""
    outputs: tuple[Markup, ...] = ()
    seconds: float = 0.0


def render_notebook(file: Path) -> str:
    """Render the page: prose, folded code, and outputs as Jupyter shows them. No scripts, no external resources."""
    cells = [_read(cell) for cell in json.loads(file.read_bytes()).get("cells", ())]
    return render_page(
        Path(__file__).with_name("notebook_page.html.j2"),
        title=file.stem,
        cells=[cell for cell in cells if cell is not None],
    )


def _read(cell: dict[str, Any]) -> _Cell | None:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return _Cell(Markup(MarkdownIt("commonmark", {"html": False}).render(source)))  # noqa: S704  it escapes
    if not source.strip():
        return None
    outputs = tuple(_show(output) for output in cell["outputs"])
    duration = cell["metadata"].get("papermill", {}).get("duration") or 0.0
    return _Cell(Markup(), source, tuple(output for output in outputs if output), duration)


def _show(output: dict[str, Any]) -> Markup:
    if output["output_type"] == "stream":
        return Markup("<pre>{}</pre>").format(_text(output["text"]))
    if output["output_type"] == "error":
        return Markup('<pre class="error">{}</pre>').format(_text("\n".join(output["traceback"])))
    data = output.get("data", {})
    if "text/html" in data:
        return Markup("".join(data["text/html"]))  # noqa: S704  a table of ours or of pandas', as Jupyter shows it
    if "image/png" in data:
        content = "".join(data["image/png"]).replace("\n", "")
        return Markup('<img alt="" src="data:image/png;base64,{}">').format(content)
    plain = _text(data.get("text/plain", ""))
    return Markup("<pre>{}</pre>").format(plain) if plain else Markup()


def _text(lines: str | list[str]) -> str:
    """Return text without terminal colour codes."""
    return _COLOURS.sub("", "".join(lines)).strip("\n")
