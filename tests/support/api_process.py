"""The chat API as a process of its own, with a release from a folder: `python -m tests.support.api_process ...`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import uvicorn

from pipelines.registry.release import load_release
from pipelines.settings import Settings
from serving.api.app import create_app
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
) -> tuple[Popen[bytes], str]:
    """Start the API and wait until it listens; gives the process and its base URL.

    With an `llm` its bot asks there what it does not understand.
    """
    port = port or free_port()
    arguments = ["--port", str(port), "--release", str(release), "--mongo-uri", mongo_uri, "--shop", shop]
    arguments += ["--llm", llm, "--tool-timeout", str(tool_timeout_seconds)]
    command = [sys.executable, "-m", "tests.support.api_process", "--home", str(folder), *arguments]
    return start(command, port=port, folder=folder, cwd=REPOSITORY), f"http://127.0.0.1:{port}"


@contextmanager
def api_process(folder: Path, *, release: Path, mongo_uri: str, shop: str) -> Iterator[str]:
    """Run the API; gives its base URL."""
    process, url = start_api(folder, release=release, mongo_uri=mongo_uri, shop=shop)
    try:
        yield url
    finally:
        stop(process)


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
    options = parser.parse_args()
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=options.home,
        mongo_uri=options.mongo_uri,
        mongo_database=DATABASE,
        tool_timeout_seconds=options.tool_timeout,
        llm_base_url=options.llm,
        llm_timeout_seconds=1.0,
        endpoints={"shop": options.shop},
    )
    release = load_release(options.release, version="1")
    releases = FixedReleases({"default": asking(release) if options.llm else release})
    app = create_app(settings, releases=releases)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
