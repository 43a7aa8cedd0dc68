import json

import pytest

from pipelines.forget.redact import Redaction, cleaned, holds

LOG = b"INFO thread default:test: left; test 1 of 1\nINFO thread 1: left\nINFO thread 11: left\n"


def words(*texts: str, thread: str = "nobody-77", usual: str = "") -> Redaction:
    return Redaction(frozenset(texts), frozenset({thread}), frozenset(usual.split()))


@pytest.mark.parametrize("thread_id", ["1", "test", "accuracy", "thread"])
def test_ordinary_thread_id_is_found_only_where_it_is_a_threads(thread_id: str) -> None:
    meant = words(thread=thread_id)
    assert not holds("metrics.json", b'{"test": {"accuracy": 1, "n": [1], "thread": 0.5}}', meant)
    assert not holds("report.html", b"<td>1</td><p>accuracy of the test, by thread</p>", meant)
    for case in ('{"thread_id": "%s"}', '{\\"thread_id\\": \\"%s\\"}', "{'thread': '%s', 'turn': 1}"):
        assert holds("case.json", (case % thread_id).encode(), meant)


def test_ordinary_thread_id_takes_only_its_own_rows() -> None:
    table = b"thread,turn,text\n007,1,NA\n1,1,b\n11,1,c\n"
    assert holds("replay.csv", table, words(thread="1")) == 1
    assert cleaned("replay.csv", table, words(thread="1")) == b"thread,turn,text\n007,1,NA\n11,1,c\n"
    assert cleaned("replay.csv", table, words(thread="007")) == b"thread,turn,text\n1,1,b\n11,1,c\n"
    assert not holds("empty.csv", b"", words(thread="1"))


def test_ordinary_thread_id_is_masked_only_where_logs_name_it() -> None:
    assert words(thread="test").mask(LOG) == LOG.replace(b"default:test", b"default:****")
    assert words(thread="1").mask(LOG) == LOG.replace(b"thread 1:", b"thread *:")
    assert words(thread="visitor-7").mask(b"a visitor-7 b visitor-77") == b"a ********* b visitor-77"


def test_word_that_authors_use_is_not_looked_for_inside_other_texts() -> None:
    page = b"<td>please cancel my order, Mustermann</td>"
    assert not holds("report.html", page, words("cancel", usual="please cancel my order"))
    assert holds("report.html", page, words("mustermann", usual="please cancel my order"))
    assert holds("report.html", page, words("cancel my order", usual="please cancel my order"))
    assert words("cancel", usual="cancel").mask(b"route cancel") == b"route cancel"


@pytest.mark.parametrize("thread_id", ["a.*b?7", "x:y/*[7]", "zo\u00eb-77777", "\\d+\\7"])
def test_thread_id_is_no_pattern(thread_id: str) -> None:
    meant = words(thread=thread_id)
    assert holds("case.json", f'{{"thread_id": "{thread_id}"}}'.encode(), meant)
    assert not holds("case.json", b'{"thread_id": "axxb7", "n": 77}', meant)
    assert meant.mask(f"thread {thread_id}: x".encode()) == b"thread " + b"*" * len(thread_id.encode()) + b": x"


def test_table_that_mlflow_compares_loses_only_the_rows() -> None:
    rows = [["yes", 0.5, None], ["Yes", 0.25, "a"], ["no", 1.0, "ü"]]
    table = json.dumps({"columns": ["text", "confidence", "note"], "data": rows}).encode()
    assert holds("holdout/predictions.json", table, words("yes")) == 2
    kept = cleaned("holdout/predictions.json", table, words("yes"))
    assert kept is not None
    assert json.loads(kept) == {"columns": ["text", "confidence", "note"], "data": [["no", 1.0, "ü"]]}
    none = cleaned("holdout/predictions.json", table, words("yes", "no"))
    assert none is not None
    assert json.loads(none)["data"] == []


@pytest.mark.parametrize("content", ["[1]", "7", '{"columns": ["text"]}', '{"columns": 1, "data": "x"}', "{", ""])
def test_other_json_is_searched_as_text(content: str) -> None:
    assert not holds("gate.json", content.encode(), words("take it to quimbly lane"))
    assert holds("gate.json", f"{content} take it to quimbly lane".encode(), words("take it to quimbly lane"))
