"""MongoDB's types in JSON, canonical and relaxed."""

from typing import Any

import pytest

from pipelines.botfile.extended_json import is_extended, plain_json


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ({"$oid": "5ae0dd474ae5357959ad5f1d"}, "5ae0dd474ae5357959ad5f1d"),
        ({"$date": "2018-04-25T19:55:51.123Z"}, "2018-04-25T19:55:51.123Z"),
        ({"$date": {"$numberLong": "1524686151123"}}, "2018-04-25T19:55:51.123Z"),
        ({"$date": 1524686151123}, "2018-04-25T19:55:51.123Z"),
        ({"$date": {"$numberLong": "-1000"}}, "1969-12-31T23:59:59.000Z"),
        ({"$numberInt": "26"}, 26),
        ({"$numberLong": "-9007199254740993"}, -9007199254740993),
        ({"$numberDouble": "0.75"}, 0.75),
        ({"$numberDouble": "1.0"}, 1.0),
        ({"$numberDouble": "NaN"}, "NaN"),
        ({"$numberDouble": "-Infinity"}, "-Infinity"),
        ({"$numberDecimal": "12.50"}, 12.5),
        ({"$regularExpression": {"pattern": "^a", "options": "i"}}, "^a"),
        ({"$regex": "^a", "$options": "i"}, "^a"),
        ({"$ref": "intent", "$id": {"$oid": "5a"}}, "5a"),
        ({"$binary": {"base64": "aGk=", "subType": "00"}}, "aGk="),
        ({"$binary": "aGk=", "$type": "00"}, "aGk="),
        ({"$uuid": "3b241101-e2bb-4255-8caf-4136c566a962"}, "3b241101-e2bb-4255-8caf-4136c566a962"),
        ({"$undefined": True}, None),
        ({"a": [{"begin": {"$numberInt": "8"}}, None, True]}, {"a": [{"begin": 8}, None, True]}),
    ],
)
def test_plain_json_reads_mongodbs_types(written: Any, plain: Any) -> None:
    assert plain_json(written) == plain
    assert type(plain_json(written)) is type(plain)
    assert is_extended(written)


@pytest.mark.parametrize(
    "value",
    [
        {"$numberInt": "many"},
        {"$numberInt": 5},
        {"$oid": 5},
        {"$oid": "5a", "more": 1},
        {"$date": {"$numberLong": "9" * 30}},
        {"$date": None},
        {"$where": "1"},
        {"price": "$5"},
        [],
        "$oid",
    ],
)
def test_plain_json_leaves_what_only_looks_like_it(value: Any) -> None:
    assert plain_json(value) == value
