import gc
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.nlu.system.entities import SYSTEM_TYPES, SystemEntities, is_reserved, with_system_types
from pipelines.nlu.text import MAX_CHARACTERS
from pipelines.schemas.parameter import Parameter

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "ja", "ar")
EVERYTHING = {language: SystemEntities(SYSTEM_TYPES, language=language) for language in LANGUAGES}

pieces = st.sampled_from(
    [
        "12",
        "\u2460",
        "1.",
        "/",
        "-",
        "am",
        "pm",
        " ",
        ":",
        "@",
        "a",
        ".com",
        "€",
        "$",
        "GBP",
        "one",
        "two",
        "million",
        "may",
        "\u017fept",
        "İ",
        "mañana",
        "in",
        "days",
        "ago",
        "next",
        "friday",
        "+44",
        "٣",
        "年",
        "月",
        "日",
        "https://",
        "(",
        ")",
        "half",
        "dozen",
        "½",
        "1/2",
        "lakh\u017f",
        "minus",
        "cents",
        "centavos",
        "y medio",
        "or",
    ]
)
texts = st.text(max_size=80) | st.lists(pieces, max_size=25).map("".join) | st.lists(pieces, max_size=25).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(text=texts, language=st.sampled_from(LANGUAGES), now=st.none() | st.datetimes())
def test_find_any_text_gives_ordered_spans_inside_the_text(text: str, language: str, now: datetime | None) -> None:
    spans = EVERYTHING[language].find(text, now=now)
    assert all(0 <= span.start < span.end <= len(text) and span.value for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


@pytest.mark.parametrize(
    "broken", ["\ud800", "5 \udfff pizzas", "\x00", "joe@\ud800.com", "in \u2460 days", "\u00b2 hours ago"]
)
def test_find_broken_unicode_does_not_raise(broken: str) -> None:
    EVERYTHING["en"].find(broken, now=NOW)


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1 ",
        "1.",
        "@",
        "a@",
        "a.",
        "12/",
        "12 may ",
        "in one one-one ",
        "€1",
        "http://a(",
        "+44 20 7946 0958 ",
        "one hundred ",
        "monday next ",
        "1-",
        "on ",
        "x1",
        "\U0001f600",
        "in 9999 years ",
        "1 to ",
        "one and a half ",
        "a dollar ",
        "1 500 ",
    ],
)
def test_find_hostile_text_stays_cheap(unit: str) -> None:
    text = (unit * MAX_CHARACTERS)[:MAX_CHARACTERS]
    gc.collect()  # not in the middle of it, with all that the suite has left
    started = time.process_time()
    EVERYTHING["en"].find(text, now=NOW)
    # measured: 110 ms, 350 ms for 5,000 amounts; a grammar that backtracks would need hours
    assert time.process_time() - started < 2.5


def test_find_without_types_finds_nothing() -> None:
    assert SystemEntities(["city", "free_text"]).find("5 pizzas on friday") == []


def test_find_overlapping_types_keeps_the_most_telling() -> None:
    text = "pay £12.50 tomorrow at 5pm, call 020 7946 0958, or mail 7@x.org about 3 things and 2.5 others"
    found = SystemEntities(SYSTEM_TYPES, language="en-GB").find(text, now=NOW)
    assert [(span.type, span.value, span.source) for span in found] == [
        ("sys.money", "12.50 GBP", "system"),
        ("sys.date", "2026-11-19", "system"),
        ("sys.time", "17:00", "system"),
        ("sys.phone", "+442079460958", "system"),
        ("sys.email", "7@x.org", "system"),
        ("sys.integer", "3", "system"),
        ("sys.number", "2.5", "system"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/order?id=5",
        "see www.example.org/2026-12-24 please",
        "ftp://example.org:21/7pm",
        "bob5@example.org",
        "ann.7@4-you.example.org",
    ],
)
def test_find_takes_no_part_of_an_address(text: str) -> None:
    types = [name for name in SYSTEM_TYPES if name not in ("sys.email", "sys.url")]
    assert SystemEntities(types).find(text, now=NOW) == []
    assert len(SystemEntities(SYSTEM_TYPES).find(text, now=NOW)) == 1


def test_find_reads_values_beside_an_address() -> None:
    found = SystemEntities(["sys.integer"]).find("5 seats, see https://example.org/7, or 8", now=NOW)
    assert [span.value for span in found] == ["5", "8"]


def test_find_text_beyond_the_limit_is_not_read() -> None:
    integers, half = SystemEntities(["sys.integer"]), "a " * (MAX_CHARACTERS // 2 - 1)
    assert [span.value for span in integers.find(f"{half}5")] == ["5"]
    assert integers.find(f"{half}a 5") == []


@pytest.mark.parametrize("language", ["", "xx", "tlh-Latn", "en_ZZ", "not a language"])
def test_system_entities_unknown_language_reads_plain_values(language: str) -> None:
    values = [span.value for span in SystemEntities(SYSTEM_TYPES, language=language).find("2026-05-12 17:30 for 3")]
    assert values == ["2026-05-12", "17:30", "3"]


def test_system_entities_unknown_region_still_reads_international_phone_numbers() -> None:
    found = SystemEntities(["sys.phone"], region="ZZ").find("+44 20 7946 0958")
    assert [span.value for span in found] == ["+442079460958"]


def test_is_reserved_holds_for_every_system_name() -> None:
    assert all(map(is_reserved, (*SYSTEM_TYPES, "sys.planet")))
    assert not is_reserved("system")


def test_system_entities_of_a_bot_without_them_load_no_library() -> None:
    program = (
        "import sys; from pipelines.nlu.system.entities import SystemEntities; SystemEntities(['city']);"
        "print(sorted({'babel', 'phonenumbers', 'text_to_num'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_with_system_types_writes_short_names_out_unless_the_bot_has_an_entity_of_that_name() -> None:
    parameters = [
        Parameter(name=name, type=name) for name in ("number", "datetime", "date", "city", "sys.url", "boolean")
    ]
    written = [(one.name, one.type) for one in with_system_types(parameters, entity_names={"date", "city"})]
    assert written == [
        ("number", "sys.number"),
        ("datetime", "sys.date"),
        ("datetime", "sys.time"),
        ("date", "date"),
        ("city", "city"),
        ("sys.url", "sys.url"),
        ("boolean", "boolean"),
    ]
