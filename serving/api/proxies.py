"""The reverse proxies whose word on a client's address counts."""

from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

LOOPBACK = ("127.0.0.0/8", "::1")


class TrustedProxies:
    """Addresses, networks and names of proxies; `host in proxies` tells whether it is one.

    With `*` every client is believed, so only loopback is known to be a proxy.
    """

    def __init__(self, named: Iterable[str]) -> None:
        self._names = frozenset(named)
        self._networks: list[IPv4Network | IPv6Network] = []
        for name in (*LOOPBACK, *self._names) if "*" in self._names else self._names:
            with suppress(ValueError):
                self._networks.append(ip_network(name, strict=False))
        self._known: dict[str, bool] = {}

    def __contains__(self, host: str) -> bool:
        known = self._known.get(host)
        if known is None:
            if len(self._known) > 1000:
                self._known.clear()
            known = self._known[host] = self._is_one(host)
        return known

    def _is_one(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return host in self._names and host != "*"
        return any(address in network for network in self._networks)
