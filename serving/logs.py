"""Log format of the servers: one line per event, with the names and ids it was logged with."""

import logging
import re
import sys
import traceback

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class EventFormatter(logging.Formatter):
    """Writes `2026-11-23T10:00:00+0000 INFO serving.release.provider release loaded bot=default version=7`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Add the event's own fields to the line."""
        fields = [f"{name}={_one_line(value)}" for name, value in vars(record).items() if name not in _STANDARD]
        # a path or an error may contain line breaks, which would forge a log line
        record.message = _CONTROLS.sub(" | ", record.message)
        return " ".join([super().formatMessage(record), *fields])


def configure_logging(level: int = logging.INFO) -> None:
    """Send all logs to standard error, libraries' only from WARNING. Called by entry points."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EventFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("serving", "pipelines", "uvicorn.error"):
        logging.getLogger(name).setLevel(level)


def describe_crash(error: BaseException) -> str:
    """Return an unexpected error's type and place. Its message is left out: it may quote a customer."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__} at {where}"


def _one_line(value: object) -> str:
    text = _CONTROLS.sub(" | ", str(value))
    return f'"{text}"' if " " in text else text
