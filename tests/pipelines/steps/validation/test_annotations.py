"""Values that are marked in most rows and not in some."""

import pytest

from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.steps.data.frame import to_frame
from pipelines.steps.validation.annotations import check_annotations
from tests.support.bots import example


def found(*marked: str) -> list[tuple[str, str, str]]:
    """Check examples such as `fly to [Oslo](city)`; give the check, the row and the words."""
    rows = []
    for number, text in enumerate(marked, start=1):
        wire = example(text)
        spans = tuple(
            LabelledSpan(start=span["begin"], end=span["end"], type=span["name"], value=span["value"])
            for span in wire["entities"]
        )
        rows.append(Example(id=str(number), text=wire["text"], intent="a", entities=spans))
    return [
        (finding.check, finding.row, rows[int(finding.row) - 1].text[finding.start : finding.end])
        for finding in check_annotations(to_frame(rows), BOT)
    ]


BOT = BotFile.model_validate({"entities": [{"name": name} for name in ("city", "country", "order_id", "product")]})
FOUR = ("fly to [Oslo](city)", "[oslo](city) please", "is [OSLO](city) cold", "to [Oslo](city)")


def test_check_annotations_value_left_out_once() -> None:
    assert found(*FOUR, "go to Oslo now") == [("values_are_marked", "5", "Oslo")]


@pytest.mark.parametrize("other", ["go to Osloo", "Oslos", "[Oslo city](city) now", "to [Oslo](city)"])
def test_check_annotations_other_words_and_marks_are_fine(other: str) -> None:
    assert found(*FOUR, other) == []


def test_check_annotations_often_left_out_means_something_else() -> None:
    assert found(*FOUR, "oslo one", "oslo two", "oslo three") == []


def test_check_annotations_digits_are_alike() -> None:
    rows = [f"where is [ORD-{number}](order_id)" for number in (1042, 7718, 2001, 3303)]
    assert found(*rows, "cancel ord-9999 now") == [("values_are_marked", "5", "ord-9999")]


def test_check_annotations_bare_numbers_are_expected_nowhere() -> None:
    assert found(*(f"order [{number}](order_id)" for number in (1042, 7718, 2001, 3303)), "in the year 1999") == []


def test_check_annotations_longest_phrase_counts() -> None:
    rows = ("a [wool jumper](product)",) * 4 + ("a [jumper](product)",) * 4
    assert found(*rows, "one wool jumper") == [("values_are_marked", "9", "wool jumper")]


def test_check_annotations_value_of_another_type() -> None:
    rows = (*FOUR, "from [Oslo](city)", "to [Oslo](country)")
    assert found(*rows) == [("one_type_a_value", "6", "Oslo")]
    assert found(*FOUR, "from [Oslo](city)", "to [Oslo](town)") == []  # there is no such type: another finding


def test_check_annotations_passes_over_spans_outside_their_text() -> None:
    frame = to_frame([Example(id="1", text="to Oslo", intent="a")])
    frame.at[0, "entities"] = (LabelledSpan(start=3, end=99, type="city", value="Oslo"),)
    assert list(check_annotations(frame, BOT)) == []
