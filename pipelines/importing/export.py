"""From a bot back to a table of its examples, in a form that imports again."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.schemas.bot import TEST_SET_FIELD
from pipelines.schemas.examples import Example

COLUMNS = ("text", "intent", "entities", "split")
_DELIMITER_BY_ENDING = {".csv": ",", ".tsv": "\t"}
TABLE_ENDINGS = (*_DELIMITER_BY_ENDING, ".jsonl")


def write_table(wire: Mapping[str, Any], out_of_scope: Iterable[Example], *, file: Path) -> tuple[bytes, int]:
    """Return the table of a bot's examples in the form that the file's ending says, and its number of rows.

    Rows of the test set have the split `test`, all others `train`.
    """
    rows = list(_rows(wire, out_of_scope))
    delimiter = _DELIMITER_BY_ENDING.get(file.suffix.lower())
    held = io.StringIO()
    if delimiter is None:
        held.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return held.getvalue().encode(), len(rows)
    writer = csv.DictWriter(held, COLUMNS, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "entities": json.dumps(row["entities"], ensure_ascii=False)})
    return held.getvalue().encode("utf-8-sig"), len(rows)  # without the mark, Excel reads it as Windows-1252


def _rows(wire: Mapping[str, Any], out_of_scope: Iterable[Example]) -> Iterator[dict[str, Any]]:
    for intent in wire["intents"]:
        intent_id = intent["intentId"] if "intentId" in intent else intent["intent_id"]
        for example in intent.get("trainingData") or intent.get("training_data") or []:
            yield _row(example["text"], intent_id, example.get("entities") or [], "train")
    for row in out_of_scope:
        yield _row(row.text, row.intent, [], "train")
    for row in wire.get(TEST_SET_FIELD) or []:
        yield _row(row["text"], row["intent"], row.get("entities") or [], "test")


def _row(text: str, intent: str, spans: Iterable[Mapping[str, Any]], split: str) -> dict[str, Any]:
    entities = [
        {"start": span["begin"], "end": span["end"], "type": span["name"], "value": span["value"]} for span in spans
    ]
    return dict(zip(COLUMNS, (text, intent, entities, split), strict=True))
