"""The loader code inside a version: which inputs it takes, what it returns, and how it refuses the rest."""

import importlib
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.registry import prediction
from pipelines.registry.release import Release

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)
COLUMNS = [
    *("text", "intent", "confidence", "decision", "reason", "options"),
    *("entities", "ranking", "out_of_scope_score"),
]


@pytest.fixture(scope="module")
def loader() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("mlflow.pyfunc")  # warns of its own type hints
    return importlib.import_module("pipelines.steps.registration.pyfunc_model")


@pytest.fixture(scope="module")
def model(loader: Any, tiny_release: Release) -> Any:
    model = loader.ReleaseModel()
    model._code, model._release = prediction, tiny_release
    return model


@pytest.mark.parametrize(
    "given",
    [
        "hello",
        ["hello"],
        ("hello",),
        [["hello"]],
        [{"text": "hello"}],
        [{"text": "hello", "intent": "greet"}],
        [{"text": np.array("hello")}],
        [np.array(["hello"])],
        {"text": "hello"},
        {"text": ["hello"]},
        {"text": np.array(["hello"])},
        np.array("hello"),
        np.array(["hello"]),
        np.array([["hello"]]),
        pd.Series(["hello"]),
        pd.Series(["hello"], name="question", dtype="category"),
        pd.DataFrame({"text": ["hello"]}),
        pd.DataFrame({"id": ["1"], "intent": ["greet"], "text": ["hello"]}),
        pd.DataFrame({"question": ["hello"]}),
        pd.DataFrame(["hello"]),
    ],
    ids=str,
)
def test_read_texts_takes_every_form(loader: Any, given: Any) -> None:
    assert loader.read_texts(given) == ["hello"]


@pytest.mark.parametrize(
    "given", [[], (), np.array([]), pd.Series([], dtype=str), pd.DataFrame({"text": []})], ids=repr
)
def test_read_texts_of_no_rows_is_empty(loader: Any, given: Any) -> None:
    assert loader.read_texts(given) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "it is missing"),
        (5, "it is of type int"),
        (b"hello", "it is of type bytes"),
        ({"hello"}, "it is of type set"),
        ({"txt": "hello"}, "it is an object with 'txt'"),
        ({}, "it is an object with nothing in it"),
        ([None], "row 0 is missing"),
        (["hello", 5], "row 1 is of type int"),
        ([True], "row 0 is of type bool"),
        ([b"hello"], "row 0 is of type bytes"),
        ([["a", "b"]], "row 0 is of type list"),
        ([{"txt": "hello"}], "row 0 is an object with 'txt'"),
        ([float("nan")], "row 0 is missing"),
        ([1] * 9, "row 4 is of type int and 4 more are not either; rows are counted from 0"),
        (np.array([["a", "b"]]), "row 0 is of type list"),
        (pd.Series([1.5]), "row 0 is of type float"),
        (pd.Series(["a", pd.NA], dtype="string"), "row 1 is missing"),
        (pd.Series(pd.to_datetime(["2026-01-01"])), "row 0 is of type Timestamp"),
        (pd.DataFrame({"text": [None, "a"]}), "row 0 is missing"),
        (pd.DataFrame({"text": [{"a": 1}]}), "row 0 is an object with 'a'"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "there must be one column 'text', but the columns are: 'a', 'b'"),
        (pd.DataFrame([["x", "y"]], columns=["text", "text"]), "but the columns are: 'text', 'text'"),
        (pd.DataFrame(), "but the columns are: none"),
    ],
    ids=repr,
)
def test_read_texts_says_what_is_wrong(loader: Any, given: Any, said: str) -> None:
    with pytest.raises(loader.MlflowException, match="The input cannot be used") as caught:
        loader.read_texts(given)
    assert said in caught.value.message
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_predict_gives_a_table_for_a_table(model: Any, tiny_release: Release) -> None:
    texts = ["where is my order ORD-1042?", "?!"]
    rows = [row.model_dump(mode="json") for row in prediction.predict_texts(tiny_release, texts)]
    assert model.predict(None, texts) == rows
    assert list(rows[0]) == COLUMNS
    for given in (pd.Series(texts, index=[7, 3]), pd.DataFrame({"n": [1, 2], "text": texts}, index=[7, 3])):
        table = model.predict(None, given)
        assert (list(table.columns), list(table.index)) == (COLUMNS, [7, 3])
        assert table.to_dict("records") == rows  # so that what is missing is null in JSON, and not NaN
        assert table["confidence"].dtype == float
    empty = model.predict(None, pd.DataFrame({"text": []}))
    assert (list(empty.columns), len(empty)) == (COLUMNS, 0)


def test_own_code_refuses_an_archive_of_something_else(loader: Any, tmp_path: Any) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "intentloop_none.zip", "w") as archive:
        archive.writestr("other.py", "")
    context = SimpleNamespace(artifacts={"code": str(tmp_path / "intentloop_none.zip"), "release": "nowhere"})
    with pytest.raises(loader.MlflowException, match="does not hold the code of this version"):
        loader.ReleaseModel().load_context(context)
