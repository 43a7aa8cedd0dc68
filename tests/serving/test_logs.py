import logging

from serving.logs import EventFormatter


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
