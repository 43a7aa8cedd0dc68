import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path

import httpcore2
import pytest

from serving.tools.guard import AddressRefused, GuardedBackend, HostUnknown, SystemResolver, allowed_origins, is_public
from tests.fakes.tool_server import ToolServer, tool_server

HOSTILE = [
    line.split("\t")[0]
    for line in (Path(__file__).parent / "hostile_addresses.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]
SPELLINGS_OF_LOOPBACK = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0177.0.0.1",
        "0177.1",
        "017700000001",
        "0x7f.0.0.1",
        "0x7f000001",
    ),
    *("0x7f.1", "127.0.0.01", "localhost", "LOCALHOST", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0"),
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.mark.parametrize("address", HOSTILE)
def test_is_public_refuses(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_is_public_allows(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", SPELLINGS_OF_LOOPBACK)
async def test_connect_tcp_refuses_every_spelling_of_loopback(tool: ToolServer, host: str) -> None:
    with pytest.raises(AddressRefused):
        await GuardedBackend(allowed=frozenset()).connect_tcp(host, tool.port)


async def test_connect_tcp_refuses_a_name_with_one_private_address_among_public_ones(tool: ToolServer) -> None:
    async def mixed(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    with pytest.raises(AddressRefused):
        await GuardedBackend(allowed=frozenset(), resolver=mixed).connect_tcp("shop.example", tool.port)


async def test_connect_tcp_dials_what_was_checked_when_the_name_changes(tool: ToolServer) -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["127.9.9.9"]

    backend = GuardedBackend(allowed=frozenset({("shop.example", None)}), resolver=rebinding)
    with pytest.raises(httpcore2.ConnectError):
        await backend.connect_tcp("shop.example", tool.port, timeout=2)
    assert asked == ["shop.example"]
    assert tool.received == []


async def test_connect_tcp_tries_the_next_address(tool: ToolServer) -> None:
    async def two(_host: str, _port: int) -> list[str]:
        return ["127.9.9.9", "127.0.0.1"]

    backend = GuardedBackend(allowed=frozenset({("shop", tool.port)}), resolver=two)
    stream = await backend.connect_tcp("shop", tool.port, timeout=2)
    await stream.aclose()


async def test_connect_tcp_allows_the_operators_port_and_no_other(tool: ToolServer) -> None:
    backend = GuardedBackend(allowed=allowed_origins([f"127.0.0.1:{tool.port}"], []))
    stream = await backend.connect_tcp("127.0.0.1", tool.port)
    await stream.aclose()
    with pytest.raises(AddressRefused):
        await backend.connect_tcp("127.0.0.1", tool.port + 1)


@pytest.mark.parametrize("host", ["a" * 300, "\ud800", "", ".", "1.2.3.4.5.6"])
async def test_connect_tcp_to_a_malformed_name_is_no_crash(host: str) -> None:
    async def unknown(_host: str, _port: int) -> list[str]:
        return []

    with pytest.raises(HostUnknown, match="not known"):
        await GuardedBackend(allowed=frozenset(), resolver=unknown).connect_tcp(host, 80)


async def test_system_resolver_asks_once_for_all_that_wait() -> None:
    resolver = SystemResolver()
    assert await asyncio.gather(*(resolver("127.0.0.1", 80) for _ in range(50))) == [["127.0.0.1"]] * 50
    assert resolver._asking == {}


@pytest.mark.parametrize(
    ("hosts", "endpoints", "origin"),
    [
        (["shop.internal"], [], ("shop.internal", None)),
        (["Shop.Internal:8080"], [], ("shop.internal", 8080)),
        (["10.1.2.3"], [], ("10.1.2.3", None)),
        (["[::1]:8080"], [], ("::1", 8080)),
        (["fd00::5"], [], ("fd00::5", None)),
        ([], ["https://Shop.example/v1"], ("shop.example", 443)),
        ([], ["http://127.0.0.1:8800"], ("127.0.0.1", 8800)),
    ],
)
def test_allowed_origins_reads(hosts: list[str], endpoints: list[str], origin: tuple[str, int | None]) -> None:
    assert allowed_origins(hosts, endpoints) == {origin}
