"""An executed notebook as a page: everything it shows is there, nothing of it is markup that was meant as text."""

import json
from pathlib import Path

from pipelines.steps.registration.notebook_page import render_notebook

CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Train <b>it</b>\n", "\n", "with `care`"]},
    {
        "cell_type": "code",
        "metadata": {"papermill": {"duration": 2.34}},
        "source": ["print('<a>')"],
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["<a>\n"]},
            {"output_type": "display_data", "data": {"text/plain": ["?"], "image/png": "aGVsbG8=\n"}},
            {"output_type": "execute_result", "data": {"text/html": ["<table>", "</table>"], "text/plain": "t"}},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mE\x1b[0m: <v>"]},
            {"output_type": "execute_result", "data": {"text/plain": "{'a': 1}"}},
        ],
    },
    {"cell_type": "code", "metadata": {}, "source": [], "outputs": []},
]


def test_render_notebook_shows_text_code_and_results(tmp_path: Path) -> None:
    file = tmp_path / "run.ipynb"
    file.write_text(json.dumps({"cells": CELLS}), encoding="utf-8")
    page = render_notebook(file)
    assert "<h1>Train &lt;b&gt;it&lt;/b&gt;</h1>" in page
    assert "<code>care</code>" in page
    assert "<summary>code, 2.3 s</summary>" in page
    assert "<pre>&lt;a&gt;</pre>" in page
    assert 'src="data:image/png;base64,aGVsbG8="' in page
    assert "<table></table>" in page
    assert '<pre class="error">E: &lt;v&gt;</pre>' in page
    assert page.count("<details>") == 1
    assert "http" not in page


def test_render_notebook_without_cells_is_an_empty_page(tmp_path: Path) -> None:
    file = tmp_path / "run.ipynb"
    file.write_text("{}", encoding="utf-8")
    assert "</body></html>" in render_notebook(file)
