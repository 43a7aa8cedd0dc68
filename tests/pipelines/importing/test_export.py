"""A bot's examples as a table, and back."""

import json
from pathlib import Path

import pytest

from pipelines.importing.bot import merge_rows
from pipelines.importing.export import write_table
from pipelines.importing.read import table_in
from pipelines.importing.rows import import_rows
from pipelines.schemas.examples import Example
from tests.support.docs import ROOT


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.jsonl"])
def test_the_sample_comes_back_from_a_table_unchanged(name: str) -> None:
    wire = json.loads((ROOT / "data" / "sample" / "bot.json").read_text(encoding="utf-8"))
    test = {"text": "any news\nof my parcel", "intent": "track_parcel", "entities": []}
    outside = Example(id="1", text="what is the moon", intent="__oos__")
    data, n_rows = write_table({**wire, "testSet": [test]}, [outside], file=Path(name))
    table = table_in(data, source=name)
    assert table is not None
    assert len(table.rows) == n_rows
    rows = import_rows(table)
    assert [row.text for row in rows.out_of_scope] == ["what is the moon"]
    assert [(row.text, row.intent) for row in rows.test] == [("any news of my parcel", "track_parcel")]
    merged = merge_rows(wire, rows)
    assert merged.wire["intents"] == wire["intents"]
    assert (merged.counts.added, merged.counts.changed, merged.counts.kept) == (0, 0, 0)
