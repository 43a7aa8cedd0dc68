import pytest

from tests.support.commands import problems_of

SAFE = {"writeConcern": {"w": "majority", "j": True}}


@pytest.mark.parametrize(
    ("name", "command", "problem"),
    [
        ("aggregate", {"pipeline": [{"$facet": {}}]}, "aggregate uses $facet"),
        ("find", {"filter": {"a": {"b": [{"$where": "1"}]}}}, "find uses $where"),
        ("findAndModify", {}, "command findAndModify"),
        ("update", {"updates": [], "txnNumber": 1, **SAFE}, "update is a retryable write"),
        ("insert", {"documents": []}, "insert is acknowledged before it is safe"),
        (
            "createIndexes",
            {"indexes": [{"key": {"a": 1}, "partialFilterExpression": {}}]},
            "index option partialFilterExpression",
        ),
        ("createIndexes", {"indexes": [{"key": {"a": "text"}}]}, "index kind text"),
    ],
)
def test_problems_of_names_what_documentdb_lacks(name: str, command: dict, problem: str) -> None:
    assert problem in problems_of(name, command)


def test_problems_of_finds_nothing_in_what_is_safe() -> None:
    update = {"updates": [{"q": {"_id": 1}, "u": {"$set": {"a": 1}}}], "$db": "x", **SAFE}
    assert problems_of("update", update) == []
