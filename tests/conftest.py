"""What every test may use, and the guard that keeps tests on this machine."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.nlu.release import Release, load_release
from pipelines.settings import Settings
from tests.support.bots import TINY_BOT
from tests.support.releases import make_release
from tests.support.servers import mongo_server

ENGINES = ("nx-27017", "secantusdb")


def _is_loopback(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise RuntimeError(f"a test may not connect to {address[0]!r}; use a server on loopback")
    elif event == "socket.getaddrinfo" and not _is_loopback(arguments[0]):
        try:
            ipaddress.ip_address(str(arguments[0]))
        except ValueError:
            raise RuntimeError(f"a test may not look up {arguments[0]!r}; use a server on loopback") from None


if "INTENTLOOP_MONGO_URI" not in os.environ:  # a real database may live elsewhere
    sys.addaudithook(_only_loopback)


@pytest.fixture(
    scope="session", params=(os.environ["INTENTLOOP_MONGO_URI"],) if "INTENTLOOP_MONGO_URI" in os.environ else ENGINES
)
def mongo_uri(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URI of a running database: each embedded engine in turn, or the one that the environment names."""
    if request.param not in ENGINES:
        yield request.param
        return
    with mongo_server(request.param, tmp_path_factory.mktemp(request.param)) as uri:
        yield uri


@pytest.fixture(scope="session")
def tiny_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give the tiny bot, trained for real."""
    folder = make_release(tmp_path_factory.mktemp("release") / "tiny", TINY_BOT)
    return load_release(folder, version="1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings that point nowhere outside the test's folder and wait for nothing long."""
    return Settings(_env_file=None, home=tmp_path / "home", mongo_timeout_seconds=3.0, tool_timeout_seconds=2.0)  # type: ignore[call-arg]
