"""Progress lines that cross a process."""

from pathlib import Path

from pipelines.progress import ProgressFile, read_progress


def test_read_progress_gives_what_was_written_and_goes_on_from_there(tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    progress = ProgressFile(file)
    progress(0.1, "reading")
    progress(1 / 3, 'na\u00efve "quoted"\nline')
    lines, offset = read_progress(file, offset=0)
    assert lines == [(0.1, "reading"), (0.3333, 'na\u00efve "quoted"\nline')]
    assert read_progress(file, offset=offset) == ([], offset)
    progress(1.0, "done")
    assert read_progress(file, offset=offset)[0] == [(1.0, "done")]


def test_read_progress_leaves_an_unfinished_line_for_later(tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    file.write_bytes(b'{"share": 0.5, "what": "half"}\n{"share": 0.6, "wh')
    lines, offset = read_progress(file, offset=0)
    assert lines == [(0.5, "half")]
    with file.open("ab") as stream:
        stream.write(b'at": "more"}\n')
    assert read_progress(file, offset=offset)[0] == [(0.6, "more")]


def test_read_progress_of_no_file_is_no_progress(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "none", offset=0) == ([], 0)


def test_part_maps_its_share_into_the_whole(tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    part = ProgressFile(file).part(0.2, 0.6)
    for share in (0.0, 0.5, 1.0):
        part(share, "x")
    assert [share for share, _ in read_progress(file, offset=0)[0]] == [0.2, 0.4, 0.6]


def test_progress_file_without_a_name_writes_nowhere() -> None:
    ProgressFile("")(0.5, "unseen")
