import pytest

from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.system.numbers.money import MoneyFinder


def amounts(text: str, language: str = "en-GB") -> list[tuple[str, str]]:
    found = MoneyFinder(system_locale(language, None)).find(text, now=None)
    return [(text[one.start : one.end], one.value) for one in found]


@pytest.mark.parametrize(
    ("language", "text", "written", "value"),
    [
        ("en-GB", "I paid £12.5 for it", "£12.5", "12.50 GBP"),
        ("en-GB", "12.50 gbp", "12.50 gbp", "12.50 GBP"),
        ("en-GB", "five dollars", "five dollars", "5.00 USD"),
        ("en-GB", "5 pounds", "5 pounds", "5.00 GBP"),
        ("en-GB", "$5 CAD", "$5 CAD", "5.00 CAD"),
        ("en-CA", "$5", "$5", "5.00 CAD"),
        ("en-GB", "5 canadian dollars", "5 canadian dollars", "5.00 CAD"),
        ("en-GB", "¥1200", "¥1200", "1200 JPY"),
        ("en-GB", "€1.000", "€1.000", "1000.00 EUR"),
        ("en-GB", "20 quid", "20 quid", "20.00 GBP"),
        ("en-GB", "KZT 500", "KZT 500", "500.00 KZT"),
        ("de", "1.250,50 €", "1.250,50 €", "1250.50 EUR"),
        ("de", "zwei Millionen Dollar", "zwei Millionen Dollar", "2000000.00 USD"),
        ("de-CH", "CHF 20", "CHF 20", "20.00 CHF"),
        ("es", "cinco dolares", "cinco dolares", "5.00 USD"),
        ("fr", "1 234,56 €", "1 234,56 €", "1234.56 EUR"),
        ("pl", "100 zł", "100 zł", "100.00 PLN"),
        ("da", "20 kr.", "20 kr.", "20.00 DKK"),
        ("en-GB", "two pounds fifty", "two pounds fifty", "2.50 GBP"),
        ("en-IN", "5 lakh rupees", "5 lakh rupees", "500000.00 INR"),
        ("de", "50 Cent", "50 Cent", "0.50 EUR"),
    ],
)
def test_find_amount(language: str, text: str, written: str, value: str) -> None:
    assert amounts(text, language) == [(written, value)]


@pytest.mark.parametrize(
    "text", ["5 all in", "5 British people", "12.50", "the euro", "$", "top 5", "5 try again", "-£5", "minus 5 pounds"]
)
def test_find_what_is_no_amount(text: str) -> None:
    assert amounts(text) == []


def test_find_both_ends_of_a_range_with_their_currency() -> None:
    assert amounts("£15-20 or 30 to 40 euros") == [
        ("£15", "15.00 GBP"),
        ("20", "20.00 GBP"),
        ("30", "30.00 EUR"),
        ("40 euros", "40.00 EUR"),
    ]
