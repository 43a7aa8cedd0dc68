"""Annotations in every form in which tables hold them."""

from typing import Any

import pytest

from pipelines.importing.annotations import Mark, are_spans, read_marks, read_spans

TEXT = "fly to Oslo or Rome"
OSLO, ROME = Mark(7, 11, "city"), Mark(15, 19, "city")


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("fly to [Oslo](city) or [Rome](city)", (OSLO, ROME)),
        ("fly to [Oslo](city:to) or Rome", (Mark(7, 11, "city", role="to"),)),
        ('fly to [Oslo]{"entity": "city"} or Rome', (OSLO,)),
        ('fly to [Oslo]{"entity": "city", "role": "to", "value": "OSL"} or Rome', (Mark(7, 11, "city", "OSL", "to"),)),
        ("fly to [city : Oslo] or [city : Rome]", (OSLO, ROME)),
        ("fly to Oslo or Rome", ()),
    ],
)
def test_read_marks_takes_them_out_of_the_text(written: str, marks: tuple[Mark, ...]) -> None:
    marked = read_marks(written)
    assert (marked.text, marked.marks, marked.problems) == (TEXT, marks, ())


@pytest.mark.parametrize(
    "text", ["see [1]", "[draft] hello", "a [link](https://example.org)", "f(x)[0](1)", "[unclosed](city", "[](city)"]
)
def test_read_marks_leaves_other_brackets_alone(text: str) -> None:
    assert read_marks(text).text == text


def test_a_mark_without_an_entity_is_named() -> None:
    assert "names no entity" in read_marks('to [Oslo]{"role": "to"}').problems[0]


@pytest.mark.parametrize(
    "cell",
    [
        [{"start": 7, "end": 11, "type": "city"}],
        '[{"start": 7, "end": 11, "type": "city"}]',
        "[{'begin': 7, 'end': 11, 'name': 'city'}]",
        '[{"start": 7, "end": 11, "entity": "city", "text": "Oslo"}]',
        '[{"startPos": 7, "endPos": 10, "entity": "city"}]',
        '[{"offset": 7, "length": 4, "category": "city"}]',
        '[{"start": 3, "end": 7, "label": "city", "word": "Oslo"}]',
        '[{"type": "city", "text": "oslo"}]',
        "[[7, 11, 'city']]",
        "[(7, 11, 'city')]",
        '[["city", 7, 11]]',
        '{"entities": [[7, 11, "city"]]}',
        '{"start": 7, "end": 11, "type": "city"}',
        '{"city": "Oslo"}',
        '{"city": ["Oslo"]}',
        "O O B-city O O",
    ],
)
def test_read_spans_reads_every_form(cell: Any) -> None:
    marked = read_spans(cell, TEXT)
    assert are_spans(cell, TEXT)
    assert [(mark.start, mark.end, mark.type) for mark in marked.marks] == [(7, 11, "city")]
    assert (marked.problems, marked.missing) == ((), ())


def test_read_spans_keeps_the_canonical_value() -> None:
    (mark,) = read_spans([{"start": 7, "end": 11, "type": "city", "value": "Christiania"}], TEXT).marks
    assert (mark.start, mark.value) == (7, "Christiania")


def test_a_tag_per_word_joins_the_words_of_a_value() -> None:
    marked = read_spans("O B-city I-city B-city", "to New York Rome")
    assert [(mark.start, mark.end) for mark in marked.marks] == [(3, 11), (12, 16)]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ('[{"start": 7, "end": 11}]', "names no type of entity"),
        ('[{"type": "city"}]', "names no place"),
        ("[5]", "is no annotation"),
        ("O O", "there are 2 tags for 5 words"),
        ("[{]", "there are 1 tags for 5 words"),
    ],
)
def test_what_cannot_be_read_is_named(cell: str, problem: str) -> None:
    assert problem in read_spans(cell, TEXT).problems[0]


@pytest.mark.parametrize(
    "cell", ['[{"start": 70, "end": 74, "type": "city"}]', '[{"type": "city", "text": "Bonn"}]', '{"city": "Bonn"}']
)
def test_a_value_that_is_not_in_the_text_is_missing(cell: str) -> None:
    marked = read_spans(cell, TEXT)
    assert marked.marks == ()
    assert marked.missing[0].startswith("city")
