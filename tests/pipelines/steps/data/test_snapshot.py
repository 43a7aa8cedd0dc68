"""Snapshots: one content, one name."""

import random
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.steps.data.extract import to_examples, to_frame
from pipelines.steps.data.snapshot import content_hash, write_snapshot

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
    assert to_examples(pd.read_parquet(snapshot.path)) == EXAMPLES


def test_write_snapshot_never_rewrites_one(tmp_path: Path) -> None:
    first = write_snapshot(to_frame(EXAMPLES), tmp_path)
    before = first.path.stat()
    second = write_snapshot(to_frame(EXAMPLES[::-1]), tmp_path)
    after = second.path.stat()
    assert second == first
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert [file.name for file in tmp_path.iterdir()] == [first.path.name]
