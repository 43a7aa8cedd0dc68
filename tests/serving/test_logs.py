import logging

from serving.logs import EventFormatter


def test_event_formatter_adds_the_fields_of_the_event_on_one_line() -> None:
    record = logging.makeLogRecord({"name": "serving.x", "levelname": "INFO", "msg": "release loaded"})
    vars(record).update(bot="default", reason="no tag\ngate", version="7")
    line = EventFormatter().format(record)
    assert line.endswith('INFO serving.x release loaded bot=default reason="no tag | gate" version=7')
