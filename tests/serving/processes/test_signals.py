import os
import signal
import subprocess
import sys
import time

import pytest

from serving.processes.signals import StopRequested, stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_on_signals_raises_where_it_is_asked(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signals(follow_parent=False) as check:
        check()
        os.kill(os.getpid(), number)
        with pytest.raises(StopRequested, match=number.name):
            check()
    assert signal.getsignal(number) is before


WAITER = """
import asyncio, sys, time
from serving.processes.signals import stop_event_on_signals

async def main():
    with stop_event_on_signals() as stop:
        print("ready", flush=True)
        await stop.wait()
        print("asked", flush=True)
        time.sleep(float(sys.argv[1]))

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_process_whose_loop_hangs(number: signal.Signals) -> None:
    for pause, again, expected in ((0, False, 0), (30, True, -number)):
        with subprocess.Popen([sys.executable, "-c", WAITER, str(pause)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            started = time.monotonic()
            process.send_signal(number)
            assert process.stdout.readline() == b"asked\n"
            if again:
                process.send_signal(number)
            assert process.wait(10) == expected
            assert time.monotonic() - started < 5
