"""What tables say: columns found, rows sorted, oddities named."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipelines.errors import DataRejected
from pipelines.importing.frames import read_frame
from pipelines.importing.read import table_in
from pipelines.importing.rows import ImportedRows, import_rows

ROOT = Path(__file__).parents[3]
LABELS = ["hours", "hours", "bye", "bye"]
TEXTS = ["when do you open", "are you open on sunday", "good bye then", "see you later"]


def rows_of(content: str | bytes, *, name: str = "rows.csv", **options: str | None) -> ImportedRows:
    table = table_in(content.encode() if isinstance(content, str) else content, source=name)
    assert table is not None
    return import_rows(table, **options)


def texts(rows: ImportedRows) -> dict[str, list[str]]:
    return {intent: [row.text for row in found] for intent, found in rows.examples.items()}


def spans(rows: ImportedRows) -> list[tuple[str, str, str]]:
    """Return each annotation's words, type and value."""
    return [(row.text[span.start : span.end], span.type, span.value) for row in rows.rows() for span in row.entities]


def reason(content: str, **options: str | None) -> str:
    with pytest.raises(DataRejected) as caught:
        rows_of(content, **options)
    return " / ".join(caught.value.problems)


def csv_of(**columns: list[str]) -> str:
    return pd.DataFrame(columns).to_csv(index=False)


@pytest.mark.parametrize(
    ("columns", "text", "intent"),
    [
        ({"text": TEXTS, "intent": LABELS}, "text", "intent"),
        ({"label": LABELS, "Utterance": TEXTS}, "Utterance", "label"),
        ({"Kundentext": TEXTS, "Anliegen": LABELS}, "Kundentext", "Anliegen"),
        ({"customer message": TEXTS, "intent (label)": LABELS}, "customer message", "intent (label)"),
        ({"a": LABELS, "b": TEXTS}, "b", "a"),
        ({"label": ["0", "0", "1", "1"], "label_text": LABELS, "text": TEXTS}, "text", "label_text"),
        ({"category": ["x", "x", "x", "x"], "intent": LABELS, "instruction": TEXTS}, "instruction", "intent"),
        ({"id": ["1", "2", "3", "4"], "question": TEXTS, "tag": LABELS}, "question", "tag"),
    ],
)
def test_columns_are_found_by_name_and_content(columns: dict[str, list[str]], text: str, intent: str) -> None:
    rows = rows_of(csv_of(**columns))
    assert (rows.columns.text, rows.columns.intent) == (text, intent)
    assert texts(rows) == {"hours": TEXTS[:2], "bye": TEXTS[2:]}


def test_the_user_says_which_column_is_which_by_name_or_number() -> None:
    content = csv_of(one=TEXTS, two=list(reversed(TEXTS)), three=LABELS, four=["a", "b", "a", "b"])
    assert "more than one column may hold the texts; say which with --text-column" in reason(content)
    assert "more than one column may hold the intents; say which with --intent-column" in reason(
        content, text_column="one"
    )
    rows = rows_of(content, text_column="ONE", intent_column="4")
    assert texts(rows) == {"a": [TEXTS[0], TEXTS[2]], "b": [TEXTS[1], TEXTS[3]]}
    assert "there is no column 'five'; --text-column takes one of" in reason(content, text_column="five")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("text,intent\n", "it has names of columns and no rows"),
        ("text,intent\nhello,\nbye,\n", "no column seems to hold the intents"),
        ("text,intent\n," + "x\n,y\n", "no column seems to hold the texts"),
        ("text,intent\nhello there,oos\nyou there,none\n", "it has no text with an intent"),
        ('text,intent,entities\nto Oslo,a,"[{""start"": 3, ""end"": 7}]"\n', "row 2, column entities:"),
        ("text,intent\n" + "".join(f"this is text {n},label {n}\n" for n in range(30)), "too many for intents"),
    ],
)
def test_what_cannot_be_used_is_one_clear_sentence(content: str, sentence: str) -> None:
    assert sentence in reason(content)


def test_odd_rows_are_left_out_and_named() -> None:
    rows = rows_of(
        "text,intent\nhello there,greet\nHello  There,greet\n,greet\nlost,\n!!!,greet\nNaN,greet\n  , \n"
        "see you,bye\nsee you,greet\npizza please,oos\n"
    )
    assert texts(rows) == {"greet": ["hello there", "see you"], "bye": ["see you"]}
    assert [row.text for row in rows.out_of_scope] == ["pizza please"]
    notes = " / ".join(rows.notes)
    assert "1 row left out as a repetition within the intent: row 3" in notes
    assert "2 rows left out for lack of a text: row 4, row 7" in notes
    assert "1 row left out for lack of an intent; label them, those out of scope as `oos`: row 5" in notes
    assert "1 row left out for lack of a letter or digit in the text: row 6" in notes
    assert 'more than one intent for 1 text, keep one of each: "see you" as `bye` (row 9) and `greet` (row 10)' in notes


def test_rows_for_testing_are_set_apart_and_never_learnt_from() -> None:
    rows = rows_of("text,intent,split\na b,x,train\nc d,y,dev\ne f,x,test\nA B,x,test\nq r,oos,test\n")
    assert texts(rows) == {"y": ["c d"]}
    assert [(row.text, row.intent) for row in rows.test] == [("e f", "x"), ("A B", "x"), ("q r", "__oos__")]
    assert any("as the same text is for testing: row 2" in note for note in rows.notes)


SPAN = '[{""start"": 7, ""end"": 11, ""type"": ""city"", ""value"": ""Oslo""}]'
OTHER_SPAN = SPAN.replace("start", "begin").replace("type", "name")


@pytest.mark.parametrize(
    "content",
    [
        "text,intent\nfly to [Oslo](city),book\nbye now,bye\n",
        f'text,intent,entities\nfly to Oslo,book,"{SPAN}"\nbye now,bye,[]\n',
        f'text,intent,spans\nfly to Oslo,book,"{OTHER_SPAN}"\nbye now,bye,\n',
        "text,intent,city\nfly to Oslo,book,Oslo\nbye now,bye,\n",
        "text,intent,slot labels\nfly to Oslo,book,O O B-city\nbye now,bye,O O\n",
        'text,intent\n"fly to\n[ Oslo ](city)",book\nbye now,bye\n',
    ],
)
def test_annotations_are_read_in_every_form(content: str) -> None:
    rows = rows_of(content)
    assert rows.has_spans
    assert spans(rows) == [("Oslo", "city", "Oslo")]


def test_what_stands_behind_the_colon_is_a_role_or_a_value() -> None:
    roles = rows_of("text,intent\nfrom [Oslo](city:origin) to [Rome](city:destination),fly\nbye now,bye\n")
    assert [span.role for row in roles.rows() for span in row.entities] == ["origin", "destination"]
    values = rows_of("text,intent\nto [NYC](city:New York),fly\nbye now,bye\n")
    assert spans(values) == [("NYC", "city", "New York")]
    assert [span.role for row in values.rows() for span in row.entities] == [None]


def test_offsets_are_counted_in_the_text_as_it_stood_in_the_cell() -> None:
    rows = rows_of('text,intent,entities\n"  fly\r\nto Oslo",book,"[[10, 14, \'city\']]"\nbye now,bye,\n')
    assert spans(rows) == [("Oslo", "city", "Oslo")]
    assert texts(rows)["book"] == ["fly to Oslo"]


def test_annotations_that_are_not_in_the_text_are_dropped_and_named() -> None:
    rows = rows_of("text,intent,city\nto Oslo,a,Oslo\nto Rome,a,Rome\nto Bonn,a,Bonn\nto Graz,a,Graz\nhome,a,Linz\n")
    assert len(spans(rows)) == 4
    assert any("dropped: row 6 (city 'Linz')" in note for note in rows.notes)


PAIRS = [list(pair) for pair in zip(TEXTS, LABELS, strict=True)]
OBJECTS = [{"text": text, "label": label} for text, label in PAIRS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", "\n".join(map(json.dumps, OBJECTS))),
        ("rows.json", json.dumps(OBJECTS)),
        ("rows.json", json.dumps({"data": OBJECTS})),
        ("rows.json", json.dumps({"rows": [{"row_idx": 0, "row": row} for row in OBJECTS]})),
        ("rows.json", json.dumps({"train": PAIRS})),
        ("rows.json", json.dumps({"hours": TEXTS[:2], "bye": TEXTS[2:]})),
        ("rows.json", json.dumps({"text": TEXTS, "intent": LABELS})),
        ("rows.json", json.dumps({"text": dict(enumerate(TEXTS)), "intent": dict(enumerate(LABELS))})),
        ("rows.json", json.dumps({"columns": ["text", "intent"], "data": PAIRS})),
    ],
)
def test_rows_of_json_come_in_many_shapes(name: str, content: str) -> None:
    assert texts(rows_of(content, name=name)) == {"hours": TEXTS[:2], "bye": TEXTS[2:]}


@pytest.mark.parametrize(
    "content", ['{"intents": [], "entities": []}', '[{"intentId": "a", "name": "a"}]', '{"a": 1}', "hello"]
)
def test_what_is_no_table_is_left_to_the_reader_of_bot_files(content: str) -> None:
    assert table_in(content.encode(), source="given.json") is None


def test_a_data_frame_is_a_table() -> None:
    frame = pd.DataFrame(
        {"text": [*TEXTS, None, "x y"], "intent": pd.Categorical([*LABELS, "bye", None])}, index=list("abcdef")
    )
    frame["spans"] = [[], np.array([{"start": 16, "end": 22, "type": "day"}]), None, float("nan"), [], []]
    rows = import_rows(read_frame(frame))
    assert texts(rows) == {"hours": TEXTS[:2], "bye": TEXTS[2:]}
    assert spans(rows) == [("sunday", "day", "sunday")]
    assert any("for lack of a text: index e" in note for note in rows.notes)


def test_a_parquet_file_is_a_table_and_brings_the_names_of_its_labels() -> None:
    table = pa.table({"text": TEXTS, "label": [1, 1, 0, 0]})
    features = {"info": {"features": {"label": {"names": ["bye", "hours"], "_type": "ClassLabel"}}}}
    held = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), held)
    assert texts(rows_of(held.getvalue(), name="rows.parquet")) == {"hours": TEXTS[:2], "bye": TEXTS[2:]}
    with pytest.raises(DataRejected, match="damaged Parquet"):
        table_in(held.getvalue()[:-9], source="rows.parquet")


def test_a_workbook_is_told_how_to_save_it() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(
        DataRejected, match='this is an Excel workbook, which is not read; save the sheet as "CSV UTF-8"'
    ):
        table_in(held.getvalue(), source="rows.xlsx")


def test_questions_and_answers_are_an_intent_per_answer() -> None:
    rows = rows_of(
        "id,question,answer\n1,Are you open?,8 to 6.\n2,When do you close?,8 to 6.\n3,Where are you?,In Oslo.\n"
    )
    assert texts(rows) == {"are_you_open": ["Are you open?", "When do you close?"], "where_are_you": ["Where are you?"]}
    assert rows.replies == {"are_you_open": "8 to 6.", "where_are_you": "In Oslo."}


@pytest.mark.parametrize(
    ("sentences", "language"),
    [
        (["wie kann ich mein Passwort ändern", "wo ist das", "ich habe die Rechnung nicht"], "de"),
        (["how do I change my password", "where is it", "I have not got the bill"], "en"),
        (["¿cómo puedo cambiar mi contraseña?", "¿dónde está?", "no tengo la factura"], "es"),
        (["как изменить пароль", "где это"], "ru"),
        (["パスワードを変更したい", "どこですか"], "ja"),
        (["ok", "42"], None),
    ],
)
def test_the_language_is_guessed_where_it_is_plain(sentences: list[str], language: str | None) -> None:
    content = csv_of(text=sentences, intent=["a"] * len(sentences))
    assert rows_of(content).language == language
    assert rows_of(content, language="pt-BR").language == "pt-BR"


def test_the_sample_as_a_table_is_the_sample() -> None:
    wire = json.loads((ROOT / "data" / "sample" / "bot.json").read_text(encoding="utf-8"))
    lines = [
        {"text": example["text"], "intent": intent["intentId"], "entities": example["entities"]}
        for intent in wire["intents"]
        for example in intent["trainingData"]
    ]
    rows = rows_of("\n".join(map(json.dumps, lines)), name="rows.jsonl")
    found = [
        {
            "text": row.text,
            "intent": row.intent,
            "entities": [
                {"value": row.text[span.start : span.end], "begin": span.start, "end": span.end, "name": span.type}
                for span in row.entities
            ],
        }
        for row in rows.rows()
    ]
    assert found == lines
