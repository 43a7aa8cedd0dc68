"""The origins of pages: `https://shop.example`, or `https://*.shop.example` for every subdomain."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_RULE = "an origin is `https://HOST` or `https://HOST:PORT`, without a path; `https://*.HOST` names every subdomain"


def read_origin(written: str) -> str:
    """Return an origin as browsers write it; raise `ValueError` if it is none, or names every site."""
    parts = urlsplit(written.strip().removesuffix("/"))
    try:
        port = parts.port
    except ValueError:
        port = -1
    is_plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not is_plain or port == -1:
        raise ValueError(_RULE)
    host = _ascii_host(parts.hostname)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS[parts.scheme]) else "")


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    wildcard, rest = ("*.", host.removeprefix("*.")) if host.startswith("*.") else ("", host)
    try:
        rest = rest if rest.isascii() else rest.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(_RULE) from error
    labels = rest.lower().split(".")
    if not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(_RULE)
    if wildcard and len(labels) < 2:
        raise ValueError("a wildcard needs a domain of your own after it: `https://*.shop.example`")
    return wildcard + ".".join(labels)


def is_allowed(origin: str, allowed: Iterable[str]) -> bool:
    """Whether a page's origin, as its browser sends it, is one of those allowed."""
    origin = origin.strip().lower()
    return any(origin == each or ("://*." in each and _is_subdomain(origin, each)) for each in allowed)


def _is_subdomain(origin: str, pattern: str) -> bool:
    scheme, _, domain = pattern.partition("://*")
    scheme_of, _, host = origin.partition("://")
    # a `/` or `@` in what a client made up must not pass for a host
    name = host.removesuffix(domain)
    return scheme == scheme_of and host.endswith(domain) and all(map(_LABEL.fullmatch, name.split(".")))
