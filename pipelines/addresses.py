"""Which addresses a setting may have."""

from urllib.parse import urlsplit


def is_plain_address(address: str) -> bool:
    """Whether a text is an http address without credentials."""
    try:
        parts = urlsplit(address)
        is_plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond all ports
        return False
    return is_plain and not (parts.username or parts.password)


def is_safe_address(address: str) -> bool:
    """Whether what is read from an address can be trusted: over TLS, or from this machine."""
    parts = urlsplit(address)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return (parts.scheme == "https" or is_here) and not (parts.query or parts.fragment)


def is_scheduler_address(address: str) -> bool:
    """Whether a text is the address of a Dask scheduler."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("tcp", "tls") and bool(parts.hostname) and parts.port is not None
    except ValueError:  # a port beyond all ports
        return False
