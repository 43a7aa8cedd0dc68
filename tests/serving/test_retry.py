import asyncio
import math
from datetime import timedelta
from email.utils import format_datetime

import pytest

from serving.clock import utc_now
from serving.retry import Retries, is_in_time, retry_after_seconds


def test_seconds_after_doubles_with_jitter_and_ends() -> None:
    retries = Retries(max_tries=3, first_seconds=1.0)
    first, second = ([retries.seconds_after(number) for _ in range(200)] for number in (1, 2))
    assert 0.5 <= min(first) < max(first) <= 1.0
    assert 1.0 <= min(second) < max(second) <= 2.0
    assert retries.seconds_after(3) == retries.seconds_after(3, asked=0.5) == math.inf


def test_seconds_after_is_at_least_what_was_asked_for() -> None:
    retries = Retries(max_tries=3, first_seconds=1.0)
    assert retries.seconds_after(1, asked=7.0) == 7.0
    assert 0.5 <= retries.seconds_after(1, asked=0.1) <= 1.0


async def test_is_in_time_only_where_the_try_begins_before_the_end() -> None:
    give_up_at = asyncio.get_running_loop().time() + 60
    assert is_in_time(50, give_up_at=give_up_at)
    assert not is_in_time(60.1, give_up_at=give_up_at)
    assert not is_in_time(math.inf, give_up_at=give_up_at)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("0.5", 0.5),
        (" 3 ", 3.0),
        ("-3", 0.0),
        ("9" * 400, math.inf),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_seconds_reads_seconds_and_past_dates(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


@pytest.mark.parametrize("usegmt", [True, False])
def test_retry_after_seconds_reads_a_date_in_the_future(*, usegmt: bool) -> None:
    found = retry_after_seconds(format_datetime(utc_now() + timedelta(seconds=60), usegmt=usegmt))
    assert found is not None
    assert 50 < found <= 60
