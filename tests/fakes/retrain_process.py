"""Stands for `intentloop retrain --job`: holds the lease and writes the job as that does, and trains nothing.

What an attempt does is in `plan.json` in the home folder, a word for each attempt of a bot: `done`, `hang` or `die`.
"""

import argparse
import json
import os
import sys
import time

from pipelines.errors import JobOver, TrainingBusy
from pipelines.home import get_settings
from pipelines.progress import READING_DRAFT
from pipelines.schemas.retraining import Trained
from serving.jobs.lease import TrainingLease
from serving.jobs.process import EXIT_BUSY
from serving.jobs.retraining import Retrained, outcome_of


def main() -> int:
    """Do a job; give the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bot", required=True)
    parser.add_argument("--job", type=int, required=True)
    parser.add_argument("--accept-relabelled", action="store_true")
    options = parser.parse_args()
    settings = get_settings()
    plan = json.loads((settings.home / "plan.json").read_bytes())[options.bot]
    try:
        with TrainingLease(settings, options.bot, job=options.job) as lease:
            lease.note_run("run", "http://mlflow/#/run")
            action = plan[lease.number - 1]
            lease.report(0.02, READING_DRAFT)
            for share in (0.3, 0.6, 0.9):
                lease.report(share, "fitting with other labels" if options.accept_relabelled else "fitting")
                time.sleep(600 if action == "hang" else 0.5)
                if action == "die":
                    sys.stderr.write("something broke\n")
                    sys.stderr.flush()
                    os._exit(9)
            trained = Trained(
                bot=options.bot,
                version="7",
                run_id="run",
                run_url="",
                data_hash="0" * 64,
                gate_passed=True,
                answers=False,
            )
            lease.conclude(**outcome_of(Retrained(trained, is_new=True, is_promoted=False)))
    except TrainingBusy:
        return EXIT_BUSY
    except JobOver:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
