"""Progress of long work, where somebody watches and where nobody does."""

import io
import itertools
import os
import pty
import re
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from serving import progress
from serving.processes.signals import StopRequested
from serving.progress import EVERY_LINE, ProgressView, read_share

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
WORK = r"""
import os, signal, sys, time
from serving.progress import share_reporter
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
with share_reporter("Training") as report:
    for number in range(200):
        time.sleep(1.1 if number and number % 50 == 0 and "slowly" in sys.argv else 0)
        report(number / 200, f"reading {number} of the very many utterances that this bot has [to] read")
    if "forever" in sys.argv:
        os.write(1, b"reading\n")  # `print` goes above the bars
        time.sleep(60)
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(width: int = 100, **environment: str) -> Console:
    return Console(file=Terminal(), width=width, _environ={"TERM": "xterm", **environment})


def test_progress_view_says_when_a_step_begins_and_ends_where_nobody_watches() -> None:
    out = io.StringIO()
    with ProgressView(Console(file=out)) as view:
        with view.step("Database", expected_seconds=1) as step:
            step.tick()
            step.note = "port [1]"
        with pytest.raises(StopRequested), view.step("MLflow", expected_seconds=1):
            raise StopRequested
        with pytest.raises(ValueError, match="broken"), view.step("Bot", expected_seconds=1):
            raise ValueError("broken")
    assert re.sub(r"\d\.\d", "0.0", out.getvalue()).splitlines() == [
        "Database ...",
        "Database: port [1] (0.0 s)",
        "MLflow ...",
        "MLflow: stopped (0.0 s)",
        "Bot ...",
        "Bot: failed (0.0 s)",
    ]


def test_plain_lines_come_at_every_quarter_and_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()  # every look at the clock is a second later than the last one
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    out = io.StringIO()
    with ProgressView(Console(file=out)) as view, view.step("Training", expected_seconds=60) as step:
        for number in range(101):
            step.report(min(number / 20, 1.0), "reading" if number < 20 else "done with it")
            step.tick()
    lines = out.getvalue().splitlines()
    assert (lines[0], lines[-1].startswith("Training: done with it (")) == ("Training ...", True)
    shares = [int(line[:3]) for line in lines[1:-1]]
    assert shares == sorted(shares)
    assert {25, 50, 75, 100} <= {share - share % 25 for share in shares}
    assert len(lines) < 30
    assert all(re.fullmatch(r"[ \d]{3}% [a-z ]+ \(\d+ s\)", line) for line in lines[1:-1])


def test_plain_lines_say_that_a_silent_step_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: moment)
    out = io.StringIO()
    with ProgressView(Console(file=out)) as view, view.step("MLflow server", expected_seconds=10) as step:
        for _ in range(25):
            moment += 1.0
            step.tick()
    assert out.getvalue().splitlines() == [
        "MLflow server ...",
        "     working (10 s)",
        "     working (20 s)",
        "MLflow server: done (25.0 s)",
    ]


def test_progress_view_draws_a_bar_for_each_step_on_a_terminal() -> None:
    console = terminal()
    with ProgressView(console) as view:
        with view.step("Database", expected_seconds=1) as step:
            step.tick()
            step.note = "port [1]"
        with view.step("Training", expected_seconds=1) as step:
            step.report(0.5, "fitting")
            step.note = "done"
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Database" in shown
    assert "port [1] (0.0 s)" in shown
    assert "━" in shown
    assert "..." not in shown


def test_a_pipe_gets_a_line_for_every_quarter_and_no_control_codes() -> None:
    variables = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "40"}
    done = subprocess.run([sys.executable, "-c", WORK, "slowly"], capture_output=True, text=True, env=variables)
    assert (done.returncode, done.stdout) == (0, "")
    assert not CONTROL.search(done.stderr)
    lines = done.stderr.splitlines()
    assert (lines[0], len(lines)) == ("Training ...", 5)
    assert [line[:4] for line in lines[1:4]] == [" 25%", " 50%", " 75%"]


def test_a_step_that_is_soon_done_says_its_last_report() -> None:
    out = io.StringIO()
    with ProgressView(Console(file=out)) as view, view.step("Scoring", expected_seconds=60) as step:
        for number in range(26):
            step.report(number / 25, f"scored {number} of 25 messages")
    assert out.getvalue() == "Scoring ...\nScoring: scored 25 of 25 messages (0.0 s)\n"


def test_a_parent_may_ask_for_every_line() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, env=os.environ | EVERY_LINE)
    assert len(done.stderr.splitlines()) == 202
    share = read_share(done.stderr)
    assert share is not None
    assert share[0] > 0.98


def run_on_terminal(*arguments: str, columns: int = 80, interrupts: bool = False, **environment: str) -> str:
    """Run the work on a terminal and return what the terminal received."""
    ours, theirs = pty.openpty()
    variables = os.environ | {"TERM": "xterm", "COLUMNS": str(columns), **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=variables
    )
    os.close(theirs)
    received = b""
    if interrupts:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
    while chunk := _read(ours):
        received += chunk
    process.communicate()
    os.close(ours)
    return received.decode()


def _read(file: int) -> bytes:
    try:
        return os.read(file, 65536)
    except OSError:  # Linux's end of a terminal
        return b""


def test_a_dumb_terminal_gets_plain_lines() -> None:
    shown = run_on_terminal(TERM="dumb")
    assert not CONTROL.search(shown.replace("\r\n", "\n"))
    assert shown.startswith("Training ...\r\nTraining: done (")


@pytest.mark.parametrize(("columns", "environment"), [(60, {}), (200, {}), (80, {"NO_COLOR": "1"})])
def test_bars_fit_the_terminal(columns: int, environment: dict[str, str]) -> None:
    shown = run_on_terminal(columns=columns, **environment)
    assert "Training" in shown
    for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").split("\n"):
        assert len(line) <= columns
    if environment:
        assert not re.search(r"\x1b\[[0-9;]*[34]\dm", shown)


def test_an_interrupted_bar_leaves_the_terminal_clean() -> None:
    shown = run_on_terminal("forever", interrupts=True)
    assert "stopped (" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")  # the cursor is back
    assert "\n" in shown[shown.rfind("stopped (") :]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("", None),
        ("  5% reading\n 40% fitting [x]\nnoise 70% of it\n", (0.4, "fitting [x]")),
        ("Training ...\n 40% fitting (12 s)\n", (0.4, "fitting")),
        ("100% done\n", (1.0, "done")),
        ("Traceback\n50%\n", None),
    ],
)
def test_read_share_takes_the_last_line_of_progress(text: str, share: tuple[float, str] | None) -> None:
    assert read_share(text) == share
