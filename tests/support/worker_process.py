"""`intentloop worker` as a process, with a release from a folder: `python -m tests.support.worker_process ...`."""

import argparse
import asyncio
import sys
from pathlib import Path
from subprocess import Popen

from pipelines.registry.release import load_release
from pipelines.settings import Settings
from serving.channels.worker import run_worker
from serving.logs import configure_logging
from tests.support.api_process import DATABASE, REPOSITORY
from tests.support.clocks import set_clock
from tests.support.fixed import FixedReleases


def start_worker(
    folder: Path,
    *,
    release: Path,
    mongo_uri: str,
    shop: str = "http://127.0.0.1:1",
    tool_timeout_seconds: float = 1.0,
    clock_seconds: float = 0.0,
) -> Popen[bytes]:
    """Start a worker whose clock is so far ahead; other settings, the queue among them, come from the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.support.worker_process"]
    arguments = ["--home", str(folder), "--release", str(release), "--mongo-uri", mongo_uri, "--shop", shop]
    arguments += ["--tool-timeout", str(tool_timeout_seconds), "--clock", str(clock_seconds)]
    with (folder / "output.log").open("ab") as output:
        return Popen([*command, *arguments], stdout=output, stderr=output, cwd=REPOSITORY)


def main() -> None:
    """Work until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--mongo-uri", required=True)
    parser.add_argument("--shop", required=True)
    parser.add_argument("--tool-timeout", type=float, required=True)
    parser.add_argument("--clock", type=float, default=0.0)
    options = parser.parse_args()
    set_clock(seconds_ahead=options.clock)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=options.home,
        mongo_uri=options.mongo_uri,
        mongo_database=DATABASE,
        tool_timeout_seconds=options.tool_timeout,
        endpoints={"shop": options.shop},
    )
    configure_logging()
    releases = FixedReleases({"default": load_release(options.release, version="1")})
    asyncio.run(run_worker(settings, releases=releases))


if __name__ == "__main__":
    main()
