"""The data frame of examples holds them as they are."""

from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.steps.data.frame import COLUMNS, frame_of, to_examples, to_frame

SPAN = LabelledSpan(start=0, end=2, type="city", value="O\u0308", role="from")


def test_to_examples_gives_back_what_to_frame_was_given() -> None:
    examples = [
        Example(id="1", text="O\u0308slo \x00 \U0001f600", intent="a", entities=(SPAN,)),
        Example(id="2", text="", intent="nan"),
        Example(id="3", text="None", intent="1"),
    ]
    frame = to_frame(examples)
    assert to_examples(frame) == examples
    assert set(frame["origin"]) == {"file"}
    assert to_examples(to_frame([])) == []


def test_to_frame_holds_spans_and_text() -> None:
    frame = to_frame(
        [Example(id="1", text="O\u0308", intent="a", entities=(SPAN,)), Example(id="2", text="", intent="a")]
    )
    assert frame["entities"].tolist() == [(SPAN,), ()]
    assert {name: str(frame[name].dtype) for name in frame} == {
        name: "object" if name == "entities" else "str" for name in COLUMNS
    }


def test_frame_of_no_rows_has_the_columns() -> None:
    frame = frame_of((), columns=("example_id", "entities"))
    assert [(name, str(frame[name].dtype)) for name in frame] == [("example_id", "str"), ("entities", "object")]
