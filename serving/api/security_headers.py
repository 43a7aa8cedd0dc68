"""What every response tells a browser: load nothing, be in nobody's frame, guess no type, tell no other site."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _headers(policy: str) -> Headers:
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )


DATA_HEADERS = _headers(_NOTHING)
"""For what is no page."""


def page_headers(html: str, *, more: str = "") -> Headers:
    """Return the headers of a page: it may run its own inline scripts and styles, and call this server.

    `more` are sources in addition, such as `script-src 'self'`; each begins with its directive and ends in a semicolon.
    """
    sources = {"script": set[str](), "style": set[str]()}
    for kind, hashed in _inline_sources(html):
        sources[kind].add(hashed)
    for directive in filter(None, map(str.strip, more.split(";"))):
        name, *values = directive.split()
        sources.setdefault(name.removesuffix("-src"), set()).update(values)
    sources.setdefault("connect", set()).add("'self'")
    sources.setdefault("img", set()).add("data:")
    policy = [f"{kind}-src {' '.join(sorted(found))}" for kind, found in sources.items() if found]
    return _headers("; ".join((_NOTHING, *policy)))


def framed(headers: Headers, ancestors: Sequence[str]) -> Headers:
    """Return a page's headers so that pages of these origins may show it in a frame."""
    if not ancestors:
        return headers
    nobody, allowed = b"frame-ancestors 'none'", f"frame-ancestors {' '.join(ancestors)}".encode()
    # X-Frame-Options can name no origins; browsers that know both go by the policy
    return tuple((name, value.replace(nobody, allowed)) for name, value in headers if name != b"x-frame-options")


def _inline_sources(html: str) -> Iterator[tuple[str, str]]:
    for kind, content in _INLINE.findall(html):
        yield kind, f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


class SecurityHeaders:
    """Adds the headers to every response, errors included. Place it around everything else.

    `headers_by_path` are those of pages, which need more than data; `headers_of` returns those of pages with a name in
    their path. `ancestors_of` returns the origins of pages that may show one in a frame.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        headers_by_path: Mapping[str, Headers],
        headers_of: Callable[[Scope], Headers | None] = lambda _: None,
        ancestors_of: Callable[[Scope], Sequence[str]] = lambda _: (),
    ) -> None:
        self._app = app
        self._headers_by_path, self._headers_of = headers_by_path, headers_of
        self._ancestors_of = ancestors_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        page = self._headers_by_path.get(scope["path"]) or self._headers_of(scope)
        headers = DATA_HEADERS if page is None else framed(page, self._ancestors_of(scope))

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self._app(scope, receive, adding)
