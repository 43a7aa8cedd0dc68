"""A file is there whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.files import write_whole


def test_write_whole_makes_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_whole(tmp_path / "new.json", b"{}")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("new.json", b"{}")]


def test_write_whole_takes_a_writer(tmp_path: Path) -> None:
    write_whole(tmp_path / "new.txt", lambda aside: aside.write_text("é", encoding="utf-8"))
    assert (tmp_path / "new.txt").read_text(encoding="utf-8") == "é"


def test_write_whole_keeps_the_permissions(tmp_path: Path) -> None:
    file = tmp_path / "bot.json"
    file.write_bytes(b"old")
    file.chmod(0o640)
    write_whole(file, b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o7777) == (b"new", 0o640)


def test_write_whole_gives_a_new_file_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    write_whole(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_write_whole_follows_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder / "file")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [("file", b"new")]


def test_write_whole_replaces_a_link_where_the_unfinished_file_lies_elsewhere(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "old")
    write_whole(tmp_path / "link", lambda aside: (parts / aside.name).write_bytes(b"new"), aside_in=parts)
    assert not (tmp_path / "link").is_symlink()
    assert ((tmp_path / "link").read_bytes(), (tmp_path / "old").read_bytes()) == (b"new", b"old")
    assert list(parts.iterdir()) == []


def test_write_whole_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "bot.json"
    file.write_bytes(b"old")

    def write(aside: Path) -> None:
        aside.write_bytes(b"ne")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_whole(file, write)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("bot.json", b"old")]


def test_write_whole_of_a_process_that_is_killed_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "bot.json"
    file.write_bytes(b"old")
    dying = """
import os, pathlib, signal, sys
from pipelines.files import write_whole

def write(aside):
    aside.write_bytes(b"ne")
    os.kill(os.getpid(), signal.SIGKILL)

write_whole(pathlib.Path(sys.argv[1]), write)
"""
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", dying, str(file)], cwd=root, check=False)
    assert ended.returncode == -9
    assert file.read_bytes() == b"old"
    assert [other.suffix for other in tmp_path.iterdir() if other != file] == [".tmp"]
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
