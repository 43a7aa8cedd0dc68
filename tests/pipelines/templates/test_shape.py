"""The names that logged answers have, and what is said about a name that none of them has."""

import pytest

from pipelines.templates.paths import used_paths, written
from pipelines.templates.shape import Shape

ANSWERS = [
    {"message": "Hi", "items": [{"name": "a", "price": 3}], "customer": None, "order": {"status": "x"}, "trackNo": "1"},
    {"message": "no", "found": False},
]


def said_of(name: str) -> tuple[str, str] | None:
    ((root, path),) = used_paths(f"{{{{ {name} }}}}", ("result",))
    absent = Shape.of(ANSWERS).find_absent(path)
    if absent is None:
        return None
    return written(root, path[: absent.length + 1]), "" if absent.nearest is None else written(root, absent.nearest)


@pytest.mark.parametrize(
    "name", ["result.message", "result.found", "result.items[0].name", "result.customer.name", "result.items[-1].price"]
)
def test_find_absent_passes_what_some_answer_has_or_what_cannot_be_told(name: str) -> None:
    assert said_of(name) is None


@pytest.mark.parametrize(
    ("name", "absent", "nearest"),
    [
        ("result.mesage", "result.mesage", "result.message"),
        ("result.items[0].nmae", "result.items[0].nmae", "result.items[0].name"),
        ("result.itms[0].price", "result.itms", "result.items[0].price"),
        ("result.status", "result.status", "result.order.status"),
        ("result.track_no", "result.track_no", "result.trackNo"),
        ("result.items[4].name", "result.items[4]", ""),
        ("result.message.text", "result.message.text", ""),
        ("result.refund", "result.refund", ""),
    ],
)
def test_find_absent_names_what_was_probably_meant(name: str, absent: str, nearest: str) -> None:
    assert said_of(name) == (absent, nearest)


def test_find_absent_of_no_answers_knows_nothing() -> None:
    assert Shape.of([]).find_absent(("message",)) is None
    assert Shape.of([None]).find_absent(("message",)) is None
