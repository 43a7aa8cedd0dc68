"""Which addresses a tool may reach, decided at connect time on the address that is dialled.

A name is resolved here, all of its addresses are checked, and the checked address itself is dialled. So a name that
resolves differently the second time gains nothing, and neither do other spellings of an address (`2130706433`,
`0177.0.0.1`, `::ffff:127.0.0.1`), since the resolver has normalised them.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpcore2

IpAddress = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

# allowed by `is_global`, although no customer's tool lives there
_REFUSED_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # the platform address inside every Azure network
        "192.0.0.0/24",  # protocol assignments, Oracle's metadata address among them
        "192.88.99.0/24",  # former 6to4 relays
        "::/96",  # IPv4-compatible, long dead
        "64:ff9b:1::/48",  # local NAT64
        "fec0::/10",  # site-local, long dead
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
    )
)
_NAT64 = ip_network("64:ff9b::/96")


SETTINGS_PLACE = "settings.env of the server's home folder"
"""How a message names the file that only an operator may know the place of."""


class AddressRefused(httpcore2.ConnectError):
    """The guard does not let this host be reached; the message does not name it, `host` does."""

    is_for_good = True

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            "its host is not on the public internet; the operator can allow it: add it to "
            f"INTENTLOOP_TOOL_ALLOWED_HOSTS in {SETTINGS_PLACE}, make that file if there is none, and start the server "
            "again"
        )


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that packets to an IPv6 address reach."""
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [found for found in inner if found is not None]


def is_public(address: IpAddress) -> bool:
    """Whether an address is on the open internet: not private, loopback, link-local, metadata or reserved."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        embedded = _embedded(address)
        if embedded:
            return all(is_public(inner) for inner in embedded)
    if any(address.version == network.version and address in network for network in _REFUSED_NETWORKS):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class HostUnknown(httpcore2.ConnectError):
    """No name server knows an address of this host."""


class SystemResolver:
    """Resolves hosts through the system, in its order of preference.

    It has its own threads and runs one lookup per host at a time: a hanging name server delays only the calls to its
    host.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="tool-names")
        self._asking: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses; none for an unknown name."""
        asking = self._asking.get((host, port))
        if asking is None:
            asking = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
            self._asking[host, port] = asking
            asking.add_done_callback(lambda _: self._asking.pop((host, port), None))
        return await asyncio.shield(asking)


def _look_up(host: str, port: int) -> list[str]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def allowed_origins(hosts: Iterable[str], endpoints: Iterable[str]) -> frozenset[tuple[str, int | None]]:
    """Return the operator's exceptions as host and port, where None stands for every port.

    `hosts` are names or addresses, with or without a port; an IPv6 address with a port needs brackets. `endpoints` are
    base URLs, whose hosts are allowed too.
    """
    origins: set[tuple[str, int | None]] = set()
    for host in hosts:
        is_bare_ipv6 = host.count(":") > 1 and not host.startswith("[")
        parts = urlsplit(f"//[{host}]" if is_bare_ipv6 else f"//{host}")
        origins.add(((parts.hostname or "").lower(), parts.port))
    for endpoint in endpoints:
        parts = urlsplit(endpoint)
        default = 443 if parts.scheme == "https" else 80
        origins.add(((parts.hostname or "").lower(), parts.port or default))
    return frozenset(origins)


class WatchedStream(httpcore2.AsyncNetworkStream):
    """A connection that knows whether its peer has said anything since the last request.

    Attributes
    ----------
    has_answered
        Whether something was read after the last write. What stands in the buffer without it is not an answer to that
        request: the tool has answered an earlier one twice.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self.has_answered = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore2's
        """Read some bytes."""
        found = await self._stream.read(max_bytes, timeout)
        self.has_answered = True
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore2's
        """Write bytes."""
        self.has_answered = False
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
    ) -> httpcore2.AsyncNetworkStream:
        """Go on encrypted."""
        return WatchedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return what is known about the connection."""
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections to public addresses and to the operator's exceptions only.

    `allowed` comes from `allowed_origins`; `resolver` is the system's by default.
    """

    def __init__(self, *, allowed: frozenset[tuple[str, int | None]], resolver: Resolve | None = None) -> None:
        self._allowed = allowed
        self._resolve = resolver or SystemResolver()
        self._sockets = httpcore2.AnyIOBackend()

    def is_named(self, host: str, port: int) -> bool:
        """Whether the operator has configured this host, as an endpoint or as an exception."""
        name = host.lower()
        return (name, port) in self._allowed or (name, None) in self._allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, check every address, then try the checked ones in turn."""
        addresses = await self._resolve(host, port)
        if not self.is_named(host, port) and not all(is_public(ip_address(found)) for found in addresses):
            raise AddressRefused(host)
        failure: httpcore2.ConnectError = HostUnknown("the name of its host is not known")
        for address in addresses:
            try:
                stream = await self._sockets.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
                return WatchedStream(stream)
            except httpcore2.ConnectError as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._sockets.sleep(seconds)
