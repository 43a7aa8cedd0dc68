"""Log format of the servers: one line per event, with the names and ids it was logged with, and those of its trace."""

import json
import logging
import math
import re
import sys
import textwrap
import time
import traceback
from collections.abc import Callable
from typing import Any, Literal

from serving.telemetry import spans
from serving.terminal import printable

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
_PAUSE_SECONDS = 1.0
_BURST = 10.0
_MAX_FLOODS = 1000


class EventFormatter(logging.Formatter):
    """Writes `2026-11-23T10:00:00+0000 INFO serving.release.provider release loaded bot=default version=7`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Add the event's own fields to the line."""
        fields = [f"{name}={_one_line(value)}" for name, value in _fields(record).items()]
        # a path or an error may contain line breaks, which would forge a log line
        record.message = _CONTROLS.sub(" | ", record.message)
        return " ".join([super().formatMessage(record), *fields])

    def formatException(self, ei: Any) -> str:
        """Show the control characters of an error's text; its lines are indented, so that none looks like an event."""
        return textwrap.indent(printable(super().formatException(ei)), "    ")


class JsonFormatter(logging.Formatter):
    """Writes the same as one JSON object: `time`, `level`, `logger`, `event`, and the event's own fields."""

    def __init__(self) -> None:
        super().__init__()
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, object] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        fields = {name: value for name, value in _fields(record).items() if name not in line}
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return json.dumps({**line, **fields}, ensure_ascii=True, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what an event was logged with, and the trace that it belongs to."""
    fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    trace_id = spans.current().trace_id
    return {**fields, "trace_id": trace_id} if trace_id is not None else fields


class FloodFilter(logging.Filter):
    """Keeps a fault that repeats from filling the disk: one line a second, with the number of those left out.

    Faults are alike if they come from the same statement, or differ in numbers. Ten different ones pass at once, so
    that a start that finds something wrong with each of ten bots says so; after that it is one a second for these, too.
    What is not a warning or worse always passes.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._floods: dict[tuple[str, int, str], _Flood] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record, which may get a field `left_out`."""
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        key = (record.name, record.levelno, _NUMBERS.sub("#", str(record.msg)[:500]))
        flood = self._floods.get(key)
        if flood is None:
            if len(self._floods) >= _MAX_FLOODS:
                self._floods.clear()
            flood = self._floods[key] = _Flood()
        if not flood.lets_pass(record.getMessage(), now):
            flood.left_out += 1
            return False
        if flood.left_out:
            record.left_out, flood.left_out = flood.left_out, 0
        return True


class _Flood:
    """How often one statement has logged lately."""

    def __init__(self) -> None:
        self.left_out = 0
        self._allowed = _BURST
        self._last, self._last_at = "", -math.inf

    def lets_pass(self, message: str, now: float) -> bool:
        if now - self._last_at < _PAUSE_SECONDS and (message == self._last or self._allowed < 1):
            return False
        self._allowed = min(_BURST, self._allowed - 1 + (now - self._last_at) / _PAUSE_SECONDS)
        self._last, self._last_at = message, now
        return True


def configure_logging(level: int = logging.INFO, *, form: Literal["text", "json"] = "text") -> None:
    """Send all logs to standard error, libraries' only from WARNING. Called by entry points."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else EventFormatter())
    handler.addFilter(FloodFilter())
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
