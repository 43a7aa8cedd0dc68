from itertools import pairwise

import pytest

from serving.access.key_text import KeyText
from serving.access.roles import ALL_BOTS, Principal, Role


def test_each_role_includes_the_ones_before_it() -> None:
    for lower, higher in pairwise(Role):
        assert higher.includes(lower)
        assert not lower.includes(higher)
        assert lower.includes(lower)


def test_a_role_for_one_bot_says_nothing_about_others_or_the_platform() -> None:
    ada = Principal("key:1", "Ada", {"shop": Role.AUTHOR, ALL_BOTS: Role.VIEWER})
    assert ada.may(Role.AUTHOR, bot="shop")
    assert not ada.may(Role.OPERATOR, bot="shop")
    assert ada.may(Role.VIEWER, bot="library")
    assert not ada.may(Role.LABELLER, bot="library")
    assert ada.may(Role.VIEWER)
    assert not ada.may(Role.AUTHOR)
    assert not Principal("key:2", "Ben", {"shop": Role.OWNER}).may(Role.VIEWER)
    assert not Principal("key:3", "Cy", {}).may(Role.VIEWER, bot="shop")


def test_a_key_is_read_back_and_hides_its_secret() -> None:
    key = KeyText.new()
    assert KeyText.parse(str(key)) == key
    assert key.secret not in repr(key)
    assert key.secret not in key.digest
    assert KeyText.new() != key


ID, SECRET = "0123456789", "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "intentloop_",
        f"intentloop_{ID}_",
        f"Intentloop_{ID}_{SECRET}",
        f"intentloop_{ID}_{SECRET[1:]}",
        f"intentloop_{ID}_{SECRET}\n",
        f" intentloop_{ID}_{SECRET}",
        f"intentloop_{ID[1:]}x_{SECRET}",
    ],
)
def test_other_texts_are_no_keys(text: str) -> None:
    assert KeyText.parse(text) is None
