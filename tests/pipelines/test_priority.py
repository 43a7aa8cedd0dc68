import os
import subprocess
import sys
from pathlib import Path

import pytest

SESSION_FILE = Path("/proc/self/autogroup")
needs_autogroups = pytest.mark.skipif(
    not (SESSION_FILE.exists() and SESSION_FILE.read_text()), reason="sessions are not scheduled in groups here"
)
AS_THIS_PROCESS = [str(os.nice(0)), str(os.sched_getscheduler(0))]  # the suite may itself run under nice
ROOT = Path(__file__).parents[2]
NICENESS = "import os; print(os.nice(0), os.sched_getscheduler(0))"
ASK = "import os; print(os.nice(0), os.sched_getscheduler(0), *open('/proc/self/autogroup').read().split()[2:])"


def run(code: str, *, is_own_session: bool = True) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import subprocess, sys\nfrom pipelines import priority\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        start_new_session=is_own_session,
    )
    return done.stdout.split()


@needs_autogroups
def test_give_way_holds_for_what_is_started() -> None:
    found = run(f"priority.give_way()\nsubprocess.run([sys.executable, '-c', {ASK!r}], check=True)")
    assert found == ["19", str(os.SCHED_IDLE), "19"]


@needs_autogroups
def test_work_that_somebody_waits_for_gives_way_a_little() -> None:
    found = run(f"priority.give_way(priority.MILD)\nsubprocess.run([sys.executable, '-c', {ASK!r}], check=True)")
    assert found == [str(min(int(AS_THIS_PROCESS[0]) + 5, 19)), AS_THIS_PROCESS[1], "5"]


@needs_autogroups
def test_a_new_session_forgets_until_it_keeps_giving_way() -> None:
    start = "subprocess.run([sys.executable, '-c', {}], check=True, start_new_session=True)"
    keep = f"from pipelines.priority import keep_giving_way\nkeep_giving_way()\n{ASK}"
    found = run("\n".join(["priority.give_way()", start.format(repr(ASK)), start.format(repr(keep))]))
    assert found == ["19", str(os.SCHED_IDLE), "0", "19", str(os.SCHED_IDLE), "19"]


@needs_autogroups
def test_keep_giving_way_does_nothing_to_others() -> None:
    assert run(f"priority.keep_giving_way()\n{ASK}") == [*AS_THIS_PROCESS, "0"]


@needs_autogroups
def test_give_way_leaves_a_script_s_session_as_it_was() -> None:
    step = f"from pipelines import priority\npriority.give_way()\n{ASK}"
    found = run(f"subprocess.run([sys.executable, '-c', {step!r}], check=True)\n{ASK}")
    assert found == ["19", str(os.SCHED_IDLE), "19", *AS_THIS_PROCESS, "0"]


@pytest.mark.parametrize("content", ["", "\n", None])
def test_give_way_where_sessions_are_in_no_group(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "autogroup"
    if content is not None:
        file.write_text(content)
    found = run(f"priority._SESSION_FILE = __import__('pathlib').Path({str(file)!r})\npriority.give_way()\n{NICENESS}")
    assert found == ["19", str(os.SCHED_IDLE)]
    assert not file.exists() or file.read_text() == content
