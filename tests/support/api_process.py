"""The chat API as a process of its own, with a release from a folder: `python -m tests.support.api_process ...`."""

import argparse
import json
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

from pipelines.errors import NotFound
from pipelines.registry.release import Release, load_release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.api.connections import ConnectionLimits
from serving.api.server import run_server
from serving.logs import configure_logging
from tests.support.clocks import set_clock
from tests.support.fixed import FixedReleases
from tests.support.llm import asking
from tests.support.servers import free_port, start, stop

REPOSITORY = Path(__file__).parents[2]
DATABASE = "intentloop_process"


def start_api(
    folder: Path,
    *,
    release: Path,
    mongo_uri: str,
    shop: str,
    llm: str = "",
    port: int = 0,
    tool_timeout_seconds: float = 1.0,
    open_files: int = 0,
    settings: Mapping[str, object] | None = None,
    clock_seconds: float = 0.0,
) -> tuple[Popen[bytes], str]:
    """Start the API and wait until it listens; gives the process and its base URL.

    With an `llm` its bot asks there what it does not understand. `open_files` is the process's limit of open files, and
    `settings` are more settings by name. Its clock is `clock_seconds` ahead.
    """
    port = port or free_port()
    arguments = ["--port", str(port), "--release", str(release), "--mongo-uri", mongo_uri, "--shop", shop]
    arguments += ["--llm", llm, "--tool-timeout", str(tool_timeout_seconds)]
    arguments += ["--open-files", str(open_files), "--settings", json.dumps(settings or {})]
    arguments += ["--clock", str(clock_seconds)]
    command = [sys.executable, "-m", "tests.support.api_process", "--home", str(folder), *arguments]
    return start(command, port=port, folder=folder, cwd=REPOSITORY), f"http://127.0.0.1:{port}"


@contextmanager
def api_process(folder: Path, *, release: Path, mongo_uri: str, shop: str, **more: Any) -> Iterator[str]:
    """Run the API, and end it afterwards; gives its base URL. It takes what `start_api` takes."""
    process, url = start_api(folder, release=release, mongo_uri=mongo_uri, shop=shop, **more)
    try:
        yield url
    finally:
        stop(process)


class KnownReleases(FixedReleases):
    """Knows, as a registry does, which bots have no releases."""

    def current(self, bot: str, thread_id: str | None = None) -> Release:
        """Return the release of a bot."""
        if bot not in self.release_by_bot:
            raise NotFound("bot", bot, hint="train one")
        return self.release_by_bot[bot]


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--mongo-uri", required=True)
    parser.add_argument("--shop", required=True)
    parser.add_argument("--llm", default="")
    parser.add_argument("--tool-timeout", type=float, required=True)
    parser.add_argument("--open-files", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--clock", type=float, default=0.0)
    options = parser.parse_args()
    set_clock(seconds_ahead=options.clock)
    if options.open_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (options.open_files, options.open_files))
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=options.home,
        mongo_uri=options.mongo_uri,
        mongo_database=options.settings.pop("mongo_database", DATABASE),
        tool_timeout_seconds=options.tool_timeout,
        llm_base_url=options.llm,
        llm_timeout_seconds=1.0,
        endpoints={"shop": options.shop},
        **options.settings,
    )
    release = load_release(options.release, version="1")
    releases = KnownReleases({"default": asking(release) if options.llm else release})
    app = create_app(settings, releases=releases)
    configure_logging()
    run_server(app, host="127.0.0.1", port=options.port, limits=ConnectionLimits.from_settings(settings))


if __name__ == "__main__":
    main()
