import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import os, subprocess, sys
from serving.local.priority import give_way
give_way()
ask = "import os; print(os.nice(0), os.sched_getscheduler(0))"
subprocess.run([sys.executable, "-c", ask], check=True)
"""


def test_give_way_holds_for_what_is_started() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["19", str(os.SCHED_IDLE)]
