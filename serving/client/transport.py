"""Requests to the admin API: with a key, in time, and sent again where that is safe."""

import math
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from pipelines.errors import ApiError, ApiUnavailable, EditedMeanwhile
from serving.retry import Retries, retry_after_seconds

_RETRIES = Retries(max_tries=4, first_seconds=0.5)
_AGAIN = frozenset((429, 502, 503, 504))
_LONGEST_WAIT_SECONDS = 30.0
_PAGE = 200

Json = Any
Params = Mapping[str, object]


class Transport:
    """Sends requests.

    What fails on the way is sent again: reads, writes that say what they replace, and each `POST` under an
    `Idempotency-Key` of its own, so that nothing is done twice.
    """

    def __init__(self, url: str, *, key: str | None, timeout_seconds: float) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self._http = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout_seconds)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request and return its response. Raises `ApiError`; nothing but 2xx is returned."""
        sent = dict(headers or {})
        if method == "POST":
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        given = {name: _parameter(value) for name, value in (params or {}).items() if value is not None}
        for number in range(1, _RETRIES.max_tries + 1):
            asked = None
            try:
                response = self._http.request(method, path, params=given, json=json, headers=sent)
            except httpx2.TransportError as error:
                failure: ApiError = ApiUnavailable(0, "unreachable", f"{self.url} does not answer: {error}")
            else:
                if response.is_success:
                    return response
                failure = _error_of(response)
                asked = retry_after_seconds(response.headers.get("retry-after"))
                if response.status_code not in _AGAIN and failure.error != "under_way":
                    raise failure
            seconds = _RETRIES.seconds_after(number, asked=asked)
            if math.isinf(seconds) or seconds > _LONGEST_WAIT_SECONDS:
                raise failure
            time.sleep(seconds)
        raise AssertionError("unreachable")

    def get(self, path: str, **params: object) -> Json:
        """Return what is at a path."""
        return self.request("GET", path, params=params).json()

    def pages(self, path: str, params: Params, *, most: int | None = None, items: str = "items") -> Iterator[Json]:
        """Yield the items of a list, page after page, at most so many; `items` is the field that a page has them in."""
        cursor, left = None, math.inf if most is None else most
        while left > 0:
            page = self.get(path, **{**params, "cursor": cursor, "limit": int(min(left, _PAGE))})
            yield from page[items]
            cursor, left = page["next"], left - len(page[items])
            if cursor is None:
                return

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _parameter(value: object) -> str | list[str]:
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error_of(response: httpx2.Response) -> ApiError:
    try:
        body = response.json()
        error, detail = str(body["error"]), str(body["detail"])
    except (ValueError, KeyError, TypeError):
        body, error, detail = {}, "unknown", f"the server answered {response.status_code} without a reason"
    status = response.status_code
    if status == 412:
        return EditedMeanwhile(status, error, detail, current=body.get("current"), etag=response.headers.get("etag"))
    return (ApiUnavailable if status in _AGAIN else ApiError)(status, error, detail)
