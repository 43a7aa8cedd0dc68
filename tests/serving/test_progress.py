import io

import pytest
from rich.console import Console

from serving.processes.signals import StopRequested
from serving.progress import ProgressView, read_share


def test_progress_view_writes_plain_lines_where_nobody_watches() -> None:
    out = io.StringIO()
    with ProgressView(Console(file=out)) as view:
        with view.step("Database", expected_seconds=1) as step:
            step.tick()
            step.note = "port [1]"
        with pytest.raises(StopRequested), view.step("MLflow", expected_seconds=1):
            raise StopRequested
    assert out.getvalue() == "Database: port [1] (0.0 s)\n"


def test_progress_view_draws_a_bar_for_each_step_on_a_terminal() -> None:
    out = io.StringIO()
    with ProgressView(Console(file=out, force_terminal=True, width=100)) as view:
        with view.step("Database", expected_seconds=1) as step:
            step.tick()
            step.note = "port 1"
        with view.step("Training", expected_seconds=1) as step:
            step.report(0.5, "fitting")
            step.note = "done"
    assert "Database" in out.getvalue()
    assert "port 1 (0.0 s)" in out.getvalue()
    assert "━" in out.getvalue()


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("", None),
        ("  5% reading\n 40% fitting [x]\nnoise 70% of it\n", (0.4, "fitting [x]")),
        ("100% done\n", (1.0, "done")),
        ("Traceback\n50%\n", None),
    ],
)
def test_read_share_takes_the_last_line_of_progress(text: str, share: tuple[float, str] | None) -> None:
    assert read_share(text) == share
