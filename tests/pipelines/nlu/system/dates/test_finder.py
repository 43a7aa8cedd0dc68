from datetime import UTC, datetime

import pytest

from pipelines.nlu.system.dates.finder import DateFinder
from pipelines.nlu.system.locale import system_locale

WEDNESDAY = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def dates(text: str, language: str = "en-GB", *, now: datetime | None = WEDNESDAY) -> list[tuple[str, str]]:
    found = DateFinder(system_locale(language, None)).find(text, now=now)
    return [(text[one.start : one.end], one.value) for one in found]


@pytest.mark.parametrize(
    ("text", "written", "value"),
    [
        ("on 2026-05-12.", "2026-05-12", "2026-05-12"),
        ("2026-05-12T10:30:00Z", "2026-05-12", "2026-05-12"),
        ("12/05/2026 please", "12/05/2026", "2026-05-12"),
        ("12.05.26", "12.05.26", "2026-05-12"),
        ("born 1.5.85", "1.5.85", "1985-05-01"),
        ("on 12 May 2026", "12 May 2026", "2026-05-12"),
        ("the 5th of may", "5th of may", "2027-05-05"),
        ("May 5th, 2027 ok", "May 5th, 2027", "2027-05-05"),
        ("Sept. 3 2027", "Sept. 3 2027", "2027-09-03"),
        ("12-May-2026", "12-May-2026", "2026-05-12"),
        ("on 5/12", "5/12", "2026-12-05"),
        ("29 February", "29 February", "2028-02-29"),
        ("tomorrow", "tomorrow", "2026-11-19"),
        ("the day after tomorrow", "the day after tomorrow", "2026-11-20"),
        ("Yesterday!", "Yesterday", "2026-11-17"),
        ("next friday", "next friday", "2026-11-20"),
        ("on wednesday", "wednesday", "2026-11-25"),
        ("last Friday", "last Friday", "2026-11-13"),
        ("see you monday this time", "monday", "2026-11-23"),
        ("on sat", "sat", "2026-11-21"),
        ("in 3 days", "in 3 days", "2026-11-21"),
        ("in two weeks", "in two weeks", "2026-12-02"),
        ("in a month", "in a month", "2026-12-18"),
        ("2 years ago", "2 years ago", "2024-11-18"),
    ],
)
def test_find_english_date(text: str, written: str, value: str) -> None:
    assert dates(text) == [(written, value)]


@pytest.mark.parametrize(
    ("language", "text", "written", "value"),
    [
        ("en", "12/05/2026", "12/05/2026", "2026-12-05"),
        ("en", "13/05/2026", "13/05/2026", "2026-05-13"),
        ("de", "am 12. Mai 2026", "12. Mai 2026", "2026-05-12"),
        ("de", "bis 12.5.", "12.5", "2027-05-12"),
        ("de", "übermorgen", "übermorgen", "2026-11-20"),
        ("de", "nächsten Freitag", "nächsten Freitag", "2026-11-20"),
        ("de", "vor zwei Wochen", "vor zwei Wochen", "2026-11-04"),
        ("de", "in einer Woche", "in einer Woche", "2026-11-25"),
        ("es", "el 12 de mayo de 2026", "12 de mayo de 2026", "2026-05-12"),
        ("es", "manana", "manana", "2026-11-19"),
        ("es", "el lunes pasado", "lunes pasado", "2026-11-16"),
        ("es", "en 3 dias", "en 3 dias", "2026-11-21"),
        ("fr", "aujourd\u2019hui", "aujourd\u2019hui", "2026-11-18"),
        ("fr", "lundi prochain", "lundi prochain", "2026-11-23"),
        ("it", "tra due settimane", "tra due settimane", "2026-12-02"),
        ("pt-BR", "depois de amanhã", "depois de amanhã", "2026-11-20"),
        ("nl", "volgende vrijdag", "volgende vrijdag", "2026-11-20"),
        ("pl", "za 3 dni", "za 3 dni", "2026-11-21"),
        ("ja", "予約は2026年5月12日です", "2026年5月12日", "2026-05-12"),
        ("ko", "5월 12일에", "5월 12일", "2027-05-12"),
    ],
)
def test_find_other_languages(language: str, text: str, written: str, value: str) -> None:
    assert dates(text, language) == [(written, value)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "may I ask something"),
        ("en", "the sun is on, I sat there"),
        ("en", "31 Feb"),
        ("en", "5/12 of them"),
        ("en", "version 1.2.3.4"),
        ("en", "99/99/2026"),
        ("en", "order 12345678"),
        ("en", "in 9999 years"),
        ("de", "guten Morgen"),
        ("es", "por la mañana"),
    ],
)
def test_find_what_only_looks_like_a_date(language: str, text: str) -> None:
    assert dates(text, language) == []


def test_find_without_now_keeps_what_depends_on_it_as_written() -> None:
    assert dates("tomorrow", now=None) == [("tomorrow", "tomorrow")]
    assert dates("on 5 May", now=None) == [("5 May", "5 May")]
    assert dates("on 5 May 2026", now=None) == [("5 May 2026", "2026-05-05")]


def test_find_month_later_ends_with_the_month() -> None:
    assert dates("in 1 month", now=datetime(2027, 1, 31, tzinfo=UTC)) == [("in 1 month", "2027-02-28")]


def test_find_at_the_end_of_the_calendar_gives_no_date() -> None:
    assert dates("tomorrow, or in 2 weeks", now=datetime(9999, 12, 31, tzinfo=UTC)) == []
