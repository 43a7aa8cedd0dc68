import os
import signal

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
