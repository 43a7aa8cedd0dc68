"""Repairs of bot files: laid out as they were, whole or not at all, and taken back byte by byte."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from pipelines.errors import DataRejected, DraftChanged, NotFound, SetupProblem
from serving.cli.drafting.sources import DraftFile, StoredDrafts, drafts_of

BEFORE: dict[str, Any] = {"intents": [{"name": "caf\u00e9", "intentId": "a"}], "entities": []}
AFTER: dict[str, Any] = {"intents": [{"name": "caf\u00e9!", "intentId": "a"}], "entities": []}


def drafts(tmp_path: Path, content: bytes) -> DraftFile:
    file = tmp_path / "bot.json"
    file.write_bytes(content)
    return DraftFile(file, tmp_path / "home")


@pytest.mark.parametrize(
    "options",
    [
        {"indent": 2},
        {"indent": 1},
        {"indent": 4, "ensure_ascii": True},
        {"indent": "\t"},
        {},
        {"separators": (",", ":")},
    ],
)
@pytest.mark.parametrize(("start", "end"), [("", "\n"), ("\ufeff", "")])
def test_repair_keeps_the_layout_and_undo_every_byte(
    tmp_path: Path, options: dict[str, Any], start: str, end: str
) -> None:
    def laid_out(wire: dict[str, Any]) -> bytes:
        return (start + json.dumps(wire, **{"ensure_ascii": False, **options}) + end).encode()

    place = drafts(tmp_path, laid_out(BEFORE))
    place.file.chmod(0o640)
    assert place.read() == BEFORE
    place.repair(BEFORE, AFTER)
    assert place.file.read_bytes() == laid_out(AFTER)
    assert place.file.stat().st_mode & 0o777 == 0o640
    assert "is back to its state before the repair" in place.undo()
    assert place.file.read_bytes() == laid_out(BEFORE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bot.json", "home"]
    with pytest.raises(NotFound, match="already been undone"):
        place.undo()


def test_repair_of_a_file_written_by_hand_is_undone_byte_by_byte(tmp_path: Path) -> None:
    content = b'{"entities": [],\r\n   "intents": [ {"name":"caf\\u00e9", "intentId" :"a"} ] }\r\n'
    place = drafts(tmp_path, content)
    place.repair(BEFORE, AFTER)
    assert place.read() == AFTER
    place.undo()
    assert place.file.read_bytes() == content


def test_repair_of_a_link_changes_what_it_links_to(tmp_path: Path) -> None:
    place = drafts(tmp_path, json.dumps(BEFORE).encode())
    link = tmp_path / "link.json"
    link.symlink_to(place.file)
    DraftFile(link, place.home).repair(BEFORE, AFTER)
    assert link.is_symlink()
    assert place.read() == AFTER
    place.undo()


def test_repair_after_an_edit_writes_nothing(tmp_path: Path) -> None:
    place = drafts(tmp_path, b'{"intents": []}')
    with pytest.raises(DraftChanged, match="validate it again"):
        place.repair(BEFORE, AFTER)
    assert place.file.read_bytes() == b'{"intents": []}'
    with pytest.raises(NotFound):
        place.undo()


def test_undo_after_an_edit_writes_nothing_and_says_where_the_old_file_is(tmp_path: Path) -> None:
    place = drafts(tmp_path, json.dumps(BEFORE).encode())
    place.repair(BEFORE, AFTER)
    place.file.write_bytes(b'{"intents": []}')
    with pytest.raises(DraftChanged, match=r"content before the repair is in .*undo/bot-") as caught:
        place.undo()
    assert place.file.read_bytes() == b'{"intents": []}'
    record = Path(str(caught.value).rpartition(" ")[2])
    assert json.loads(json.loads(record.read_text(encoding="utf-8"))["before"]) == BEFORE


def test_repair_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    place = drafts(tmp_path, json.dumps(BEFORE).encode())
    place.home.write_bytes(b"a file where the folder should be")
    with pytest.raises(SetupProblem, match="nothing was repaired"):
        place.repair(BEFORE, AFTER)
    assert place.read() == BEFORE


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="check the path"):
        DraftFile(tmp_path / "none.json", tmp_path).read()
    with pytest.raises(DataRejected, match="check the path"):
        DraftFile(tmp_path / "none.json", tmp_path).repair(BEFORE, AFTER)


def test_drafts_of_finds_what_is_meant(tmp_path: Path) -> None:
    assert drafts_of(tmp_path / "x.json", bot=None, home=tmp_path) == DraftFile(tmp_path / "x.json", tmp_path)
    assert drafts_of(None, bot="shop", home=tmp_path) == StoredDrafts("shop")
    assert drafts_of(None, bot="shop", home=tmp_path).name == "bot 'shop' in MongoDB"
    with pytest.raises(typer.BadParameter):
        drafts_of(tmp_path / "x.json", bot="shop", home=tmp_path)
