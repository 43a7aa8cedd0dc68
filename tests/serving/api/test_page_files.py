"""The pages as files are what the chat API would answer, byte for byte."""

import re
from pathlib import Path

import pytest

from serving.api.admin_pages import AdminPages
from serving.api.page_files import main, write_pages


def test_files_are_the_pages_of_the_server(tmp_path: Path) -> None:
    count = write_pages(tmp_path, has_organisation=False)
    written = {
        file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()
    }
    pages = AdminPages()
    assert len(written) == count > 50
    assert written.items() >= pages.files().items()
    assert "static/widget/script.js" in written


def test_index_names_files_that_are_there(tmp_path: Path) -> None:
    write_pages(tmp_path, has_organisation=True)
    index = (tmp_path / "admin" / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:href|src)="(assets/[^"]+)"', index)
    assert len(named) > 10
    assert [path for path in named if not (tmp_path / "admin" / path).is_file()] == []
    assert 'content="key organisation"' in index


@pytest.mark.parametrize("words", [[], ["--organisation"], ["folder", "--other"]])
def test_wrong_words_are_told_the_right_ones(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="name a folder"):
        main(words)
