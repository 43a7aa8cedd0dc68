import pytest

from pipelines.nlu.system.phone import PhoneFinder


@pytest.mark.parametrize(
    ("region", "text", "expected"),
    [
        ("GB", "call 020 7946 0958 or +1 (202) 555-0143", ["+442079460958", "+12025550143"]),
        ("US", "my number: 202.555.0143", ["+12025550143"]),
        ("DE", "030 901820", ["+4930901820"]),
        ("GB", "order 12345678 of 2026-05-12", []),
        ("US", "020 7946 0958", []),
        ("GB", "hello", []),
    ],
)
def test_find_phone_number(region: str, text: str, expected: list[str]) -> None:
    assert [one.value for one in PhoneFinder(region).find(text, now=None)] == expected
