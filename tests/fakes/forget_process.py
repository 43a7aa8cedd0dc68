"""Stands for an `intentloop forget --user` that hangs when it begins to clean, with a lease of two seconds.

Its lease must be renewed all the same, for as long as the process lives.
"""

import asyncio
import sys
import time
from datetime import timedelta

from pipelines.settings import Settings
from serving.forget import run


class Hanging(run.Erasure):
    """Hangs where it would clean."""

    def _purge(self, lineage: object) -> None:
        sys.stdout.write("cleaning\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    run._LEASE = timedelta(seconds=2)
    run.notice_seconds = lambda _: 1.0
    settings = Settings.model_validate_json(sys.argv[1])
    request = run.ErasureRequest(bot=sys.argv[2], user=sys.argv[3], purge=True)
    asyncio.run(Hanging(request, settings, lambda share, what: None).run())
