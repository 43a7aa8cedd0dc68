"""The database as training opens it."""

import pytest

from pipelines.errors import StoreUnavailable
from pipelines.steps.data.mongo import open_database


def test_open_database_of_an_address_that_cannot_be_one_says_so() -> None:
    with pytest.raises(StoreUnavailable), open_database("mongodb://host:port/", "intentloop"):
        pass


def test_open_database_does_not_blame_itself_for_what_the_reader_does() -> None:
    with pytest.raises(ValueError, match="a row"), open_database("mongodb://127.0.0.1:1/", "intentloop"):
        raise ValueError("a row")
