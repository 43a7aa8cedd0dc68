"""Personal data in examples: what is found, what is nobody's, and that no finding repeats it."""

import pytest

from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.steps.data.frame import to_frame
from pipelines.steps.validation.privacy import (
    KIND_BY_CHECK,
    check_privacy,
    invented,
    masked,
    personal_data_finder,
    shown_text,
)

FIND = personal_data_finder("en-GB")


def found(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for kind, (start, end) in FIND(text)]


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("mail it to jane.roe@web.de, please", "email", "jane.roe@web.de"),
        ("call me on 07911 123456", "phone", "07911 123456"),
        ("ring +49 30 901820 now", "phone", "+49 30 901820"),
        ("my card 5500 0055 5555 5559 expires", "card", "5500 0055 5555 5559"),
        ("amex 340000000000009", "card", "340000000000009"),
        ("4929-7226-5379-7141", "card", "4929-7226-5379-7141"),
        ("pay to DE44 5001 0517 5407 3249 31 by monday", "iban", "DE44 5001 0517 5407 3249 31"),
        ("gb82west12345698765432", "iban", "gb82west12345698765432"),
    ],
)
def test_personal_data_is_found_where_it_stands(text: str, kind: str, written: str) -> None:
    assert found(text) == [(kind, written)]


@pytest.mark.parametrize(
    "text",
    [
        "where is order 4417 1042 3391 1122",  # the check digit is wrong
        "ORD-1042 and PX 123456789",
        "DE44 5001 0517 5407 3249 32 is mistyped",
        "0000 0000 0000 0000",
        "write to name@example.com or x@shop.test",
        "+44 7700 900123, (202) 555-0143, 020 7946 0018",
        "4111 1111 1111 1111",
        "GB29 NWBK 6016 1331 9268 19",
        "between 2 and 4 on 12/11/2026, 45.99 pounds",
        "",
    ],
)
def test_what_belongs_to_nobody_is_not_found(text: str) -> None:
    assert found(text) == []


def test_personal_data_finder_finds_several_in_order() -> None:
    text = "card 5500005555555559, mail a@b.co, IBAN DE44500105175407324931"
    assert [kind for kind, _ in FIND(text)] == ["card", "email", "iban"]


@pytest.mark.parametrize("kind", KIND_BY_CHECK.values())
def test_invented_is_of_the_same_kind_and_never_found(kind: str) -> None:
    stand_ins = {invented(kind, f"written {number}") for number in range(300)}
    assert all(found(f"it is {stand_in} now") == [] for stand_in in stand_ins)
    assert invented(kind, "Jane@web.de") == invented(kind, "jane@WEB.de")


def test_invented_addresses_vary() -> None:
    assert len({invented("email", f"{number}@web.de") for number in range(300)}) > 100


def test_check_privacy_never_repeats_what_it_found() -> None:
    text = "my mail is jane.roe@web.de"
    (finding,) = check_privacy(to_frame([Example(id="a/1", text=text, intent="a")]), BotFile())
    assert (finding.check, finding.row, finding.start, finding.end) == ("no_email_address", "a/1", 11, 26)
    assert "jane" not in str(finding)
    assert shown_text(finding, text) == "my mail is j" + "\u2022" * 13 + "e"
    assert len(masked("0123")) == 4


@pytest.mark.parametrize(("entity_type", "count"), [("order_id", 0), ("phone_number", 1), ("sys.phone", 1)])
def test_check_privacy_takes_the_authors_word_for_what_a_number_is(entity_type: str, count: int) -> None:
    text = "it is 2024561111"
    span = LabelledSpan(start=6, end=16, type=entity_type, value="2024561111")
    rows = to_frame([Example(id="a/1", text=text, intent="a", entities=(span,))])
    assert len(list(check_privacy(rows, BotFile(language="en-US")))) == count
