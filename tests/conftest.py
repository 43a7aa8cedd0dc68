"""What every test may use, and the guard that keeps tests on this machine."""

import ipaddress
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import monitoring

from pipelines.registry.release import Release, load_release
from pipelines.settings import Settings
from serving.store.client import Database
from tests.support.bots import TINY_BOT
from tests.support.commands import CommandWatch
from tests.support.releases import make_release
from tests.support.servers import ENGINES, mongo_server

_STORE_TESTS = Path(__file__).parent / "serving" / "store"
_ON_EVERY_ENGINE = ("test_exactly_once.py", "test_webhooks_survive.py", "forget/test_store.py")
REAL_DATABASE = os.environ.get("INTENTLOOP_MONGO_URI")


def _is_loopback(host: object) -> bool:
    if host is None or (isinstance(host, str | bytes) and host.lower() in ("", "localhost", b"", b"localhost")):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    """Tell whether a host is an address in any spelling (`127.1`, `0x7f000001`), which no name server is asked for."""
    with suppress(OSError):
        return bool(socket.inet_aton(host))
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections to other machines, and questions to a name server."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise RuntimeError(f"a test may not connect to {address[0]!r}; use a server on loopback")
    elif event == "socket.getaddrinfo" and not _is_loopback(arguments[0]) and not _is_address(str(arguments[0])):
        raise RuntimeError(f"a test may not look up {arguments[0]!r}; use a server on loopback")


if REAL_DATABASE is None:  # a real database may live elsewhere
    sys.addaudithook(_only_loopback)

# A suite that was started in the background ignores Ctrl-C, and so would every process it starts.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)

# Registered before any client is made, so that no command of the suite goes unseen.
WATCH = CommandWatch()
monitoring.register(WATCH)


@pytest.fixture(autouse=True)
def commands() -> Iterator[CommandWatch]:
    """Fail a test that sent a command which DocumentDB would not take; gives what was sent so far."""
    WATCH.problems.clear()
    WATCH.names.clear()
    yield WATCH
    assert WATCH.problems == []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a database process, and run those with a browser last.

    A browser that is open keeps a loop running in this thread, in which no other could: those that share one for the
    whole session come at the very end.
    """
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, "platform" in _fixtures_of(item)))
    for item in items:
        if "mongo_uri" in _fixtures_of(item):
            item.add_marker(pytest.mark.integration)


def _fixtures_of(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def _engines_for(file: Path) -> tuple[str, ...]:
    """Choose the databases that a file's tests run against: every engine where what is stored is what is tested."""
    if REAL_DATABASE:
        return (REAL_DATABASE,)
    is_of_store = file.is_relative_to(_STORE_TESTS) or file.as_posix().endswith(_ON_EVERY_ENGINE)
    return ENGINES if is_of_store else ENGINES[:1]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that need a database against the right ones, unless they say themselves."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "mongo_uri" in metafunc.fixturenames and not any(mark.args[0] == "mongo_uri" for mark in marks):
        engines = _engines_for(metafunc.definition.path)
        metafunc.parametrize("mongo_uri", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def mongo_uri(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URI of a running database: an embedded engine's, or the one that the environment names."""
    if request.param not in ENGINES:
        yield request.param
        return
    with mongo_server(request.param, tmp_path_factory.mktemp(request.param)) as uri:
        yield uri


@pytest.fixture
async def database(mongo_uri: str) -> AsyncIterator[Database]:
    """Give a connection to a running database. Tests share it: use names of your own (`new_name`)."""
    database = Database(mongo_uri, name="intentloop_test", timeout_seconds=5.0)
    yield database
    database.close()


@pytest.fixture
def new_name() -> str:
    """Give a name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def tiny_release_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the release folder of the tiny bot, trained for real."""
    return make_release(tmp_path_factory.mktemp("release") / "tiny", TINY_BOT)


@pytest.fixture(scope="session")
def tiny_release(tiny_release_folder: Path) -> Release:
    """Give the tiny bot's release."""
    return load_release(tiny_release_folder, version="1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings that point nowhere outside the test's folder and wait for nothing long."""
    home = tmp_path / "home"
    return Settings(_env_file=None, home=home, mongo_timeout_seconds=3.0, tool_timeout_seconds=2.0)  # type: ignore[call-arg]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave 3 MB on every disk, as far as whoever asks is told."""
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=3 * 2**20))
