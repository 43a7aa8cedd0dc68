"""Where a request comes from, as a browser says it: whether a page of another site has sent it."""

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from pipelines.errors import NotAuthentic, SetupProblem
from pipelines.settings import Settings

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, for everybody who reads it."""
    name = host.strip().lower().strip("[]").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_local(headers: Mapping[str, str]) -> bool:
    """Whether a browser has addressed this machine by its own name, without TLS."""
    origin = headers.get("origin", "")
    return is_loopback(_host_name(headers)) and not origin.startswith("https:")


def require_own_page(headers: Mapping[str, str], *, public_url: str | None) -> None:
    """Refuse a request that does not come from a page of this server.

    A browser sends a session's cookie whoever makes it send a request; what it says about the page, no page can change.
    Raise `NotAuthentic` if that is another one, or nothing is said.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        raise NotAuthentic(
            "a change with a session's cookie must come from a page of this server: the headers `Origin` and "
            "`Sec-Fetch-Site` are missing; programs send `Authorization: Bearer KEY`"
        )
    if site not in (None, "same-origin") or (origin is not None and not _is_own(origin, headers, public_url)):
        raise NotAuthentic("this request comes from a page of another site; open the pages of this server itself")


def refuse_other_pages(headers: Mapping[str, str], *, public_url: str | None) -> None:
    """Raise `NotAuthentic` for a request that says it comes from a page of another site; programs say nothing."""
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise NotAuthentic("this request comes from a page of another site")
    origin = headers.get("origin")
    if origin is not None and not _is_own(origin, headers, public_url):
        raise NotAuthentic("this request comes from a page of another site")


def require_this_machine(headers: Mapping[str, str], *, client: str | None, pages: Collection[str] = ()) -> None:
    """Refuse whatever does not plainly come from this machine, where everybody is an owner.

    A page of another site may send requests here, and its name may lead here (DNS rebinding): then `Host` has its name.
    `pages` are the origins of other pages that the operator has named.
    """
    if client is not None and not is_loopback(client):
        raise NotAuthentic("without sign-in (INTENTLOOP_AUTH=off) only this machine is served")
    if not is_loopback(_host_name(headers)):
        raise NotAuthentic("without sign-in (INTENTLOOP_AUTH=off) open http://127.0.0.1 or http://localhost")
    if any(name in headers for name in _FORWARDED):
        raise NotAuthentic("without sign-in (INTENTLOOP_AUTH=off) no proxy is served; make keys and set it on")
    if _page_of(headers) not in pages:
        refuse_other_pages(headers, public_url=None)


def _page_of(headers: Mapping[str, str]) -> str:
    """Return the origin of the page that sends a request: a link followed from it tells only its address."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower()
    try:
        parts = urlsplit(headers.get("referer", ""))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


def require_loopback_if_off(settings: Settings) -> None:
    """Raise `SetupProblem` if everybody in a network would be an owner."""
    if settings.auth == "off" and not is_loopback(settings.host):
        raise SetupProblem(
            f"INTENTLOOP_AUTH=off makes everybody an owner, and INTENTLOOP_HOST={settings.host} is reached from other "
            f"machines; listen on 127.0.0.1, or set INTENTLOOP_AUTH=on and make keys with `intentloop keys create`"
        )


def _is_own(origin: str, headers: Mapping[str, str], public_url: str | None) -> bool:
    """Whether an origin is this server: the address that the browser uses, over TLS unless on this machine."""
    found = _address(origin)
    if found is None:
        return False
    if public_url is not None and found == _address(public_url):
        return True
    scheme = found[0]
    is_safe = scheme == "https" or is_loopback(_host_name(headers))
    return is_safe and found == _address(f"{scheme}://{headers.get('host', '')}")


def _address(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _host_name(headers: Mapping[str, str]) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""
