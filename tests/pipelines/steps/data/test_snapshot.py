"""Snapshots: one content, one name."""

import random
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.steps.data.frame import COLUMNS, to_examples, to_frame
from pipelines.steps.data.snapshot import content_hash, read_snapshot, write_snapshot

ROWS = st.lists(st.tuples(st.text(max_size=8), st.sampled_from("abc")), max_size=8)
EXAMPLES = [Example(id=str(n), text=f"text {n} \U0001f600", intent="ab"[n % 2]) for n in range(6)]
HASH = content_hash(to_frame(EXAMPLES))


def frame_of(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return to_frame([Example(id=str(n), text=text, intent=intent) for n, (text, intent) in enumerate(rows)])


@given(ROWS, st.randoms(use_true_random=False))
def test_content_hash_does_not_depend_on_the_order(rows: list[tuple[str, str]], generator: random.Random) -> None:
    shuffled = rows.copy()
    generator.shuffle(shuffled)
    assert content_hash(frame_of(rows)) == content_hash(frame_of(shuffled))


@given(ROWS, ROWS)
def test_content_hash_differs_where_the_rows_differ(rows: list[tuple[str, str]], others: list[tuple[str, str]]) -> None:
    assert (content_hash(frame_of(rows)) == content_hash(frame_of(others))) == (sorted(rows) == sorted(others))


def test_content_hash_changes_with_everything_that_is_learnt() -> None:
    first, *rest = EXAMPLES
    span = LabelledSpan(start=0, end=4, type="t", value="text")
    changes: list[dict[str, Any]] = [{"text": "text 0"}, {"intent": "b"}, {"entities": (span,)}]
    changed = [content_hash(to_frame([first.model_copy(update=change), *rest])) for change in changes]
    assert len({HASH, *changed, content_hash(to_frame(rest)), content_hash(to_frame([*EXAMPLES, first]))}) == 6
    assert content_hash(to_frame([first.model_copy(update={"id": "renamed"}), *rest])) == HASH


def test_write_snapshot_keeps_every_row(tmp_path: Path) -> None:
    snapshot = write_snapshot(to_frame(EXAMPLES), tmp_path / "new" / "folder")
    assert (snapshot.data_hash, snapshot.n_examples) == (HASH, 6)
    assert snapshot.path.name == f"{HASH[:16]}.parquet"
    assert to_examples(read_snapshot(snapshot.path)) == EXAMPLES


# As the program wrote it while the frame held annotations as JSON text: hashes name versions that are registered.
FORMER = [
    Example(
        id="a/1",
        text='to "\u00d6\'s\U0001f600" now',
        intent="a",
        entities=(
            LabelledSpan(start=3, end=9, type='ci"ty', value='\u00d6"s\U0001f600', role="to"),
            LabelledSpan(start=10, end=13, type="t", value="n\u00e9\\w"),
        ),
    ),
    Example(id="a/2", text="x y", intent="a"),
]
FORMER_HASH = "e30270a23a1508c9310625085e7478f8019c7102d3592bbbb964ad1c8f7f7679"
FORMER_TEXTS = [
    '[{"start": 3, "end": 9, "type": "ci\\"ty", "value": "\u00d6\\"s\U0001f600", "role": "to"}, '
    '{"start": 10, "end": 13, "type": "t", "value": "n\u00e9\\\\w"}]',
    "[]",
]


def test_content_hash_is_what_it_was_when_annotations_were_text() -> None:
    assert content_hash(to_frame(FORMER)) == FORMER_HASH


def test_write_snapshot_writes_the_columns_that_it_wrote_when_annotations_were_text(tmp_path: Path) -> None:
    stored = pd.read_parquet(write_snapshot(to_frame(FORMER), tmp_path).path)
    assert {str(dtype) for dtype in stored.dtypes} == {"str"}
    assert tuple(stored.columns) == COLUMNS
    assert stored["entities"].tolist() == FORMER_TEXTS


def test_read_snapshot_reads_one_that_was_written_from_text(tmp_path: Path) -> None:
    file = tmp_path / "former.parquet"
    rows = [(row.id, row.intent, row.text, text, "file") for row, text in zip(FORMER, FORMER_TEXTS, strict=True)]
    pd.DataFrame(rows, columns=list(COLUMNS), dtype="str").to_parquet(file, index=False)
    frame = read_snapshot(file)
    assert to_examples(frame) == FORMER
    assert content_hash(frame) == FORMER_HASH
    assert write_snapshot(frame, tmp_path).path.read_bytes() == file.read_bytes()


def test_write_snapshot_never_rewrites_one(tmp_path: Path) -> None:
    first = write_snapshot(to_frame(EXAMPLES), tmp_path)
    before = first.path.stat()
    second = write_snapshot(to_frame(EXAMPLES[::-1]), tmp_path)
    after = second.path.stat()
    assert second == first
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert [file.name for file in tmp_path.iterdir()] == [first.path.name]
