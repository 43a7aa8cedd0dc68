import logging
from collections.abc import Iterator

import pytest

from serving.logs import EventFormatter, FloodFilter


def test_event_formatter_adds_the_fields_of_the_event_on_one_line() -> None:
    record = logging.makeLogRecord({"name": "serving.x", "levelname": "INFO", "msg": "release loaded"})
    vars(record).update(bot="default", reason="no tag\ngate", version="7")
    line = EventFormatter().format(record)
    assert line.endswith('INFO serving.x release loaded bot=default reason="no tag | gate" version=7')


def test_event_formatter_lets_nobody_forge_a_line() -> None:
    forged = "POST /x\n2026-11-23T10:00:00+0000 INFO serving.x all is well \x1b[2J\u2028"
    record = logging.makeLogRecord({"name": "serving.x", "levelname": "ERROR", "msg": "%s", "args": (forged,)})
    line = EventFormatter().format(record)
    assert "POST /x | 2026-11-23" in line
    assert len(line.splitlines()) == 1
    assert line.isprintable()


class Clock:
    """A clock that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def flood(clock: Clock, *, seconds: int, messages: Iterator[logging.LogRecord]) -> list[logging.LogRecord]:
    """Log a hundred times a second; gives what was written."""
    kept, written = FloodFilter(clock=clock), []
    for _ in range(100 * seconds):
        clock.now += 0.01
        record = next(messages)
        if kept.filter(record):
            written.append(record)
    return written


def records(level: str, text: str, *, numbered: bool = False, as_argument: bool = False) -> Iterator[logging.LogRecord]:
    """Give a fault again and again, each time with another number if `numbered`."""
    number = 0
    while True:
        number += 1
        said = f"{text} {number}" if numbered else text
        message = {"msg": "the fault: %s", "args": (said,)} if as_argument else {"msg": said}
        yield logging.makeLogRecord({"name": "x", "levelno": logging.getLevelName(level), **message})


@pytest.mark.parametrize("as_argument", [False, True])
def test_a_fault_that_repeats_is_logged_once_a_second_and_counted(clock: Clock, as_argument: bool) -> None:
    written = flood(clock, seconds=20, messages=records("ERROR", "no file", as_argument=as_argument))
    assert 19 <= len(written) <= 21
    assert sum(vars(record).get("left_out", 0) for record in written) + len(written) > 1900


@pytest.mark.parametrize("as_argument", [False, True])
def test_a_fault_of_many_names_is_logged_ten_times_and_then_once_a_second(clock: Clock, as_argument: bool) -> None:
    written = flood(clock, seconds=20, messages=records("WARNING", "file", numbered=True, as_argument=as_argument))
    assert 25 <= len(written) <= 31
    assert len({record.getMessage() for record in written[:10]}) == 10


def test_events_and_other_faults_pass_during_a_flood(clock: Clock) -> None:
    kept = FloodFilter(clock=clock)
    assert all(kept.filter(record) for record, _ in zip(records("INFO", "loaded"), range(100), strict=False))
    assert [kept.filter(record) for record, _ in zip(records("ERROR", "one"), range(3), strict=False)] == [
        True, False, False,
    ]  # fmt: skip
    assert kept.filter(next(records("ERROR", "two")))
    assert kept.filter(next(records("WARNING", "one")))
