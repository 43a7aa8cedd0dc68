import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel has no autogroups")
ROOT = Path(__file__).parents[2]
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


def test_give_way_holds_for_what_is_started() -> None:
    found = run(f"priority.give_way()\nsubprocess.run([sys.executable, '-c', {ASK!r}], check=True)")
    assert found == ["19", str(os.SCHED_IDLE), "19"]


def test_a_new_session_forgets_until_it_keeps_giving_way() -> None:
    start = "subprocess.run([sys.executable, '-c', {}], check=True, start_new_session=True)"
    keep = f"from pipelines.priority import keep_giving_way\nkeep_giving_way()\n{ASK}"
    found = run("\n".join(["priority.give_way()", start.format(repr(ASK)), start.format(repr(keep))]))
    assert found == ["19", str(os.SCHED_IDLE), "0", "19", str(os.SCHED_IDLE), "19"]


def test_keep_giving_way_does_nothing_to_others() -> None:
    assert run(f"priority.keep_giving_way()\n{ASK}") == ["0", "0", "0"]
