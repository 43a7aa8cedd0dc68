"""What all pages have in common."""

from pathlib import Path

import jinja2
import pytest

import pipelines
from pipelines.steps.validation.report_page import render_page

PACKAGE = Path(pipelines.__file__).parent


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "own.html.j2"
    file.write_text('{% extends "page.html.j2" %}{% block body %}{{ words }}{% endblock %}', encoding="utf-8")
    return file


def test_render_page_has_the_common_look_and_escapes(template: Path) -> None:
    page = render_page(template, words="<script>")
    assert page.startswith("<!doctype html>")
    assert "prefers-color-scheme: dark" in page
    assert "&lt;script&gt;" in page


def test_render_page_without_a_value_fails(template: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="words"):
        render_page(template)


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.j2")), ids=lambda file: file.name)
def test_pages_load_nothing_and_run_nothing(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert [word for word in ("http", "src=", "@import", "<link", "<script", "url(") if word in text] == []
