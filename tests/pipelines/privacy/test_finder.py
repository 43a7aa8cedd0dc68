"""Personal data in the forms of many countries, and disguised; and what only looks like it."""

import time

import pytest

from pipelines.privacy.more_ids import is_known_elsewhere
from pipelines.privacy.redact import Redactor, TurnRedactor, kind_of_name
from pipelines.schemas.bot import Entity
from pipelines.schemas.policy import PERSONAL_KINDS

ENGLISH = Redactor(PERSONAL_KINDS, language="en")

HIDDEN = {
    "email": [
        "<jane.roe@web.de>", "mail <JANE.ROE+shop@Sub.Web.Co.UK>!", "to <grüße@bücher.example> please",
        "<用户@例子.广告>", "<jane (at) web.de>", "<jane [at] web [dot] de>", "<jane @ web.de>",
        "<jane\uff20web\uff0ede>",
        "<j\u200bane@w\u200beb.de>", "<jane_roe-1@example.com>, thanks", "mailto:<o'neil@example.org>",
        "it's <max.mueller at gmx dot de>", "<max.mueller[at]gmx.de>",
    ],
    "phone": [
        "call me on <07911 123456>", "<+44 7911 123456>", "<+49 (0)30 901820>", "<0171 1234567> anrufen",
        "Tel: <030/901820>", "<06 12 34 56 78>", "appelez-moi au <06.12.34.56.78>", "<(202) 555-0143>",
        "<202-555-0143>", "<2025550143>", "<+1 202 555 0143>", "<+91 98765 43210>", "<0091 98765 43210>",
        "<0044 7911 123456>", "my number is <020 7946 09>", "<٠٧٩١١ ١٢٣٤٥٦> call me",
        "<\uff10\uff17\uff19\uff11\uff11\uff11\uff12\uff13\uff14\uff15\uff16>",
        "<+४४ ७९११ १२३४५६>", "<0\u200b7911\u200b123456>", "<020 7946 0958>", "my whatsapp <79161234567>",
        "<+86 138 0013 8000>", "<+81 90-1234-5678>", "<+55 (11) 91234-5678>", "<612 34 56 78> llámame",
        "call me about my order on <0171 1234567>", "<020\u00a07946\u00a00958>", "<020\u20137946\u20130958>",
        "☎ <030 901820>", "ring <+41 44 668 18 00> or mail", "Tel. <901820>",
        "phone:<+14155552671>", "<+4 9 1 7 1 1 2 3 4 5 6 7>", "text me at <4155552671>",
    ],
    "card": [
        "<4111 1111 1111 1111>", "<4111-1111-1111-1111>", "<4111.1111.1111.1111>", "<4111111111111111>",
        "<\uff13\uff17\uff18\uff12 \uff18\uff12\uff12\uff14\uff16\uff13 \uff11\uff10\uff10\uff10\uff15>",
        "my card number is <4111 1111 1111 1112>", "<4111\u200b1111\u200b1111\u200b1111>",
        "<4111 \u2013 1111 \u2013 1111 \u2013 1111>", "pay with <5500 0055 5555 5559>, exp 12/27",
        "<4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1>",
    ],
    "iban": [
        "<DE44 5001 0517 5407 3249 31>", "<de44500105175407324931>", "<GB29-NWBK-6016-1331-9268-19>",
        "<FR76 3000 6000 0112 3456 7890 189> merci", "IBAN: <DE44 5001 0517 5407 3249 32>",
        "<DE 44 5001 0517 5407 3249 31>", "account number <12345678>", "Konto <1234567890>",
    ],
    "national_id": [
        "ssn <123-45-6789>", "<123-45-6789>", "my social security number is <123456789>", "<AB 12 34 56 C>",
        "<AB123456C>", "<RSSMRA85T10A562S>", "<12345678Z>", "<X1234567L>", "<1 85 05 78 006 084 91>",
        "<131052-308T>", "<85.07.30-033 28>", "<756.9217.0769.85>", "<529.982.247-25>", "<44051401359>",
        "<811228-9874>", "<2341 2341 2346>", "<ABCPE1234F>", "passport number <C01X00T47>",
        "Reisepassnummer <C01X00T47>", "Steuer-ID <86 095 742 719>", "BSN <111222333>", "<11010519491231002X>",
        "<HEGG560427MVZRRL04>",
    ],
}  # fmt: skip
KEPT = [
    "see you @ 5", "track ORD-1042 please", "order PX 123456789", "order 1234567890123456", "my order is 2025550143",
    "between 2 and 4 on 12/11/2026, 45.99 pounds", "meet at 10:30 on 2026-11-29 2200", "192.168.100.200",
    "room 12345", "1234567", "0.1234567891", "3.14159265358979", "2026-11-29T11:10:12.123456", "price 1,234,567.00",
    "i ordered 100000 units", "version 10.2.3.4567", "the year 2026 and 1999", "9999999999999999", "", "hello",
    "29.11.2026 12:30", "24.12.2026 18:00-20:00 Uhr", "1 000 000 000 dollars", "zip 12345-6789", "room 101-102-103",
    "Artikel 123.456.789", "text me the code 482913", "reach 100000 people", "isbn 978-3-16-148410-0", "@john_doe",
    "ean 4006381333931", "order no. 305-1234567-1234567", "Kundennummer 12345678", "ups 1Z999AA10123456784",
    "5@10 dollars", "we meet at noon dot", "lat 52.5200066, lon 13.404954", "from 01.02.2026 to 15.02.2026",
    "invoice 4711 of 2026-01-02", "tracking number 00340434161094042557", "id 550e8400-e29b-41d4-a716-446655440000",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "marked"), [(kind, text) for kind, texts in HIDDEN.items() for text in texts])
def test_personal_data_is_replaced_where_it_stands(kind: str, marked: str) -> None:
    before, _, rest = marked.partition("<")
    hidden, _, after = rest.rpartition(">")
    assert ENGLISH.text(f"{before}{hidden}{after}") == f"{before}[{kind}]{after}"


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert ENGLISH.text(text) == text


def test_only_the_wanted_kinds_are_replaced() -> None:
    text = "jane@web.de, +44 7911 123456, 4111 1111 1111 1111"
    assert Redactor(("phone",), language="en").text(text) == "jane@web.de, [phone], 4111 1111 1111 1111"
    assert Redactor((), language="en").text(text) == text


def entity(name: str, pattern: str) -> Entity:
    return Entity.model_validate({"name": name, "pattern": pattern, "entity_values": []})


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d{10}", "where is 2025550143"),
        (r"0\d{10}", "order 07911123456, please call"),
        (r"\d{4} \d{4} \d{4} \d{4}", "it is 4111 1111 1111 1111"),
        (r"[A-Z]{5}\d{4}[A-Z]", "voucher ABCPE1234F"),
        (r"ORD-\d+", "ORD-07911123456"),
    ],
)
def test_numbers_of_a_pattern_that_the_bot_defines_stay(pattern: str, text: str) -> None:
    assert Redactor(PERSONAL_KINDS, language="en", entities=[entity("order_id", pattern)]).text(text) == text


def test_a_pattern_keeps_no_number_that_is_only_partly_one_and_no_persons_number() -> None:
    groups = Redactor(PERSONAL_KINDS, language="en", entities=[entity("pin", r"\d{4}")])
    assert groups.text("4111 1111 1111 1111") == "[card]"
    phone = Redactor(PERSONAL_KINDS, language="en", entities=[entity("mobile_number", r"\d{10}")])
    assert phone.text("2025550143") == "[phone]"
    mail = Redactor(PERSONAL_KINDS, language="en", entities=[entity("anything", r"\S+")])
    assert mail.text("jane@web.de") == "[email]"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("my number is 0171 12", "34567 thanks", "[phone] thanks"),
        ("4111 1111 11", "11 1111", "[card]"),
        ("it is jane@", "web.de ok?", "[email] ok?"),
        ("DE44 5001 0517", "5407 3249 31", "[iban]"),
        ("order 12", "34567 please", "34567 please"),
        ("hello", "4 tents", "4 tents"),
    ],
)
def test_a_number_that_goes_on_in_the_next_message_is_replaced_there(first: str, second: str, expected: str) -> None:
    tail = first.rpartition(" is ")[2] if " is " in first else first
    assert ENGLISH.redact(second, before=tail).text == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("12345678", "[phone]"), ("it's 555 123", "it's [phone]"), ("2 please", "2 please")]
)
def test_a_number_that_was_asked_for_is_one_whatever_its_form(text: str, expected: str) -> None:
    assert ENGLISH.redact(text, expected="phone").text == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("phone", "phone"), ("customer_email", "email"), ("IBAN", "iban"), ("card_number", "card"),
        ("passport_no", "national_id"), ("order_id", None), ("quantity", None), ("date", None),
    ],
)  # fmt: skip
def test_kind_of_name_goes_by_what_a_parameter_is_called(name: str, kind: str | None) -> None:
    assert kind_of_name(name) == kind


def test_places_can_be_moved_to_and_fro() -> None:
    redacted = ENGLISH.redact("call +44 7911 123456 or mail jane@web.de today")
    assert redacted.text == "call [phone] or mail [email] today"
    start = redacted.original.index("today")
    assert redacted.moved(start, start + 5) == (redacted.text.index("today"), len(redacted.text))
    for piece in ("call", "or", "today"):
        at = redacted.text.index(piece)
        begin, end = redacted.restored(at, at + len(piece))
        assert redacted.original[begin:end] == piece
    for placeholder, written in (("[phone]", "+44 7911 123456"), ("[email]", "jane@web.de")):
        at = redacted.text.index(placeholder)
        for place in ((at, at + len(placeholder)), (at + 1, at + 4)):
            assert redacted.original[slice(*redacted.restored(*place))] == written
        begin = redacted.original.index(written)
        assert redacted.text[slice(*redacted.moved(begin + 1, begin + 3))] == placeholder


def test_turn_redactor_knows_the_values_of_its_turn_in_every_form() -> None:
    turn = TurnRedactor(ENGLISH, ["+447911123456"], said=ENGLISH.redact("it's 07911 123456 or jane@web.de"))
    sent = "https://shop.test/c?phone=%2B447911123456&to=jane%40web.de"
    assert turn.text(sent) == "https://shop.test/c?phone=[phone]&to=[email]"
    body = {"phone": "+447911123456", "raw": 447911123456, "n": 7, "list": ["07911 123456", True, None, 1.5]}
    assert turn.json(body) == {"phone": "[phone]", "raw": "[phone]", "n": 7, "list": ["[phone]", True, None, 1.5]}
    assert turn.json({"jane@web.de": 1}) == {"[email]": 1}


@pytest.mark.parametrize(
    "text", ["9" * 10_000, "1 " * 5000, "a@" * 5000, "@" * 10_000, "(at)" * 2500, "DE44 " * 2000, "ssn 1-" * 1600]
)
def test_long_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    ENGLISH.text(text)
    assert time.process_time() - started < 1.0


def test_python_stdnum_is_used_if_it_is_there() -> None:
    pytest.importorskip("stdnum")
    assert is_known_elsewhere("33392005961")  # Croatia's OIB
    assert ENGLISH.text("moj OIB je 33392005961") == "moj OIB je [national_id]"
