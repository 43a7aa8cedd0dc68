"""The files of the admin pages: libraries as they were published, one component a file, nobody's text as HTML."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from serving.api.admin_pages import PAGES
from tests.support.vendor import FILES, RECORD, VENDOR, adapted

MOST_LINES = 200
OWN = sorted(file for file in PAGES.rglob("*.js") if VENDOR not in file.parents)


def test_libraries_are_as_recorded_with_their_licences() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert set(record) == set(FILES)
    for name, entry in record.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert entry["licence"] in ("MIT", "Apache-2.0")
        assert (VENDOR / entry["licence_file"]).stat().st_size > 500
    licences = {entry["licence_file"] for entry in record.values()}
    assert {file.name for file in VENDOR.iterdir()} == {*record, *licences, RECORD.name}


def test_imports_of_a_library_are_made_such_that_a_browser_finds_them() -> None:
    source = 'import{a}from"preact";import{b}from"preact/hooks";x;\n//# sourceMappingURL=x.js.map'
    assert adapted("x.js", source) == 'import{a}from"./preact.js";import{b}from"./hooks.js";x;\n'
    assert adapted("uplot.js", "var uPlot=1;").endswith("export default uPlot;\n")


def test_a_file_holds_one_component_and_can_be_looked_over() -> None:
    assert len(OWN) > 30
    assert {
        file.name: n for file in OWN if (n := len(file.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    } == {}


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.relative_to(PAGES).as_posix())
def test_text_is_never_read_as_html_or_code(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|setAttribute\(\s*[\"']on",
        source,
    )
    assert found == []
    assert not re.search(r"https?://(?!www\.w3\.org)[\w.]+\.(com|org|io|net)/", source), "no request leaves this server"
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|console\.log", source)


def test_every_import_names_a_file() -> None:
    missing = [
        (file.name, relative)
        for file in OWN
        for relative in re.findall(
            r"""(?:from\s*|import\s*\(?\s*)["'](\.[^"']+)["']""", file.read_text(encoding="utf-8")
        )
        if not (file.parent / relative).resolve().is_file()
    ]
    assert missing == []
