from datetime import UTC, datetime

import pytest

from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.system.times.finder import TimeFinder

NOW = datetime(2026, 11, 18, 22, 30)  # noqa: DTZ001  a local time without a zone must do too


def times(text: str, language: str = "en-GB", *, now: datetime | None = NOW) -> set[tuple[str, str]]:
    found = TimeFinder(system_locale(language, None)).find(text, now=now)
    return {(text[one.start : one.end], one.value) for one in found}


@pytest.mark.parametrize(
    ("language", "text", "written", "value"),
    [
        ("en", "at 17:30.", "17:30", "17:30"),
        ("en", "2026-05-12T10:30:05Z", "10:30:05", "10:30:05"),
        ("en", "5pm", "5pm", "17:00"),
        ("en", "12 am", "12 am", "00:00"),
        ("en", "9.30 am", "9.30 am", "09:30"),
        ("en", "5 in the afternoon", "5 in the afternoon", "17:00"),
        ("en", "5 o\u2019clock", "5 o\u2019clock", "05:00"),
        ("en", "at noon", "noon", "12:00"),
        ("en", "in two hours", "in two hours", "2026-11-19T00:30"),
        ("de", "um 17 Uhr", "17 Uhr", "17:00"),
        ("de", "8 Uhr 30", "8 Uhr 30", "08:30"),
        ("de", "17.30 Uhr", "17.30 Uhr", "17:30"),
        ("de", "8 Uhr abends", "8 Uhr abends", "20:00"),
        ("es", "a las 5 de la tarde", "5 de la tarde", "17:00"),
        ("fr", "à 17h30", "17h30", "17:30"),
        ("ja", "日の17:30で", "17:30", "17:30"),
    ],
)
def test_find_time(language: str, text: str, written: str, value: str) -> None:
    assert (written, value) in times(text, language)


@pytest.mark.parametrize("text", ["5", "25:00", "13 pm", "1:2:3", "12:345", "ratio 3:1", "10:30:00+02:00 x", "a5pm"])
def test_find_what_only_looks_like_a_time(text: str) -> None:
    assert not {value for _, value in times(text) if value != "10:30:00"}


def test_find_without_now_keeps_an_offset_as_written() -> None:
    assert times("in 20 minutes", now=None) == {("in 20 minutes", "in 20 minutes")}


def test_find_with_zone_names_the_zone() -> None:
    now = datetime(2026, 11, 18, 22, 30, tzinfo=UTC)
    assert times("in 1 hour", now=now) == {("in 1 hour", "2026-11-18T23:30+00:00")}
