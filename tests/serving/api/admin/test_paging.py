import pytest

from pipelines.errors import UserInputError
from serving.api.admin.paging import decode_cursor, encode_cursor


@pytest.mark.parametrize("parts", [("a", 1), ("\u00e9\n\ud800", -5), ("", 0)])
def test_a_cursor_comes_back_as_it_was(parts: tuple[str, int]) -> None:
    assert decode_cursor(encode_cursor(*parts), str, int) == parts


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "\u00e9",
        "e30",
        "AAAA==",
        "W" * 1999,
        encode_cursor("a"),
        encode_cursor(1, "a"),
        encode_cursor("a", "b"),
    ],
)
def test_a_cursor_that_is_not_of_the_list_is_refused(cursor: str) -> None:
    with pytest.raises(UserInputError, match="cursor"):
        decode_cursor(cursor, str, int)
