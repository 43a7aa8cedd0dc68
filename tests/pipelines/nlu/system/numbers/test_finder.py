from decimal import Decimal

import pytest

from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.system.numbers.digits import parse_number, plain_decimal
from pipelines.nlu.system.numbers.finder import NumberFinder


def numbers(text: str, language: str = "en", *, integers_only: bool = False) -> list[tuple[str, str]]:
    finder = NumberFinder(system_locale(language, None), integers_only=integers_only)
    return [(text[one.start : one.end], one.value) for one in finder.find(text, now=None)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "I want 3 pizzas", [("3", "3")]),
        ("en", "1,250.50 and 12,000", [("1,250.50", "1250.5"), ("12,000", "12000")]),
        ("en", "2x cola, x3 fanta", [("2", "2"), ("3", "3")]),
        ("en", "-5 degrees, #7, 20%", [("-5", "-5"), ("7", "7"), ("20", "20")]),
        ("en", "007", [("007", "7")]),
        ("en", "twenty-five and three point five", [("twenty-five", "25"), ("three point five", "3.5")]),
        ("en", "2 million people", [("2 million", "2000000")]),
        ("en", "one pizza", [("one", "1")]),
        ("de", "fünfundzwanzig Stück", [("fünfundzwanzig", "25")]),
        ("de", "1.500 oder 3.5 oder 1,5", [("1.500", "1500"), ("3.5", "3.5"), ("1,5", "1.5")]),
        ("de", "eins", [("eins", "1")]),
        ("es", "veintidós", [("veintidós", "22")]),
        ("fr", "1 234,5 et quatre-vingt-dix", [("1 234,5", "1234.5"), ("quatre-vingt-dix", "90")]),
        ("ja", "3人です", [("3", "3")]),
        ("en", "two and a half litres", [("two and a half", "2.5")]),
        ("en", "it is minus 3, or half a million", [("minus 3", "-3"), ("half a million", "500000")]),
        ("en", "2-3 million people", [("2", "2000000"), ("3 million", "3000000")]),
        ("ar", "٣ أيام", [("٣", "3")]),
    ],
)
def test_find_number(language: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert numbers(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "the last one, no one"),
        ("en", "ORD1234 room 12b v1.2.3 12/05 10:30 2026-05-12 5-3 a@1"),
        ("de", "ich habe eine Frage"),
        ("es", "una pregunta"),
    ],
)
def test_find_what_is_no_number(language: str, text: str) -> None:
    assert numbers(text, language) == []


def test_find_integers_only_passes_fractions_over() -> None:
    assert numbers("3 or 3.5 or 4.0", integers_only=True) == [("3", "3"), ("4.0", "4")]


@pytest.mark.parametrize("written", ["1.2.3", "1,2,3", "1,23,45", "1,234,56,789", "1.000,5.5", "1'00"])
def test_parse_number_without_a_sensible_reading(written: str) -> None:
    assert parse_number(written, decimal=".", group=",") is None


def test_find_integers_only_finds_nothing_in_a_fraction() -> None:
    assert numbers("2 1/2 and two and a half and 3½", integers_only=True) == []


def test_find_number_that_may_be_a_fraction_keeps_both_readings() -> None:
    finder = NumberFinder(system_locale("es", None), integers_only=False)
    assert [(one.value, one.alternatives) for one in finder.find("tres cuartos", now=None)] == [("3", ("0.75",))]


@pytest.mark.parametrize(("written", "value"), [("1,23,456", "123456"), ("1,00,00,000.5", "10000000.5")])
def test_parse_number_grouped_as_in_india(written: str, value: str) -> None:
    assert parse_number(written, decimal=".", group=",") == Decimal(value)


def test_plain_writes_no_exponent() -> None:
    assert plain_decimal(Decimal("1E+3")) == "1000"
    assert plain_decimal(Decimal("0.50")) == "0.5"
    assert plain_decimal(Decimal("100")) == "100"
