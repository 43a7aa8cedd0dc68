"""Tables in text: whatever spreadsheets, scripts and people write, each is the right rows or one clear sentence."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import DataRejected
from pipelines.importing.delimited import read_delimited
from pipelines.importing.table import Table

ROWS = [
    ("Haben Sie für mich geöffnet?", "Öffnungszeiten"),
    ('Ich sagte "heute", nicht morgen; klar?', "Beschwerde"),
    ("Wann | wo\tund wie", "Öffnungszeiten"),
    ("zwei\nZeilen", "Beschwerde"),
]


def written(
    rows: list[tuple[str, ...]], *, delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    held = io.StringIO()
    csv.writer(held, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[call-overload]
    return held.getvalue()


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def read(text: str, **options: bool | None) -> Table:
    return read_delimited(text.encode(), source="rows.csv", **options)


def reason(data: bytes) -> str:
    with pytest.raises(DataRejected) as caught:
        read_delimited(data, source="rows.csv")
    return " / ".join(caught.value.problems)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_way_of_writing_a_table_gives_the_same_table(delimiter: str, encoding: str, end: str) -> None:
    data = written([("Text", "Absicht"), *ROWS], delimiter=delimiter, end=end).encode(encoding)
    table = read_delimited(data, source="rows.csv")
    assert table.columns == ("Text", "Absicht")
    assert cells(table) == ROWS
    assert [row.place for row in table.rows] == ["row 2", "row 3", "row 4", "row 5"]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",))), st.sampled_from("abc")
        ),
        min_size=1,
    ),
    st.sampled_from(",;\t|"),
)
def test_whatever_the_texts_hold_a_written_table_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    text = written([("text", "intent"), *rows], delimiter=delimiter, quoting=csv.QUOTE_ALL)
    assert cells(read(text)) == rows


@pytest.mark.parametrize(
    ("text", "columns", "first"),
    [
        ("are you open,hours\nwhen,hours\nbye,bye\nciao,bye\n", ("column 1", "column 2"), ("are you open", "hours")),
        ("Kunde,Bitte\nopen now,hours\nwhen,hours\nbye,bye\nciao,bye\n", ("Kunde", "Bitte"), ("open now", "hours")),
        ("sep=;\r\ntext;intent\r\na, b;x\r\n", ("text", "intent"), ("a, b", "x")),
        ("text,intent,,\na,x,,\nb,y,,\n", ("text", "intent"), ("a", "x")),
        ('"text","intent"\n"1","a b","x"\n"2","c","y"\n', ("index", "text", "intent"), ("1", "a b", "x")),
        (",text,intent\n0,a b,x\n1,c,y\n", ("column 1", "text", "intent"), ("0", "a b", "x")),
        ("\n\ntext,intent\n\na,x\n , \nb,y\n", ("text", "intent"), ("a", "x")),
        ("text,intent\na,x\ntext,intent\nb,y\n", ("text", "intent"), ("a", "x")),
        ("text,text,intent\na,b,x\n", ("text", "text 2", "intent"), ("a", "b", "x")),
        ('text, intent\n"a, b", x\n', ("text", "intent"), ("a, b", "x")),
        ("text;intent\nHi, you;x\nYes, no;y\n", ("text", "intent"), ("Hi, you", "x")),
        ("text,intent,note\na,x\nb,y,z\n", ("text", "intent", "note"), ("a", "x", "")),
    ],
)  # fmt: skip
def test_headings_and_shapes(text: str, columns: tuple[str, ...], first: tuple[str, ...]) -> None:
    table = read(text)
    assert table.columns == columns
    assert table.rows[0].cells == first
    assert all(len(row.cells) == len(columns) for row in table.rows)


def test_the_user_may_say_whether_there_is_a_heading() -> None:
    text = "text,intent\na,x\n"
    assert cells(read(text, has_heading=False)) == [("text", "intent"), ("a", "x")]
    assert read("kind regards,greet\nhello,greet\nhi,greet\n", has_heading=True).columns == ("kind regards", "greet")


def test_a_text_with_unquoted_commas_is_put_together_where_that_is_certain() -> None:
    table = read("text,intent\nhello, dear friend,greet\nhi,greet\nbye, see you, later,bye\nciao,bye\n")
    assert cells(table) == [
        ("hello, dear friend", "greet"),
        ("hi", "greet"),
        ("bye, see you, later", "bye"),
        ("ciao", "bye"),
    ]
    assert "put together: row 2, row 4" in table.notes[0]


def test_the_intent_may_stand_first() -> None:
    table = read("intent,text\ngreet,hello, dear friend\ngreet,hi\nbye,ciao\nbye,so long\n")
    assert cells(table)[0] == ("greet", "hello, dear friend")


def test_a_quote_that_never_closes_is_part_of_its_text_where_every_row_still_fits() -> None:
    table = read('text,intent\n"hello,greet\nhi,greet\nbye,bye\n')
    assert cells(table)[0] == ('"hello', "greet")
    assert "row 2 (line 2) opens a quote" in table.notes[0]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it is empty; write a row for each text"),
        (b" \r\n\r\n", "it is empty; write a row for each text"),
        (b"just some prose", "no comma, semicolon, tab or bar separates its cells; save it as CSV"),
        (b"text,intent\na,b,c,x\nd,e,f,y\n", "row 2 has 4 cells, and there are 2 columns; write its text in quotes"),
        (b'text,intent\n"hello,greet\nhi, you,greet\nbye\n', 'row 2 (line 2) opens a quote (") that is not closed'),
        ("text,intent\nf\u00fcr,x\n".encode("cp850"), "line 2 is neither UTF-8 nor Windows-1252; save it as UTF-8"),
        ("text,intent\nf\u00fcr,x\n".encode("mac_roman"), "neither UTF-8 nor Windows-1252"),
        ("text,intent\n\u043f\u0440\u0438\u0432\u0435\u0442,x\n".encode("cp1251"), "neither UTF-8 nor Windows-1252"),
        ("text,intent\n\u03b3\u03b5\u03b9\u03b1,x\n".encode("iso8859-7"), "neither UTF-8 nor Windows-1252"),
        ("text,intent\na,x\n".encode("utf-16")[:-1], "it is damaged at byte"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_clear_sentence(data: bytes, sentence: str) -> None:
    assert sentence in reason(data)


def test_nul_characters_are_no_text() -> None:
    assert cells(read("text,intent\na\0b,x\n")) == [("ab", "x")]
