"""Clocks that tests set."""

from datetime import datetime, timedelta, tzinfo

from serving import clock


def set_clock(*, seconds_ahead: float) -> None:
    """Let this process believe in another time, as one does whose machine's clock is wrong; for good."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds_ahead)

    clock.datetime = Wrong  # type: ignore[misc, attr-defined]


class Ticking:
    """A process's own clock, which a test moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds
