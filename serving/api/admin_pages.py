"""The admin pages: static files at `/admin/`, compressed once, and cached for ever under the hash of their content."""

import gzip
import hashlib
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from serving.api.security_headers import Headers, page_headers

PAGES = Path(__file__).parents[1] / "static" / "admin"
ADMIN_PATH = "/admin/"
_SOURCES = "script-src 'self'; style-src 'self'; img-src 'self'"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_CURRENT = "current"
"""In the files, the folder of assets whose content may change."""
_PAGE = re.compile(r"pages/[^/]+/page\.js")
_FOR_EVER = "public, max-age=31536000, immutable"
_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}/[\w./-]+\.js)["']""")


@dataclass(frozen=True)
class _Asset:
    content: bytes
    compressed: bytes
    content_type: str


class AdminPages:
    """All files of the pages in memory, small as they are. `router` serves them.

    The page offers to sign in with the organisation only if that is set up (`has_organisation`).
    """

    def __init__(self, folder: Path = PAGES, *, has_organisation: bool = False) -> None:
        found = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
        content_by_path = {path: file.read_bytes() for path, file in found.items() if file.suffix in _TYPES}
        self.digest = hashlib.sha256(b"".join(f"{p}\0".encode() + c for p, c in content_by_path.items())).hexdigest()[
            :12
        ]
        index = content_by_path.pop("index.html").decode("utf-8")
        index = index.replace("</head>", f'<meta name="sign-in" content="{_ways(has_organisation)}">\n</head>')
        self._index = _asset("index.html", self._with_preloads(index, content_by_path).encode())
        self._assets = {path: _asset(path, content) for path, content in content_by_path.items()}
        self.router = APIRouter()
        self.router.add_api_route(ADMIN_PATH, self._show, methods=["GET"], include_in_schema=False)
        self.router.add_api_route(ADMIN_PATH.rstrip("/"), self._redirect, methods=["GET"], include_in_schema=False)
        self.router.add_api_route(
            ADMIN_PATH + "assets/{digest}/{path:path}", self._bring, methods=["GET"], include_in_schema=False
        )

    @property
    def headers(self) -> Headers:
        """The headers of the page: own files alone, nothing inline."""
        return page_headers(self._index.content.decode("utf-8"), more=_SOURCES)

    def files(self) -> dict[str, bytes]:
        """Return every file under its path on this server, for whoever serves the pages in its place."""
        folder = f"{ADMIN_PATH.lstrip('/')}assets/{self.digest}"
        assets = {f"{folder}/{path}": asset.content for path, asset in self._assets.items()}
        return {f"{ADMIN_PATH.lstrip('/')}index.html": self._index.content, **assets}

    def _with_preloads(self, index: str, content_by_path: dict[str, bytes]) -> str:
        """Name every module that the entry and each page need, so that a browser asks for all of them at once."""
        entry = _needed("app.js", content_by_path)
        pages = {path.split("/")[1]: path for path in content_by_path if _PAGE.fullmatch(path)}
        more = {
            name: [each for each in _needed(path, content_by_path) if each not in entry] for name, path in pages.items()
        }
        links = "".join(f'<link rel="modulepreload" href="assets/{_CURRENT}/{path}">\n' for path in entry)
        links += f'<meta name="modules" content="{html.escape(json.dumps(more, separators=(",", ":")))}">\n'
        return index.replace("</head>", f"{links}</head>").replace(f"assets/{_CURRENT}/", f"assets/{self.digest}/")

    async def _show(self, request: Request) -> Response:
        return _answer(request, self._index, cache="no-cache")

    async def _redirect(self) -> Response:
        return RedirectResponse(ADMIN_PATH, status_code=308)

    async def _bring(self, request: Request, digest: str, path: str) -> Response:
        asset = self._assets.get(path)
        if asset is None or digest not in (self.digest, _CURRENT):
            # a page of another version of the server must not mix files of two
            return Response("There is no such file; load the page again.", status_code=404, media_type="text/plain")
        return _answer(request, asset, cache=_FOR_EVER if digest == self.digest else "no-cache")


def _ways(has_organisation: bool) -> str:
    return "key organisation" if has_organisation else "key"


def _needed(entry: str, content_by_path: dict[str, bytes]) -> list[str]:
    """Return the modules that are imported at once, directly or not, and not those that are loaded later."""
    found: list[str] = []
    waiting = [entry]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        found.append(path)
        source = re.sub(r"\bimport\s*\(", "later(", content_by_path[path].decode("utf-8"))
        for relative in _IMPORT.findall(source):
            waiting.append(_resolved(path, relative))
    return found


def _resolved(importer: str, relative: str) -> str:
    parts = importer.split("/")[:-1]
    for part in relative.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _asset(path: str, content: bytes) -> _Asset:
    return _Asset(content, gzip.compress(content, mtime=0), _TYPES[Path(path).suffix])


def _answer(request: Request, asset: _Asset, *, cache: str) -> Response:
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding", "Content-Type": asset.content_type}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.content, headers=headers)
    return Response(asset.compressed, headers={**headers, "Content-Encoding": "gzip"})
