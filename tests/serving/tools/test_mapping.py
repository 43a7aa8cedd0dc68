import pytest

from pipelines.schemas.tool import ResponseMapping, ToolSpec
from serving.tools.mapping import MAX_CONTEXT_CHARS, AnswerUnusable, map_answer

DOCUMENT = {
    "data": {"order": {"id": "ORD-1", "items": [{"name": "tent", "price": 9}, {"name": "mug", "price": 3}]}},
    "text": "x" * 10_000,
    "mixed": [1, "a"],
}


def mapped(result: str | None = None, *, max_chars: int = 100_000, **context: str) -> tuple[object, dict[str, object]]:
    answer = map_answer(DOCUMENT, ResponseMapping(result=result, context=context), max_chars=max_chars)
    return answer.result, dict(answer.context)


def test_map_answer_without_a_mapping_keeps_everything() -> None:
    answer = map_answer(DOCUMENT, None, max_chars=100_000)
    assert (answer.result, answer.context) == (DOCUMENT, {})


def test_map_answer_picks_result_and_context() -> None:
    assert mapped("data.order.id", cheap="data.order.items[?price < `5`].name", last="data.order.id") == (
        "ORD-1",
        {"cheap": ["mug"], "last": "ORD-1"},
    )


def test_map_answer_keeps_the_whole_answer_where_only_context_is_mapped() -> None:
    assert mapped(last="data.order.id") == (DOCUMENT, {"last": "ORD-1"})


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("nope", None),
        ("data.nope.deeper[3].x", None),
        ("data.order.items[9]", None),
        ("text.length", None),
        ("data.order.items[*].nope", []),
        ("length(data.order.items)", 2),
        ("sum(data.order.items[*].price)", 12),
        ("max_by(data.order.items, &price).name", "tent"),
        ("{id: data.order.id, first: data.order.items[0].name}", {"id": "ORD-1", "first": "tent"}),
        ("data.order.items[*].[name, price]", [["tent", 9], ["mug", 3]]),
        ("not_null(nope, data.order.id)", "ORD-1"),
        ("sort_by(data.order.items, &price)[0].name", "mug"),
    ],
)
def test_map_answer_finds(expression: str, found: object) -> None:
    assert mapped(expression, value=expression) == (found, {"value": found})


@pytest.mark.parametrize("document", [None, "plain text", 7, [], [1], True])
def test_map_answer_of_another_answer_than_expected_is_null(document: object) -> None:
    mapping = ResponseMapping(result="data.order", context={"id": "data.order.id"})
    answer = map_answer(document, mapping, max_chars=1000)  # type: ignore[arg-type]
    assert (answer.result, answer.context) == (None, {"id": None})


def test_map_answer_names_the_field_that_does_not_fit_and_no_value() -> None:
    with pytest.raises(AnswerUnusable, match=r"responseMapping.context.n does not fit its answer") as failure:
        mapped(n="length(data.order.items[0].price)")
    assert "9" not in str(failure.value)


def test_map_answer_bounds_what_is_kept() -> None:
    assert len(str(mapped("text")[0])) == 10_000
    with pytest.raises(AnswerUnusable, match="larger than 5000 characters"):
        mapped("text", max_chars=5000)
    with pytest.raises(AnswerUnusable, match=f"more than {MAX_CONTEXT_CHARS} characters in the context"):
        mapped("data", text="text")
    with pytest.raises(AnswerUnusable, match="too much to look at"):
        map_answer(list(range(400_000)), ResponseMapping(result="[?@ > `5`]"), max_chars=10_000_000)


@pytest.mark.parametrize(
    "wire",
    [
        {"url": "http://a/"},
        {"url": "http://a/", "responseMapping": None},
        {"url": "http://a/", "responseMapping": {}},
        {"url": "http://a/", "responseMapping": {"result": "a", "context": {"b": "c"}, "ours": 1}, "theirs": [2]},
    ],
)
def test_tool_spec_exports_what_it_imported(wire: dict[str, object]) -> None:
    assert ToolSpec.model_validate(wire).to_wire() == wire
