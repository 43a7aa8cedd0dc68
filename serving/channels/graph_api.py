"""Messenger's Send API: one request per message, retried where that can help."""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from urllib.parse import quote

import httpx2
from pydantic import JsonValue

from pipelines.errors import DeliveryFailed, DeliveryRefused
from serving.retry import Retries, retry_after_seconds

CHANNEL = "facebook"
MAX_TRIES = 3
RETRY_SECONDS = 1.0
MAX_WAIT_SECONDS = 4.0
TRY_SECONDS = 8.0
_MAX_NAME_CHARS = 200

# https://developers.facebook.com/docs/messenger-platform/error-codes: the platform is busy or rate-limits us.
# Some of these come with status 400.
_TEMPORARY_CODES = frozenset((2, 4, 17, 32, 341, 613, 1200, 80006))


def threads_of_sender(sender: str) -> str:
    """Return a regular expression that matches the ids of a sender's threads.

    On the REST channel the caller chooses the thread's id, and no other identity is known. On Messenger a thread id is
    made of the page and the customer's id on that page.
    """
    return rf"^({re.escape(sender)}|{CHANNEL}:[A-Za-z0-9_-]+:{re.escape(sender)})$"


class GraphApi:
    """Posts to the Graph API; `base_url` includes its version."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        base_url: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._sleep = sleep

    async def post_message(
        self,
        page: str,
        fields: Mapping[str, JsonValue],
        *,
        token: str,
        app_secret: str,
        max_tries: int = MAX_TRIES,
    ) -> None:
        """Post to a page's messages.

        Parameters
        ----------
        fields
            The form fields; objects are sent as JSON.
        token
            The page's access token. It goes into the body, never into the address, which programs tend to log.
        app_secret
            The app's secret, which is not sent: it proves that the app owns the token. Empty if unknown; an app that
            requires the proof is then refused.
        max_tries
            Attempts while the platform is busy.

        Raises
        ------
        DeliveryRefused
            The platform will never accept it.
        DeliveryFailed
            It might accept it later. After a timeout, whether it was accepted is unknown.
        """
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
        form["access_token"] = token
        if app_secret:
            form["appsecret_proof"] = _proof(token, app_secret)
        url = f"{self._base_url}/{quote(page, safe='')}/messages"
        retries = Retries(max_tries, RETRY_SECONDS)
        for number in count(1):
            try:
                return await self._post(url, form)
            except DeliveryRefused:
                raise
            except DeliveryFailed as error:
                seconds = retries.seconds_after(number, asked=error.retry_after_seconds)
                if seconds > MAX_WAIT_SECONDS or isinstance(error.__cause__, TimeoutError):
                    raise
            await self._sleep(seconds)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def page_of(self, token: str, *, app_secret: str) -> str:
        """Return the name of the page that a token is of; one attempt, which raises as `post_message` does."""
        if not token.isascii():
            raise DeliveryRefused(CHANNEL, "the token has characters that no token has")
        proof = {"appsecret_proof": _proof(token, app_secret)} if app_secret else {}
        response = await self._send(
            self._http.build_request(
                "GET",
                f"{self._base_url}/me",
                params={"fields": "name", **proof},
                headers={"Authorization": f"Bearer {token}"},
            )
        )
        try:
            name = response.json()["name"]
        except (ValueError, RecursionError, LookupError, TypeError):
            return ""
        return name[:_MAX_NAME_CHARS] if isinstance(name, str) else ""

    async def _post(self, url: str, form: dict[str, str]) -> None:
        await self._send(self._http.build_request("POST", url, data=form))

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(TRY_SECONDS):
                response = await self._http.send(request)
        except TimeoutError as error:
            raise DeliveryFailed(CHANNEL, f"no answer within {TRY_SECONDS:g} s") from error
        except httpx2.HTTPError as error:
            raise DeliveryFailed(CHANNEL, type(error).__name__) from error
        if not response.is_success:
            raise _failure(response)
        return response


def _proof(token: str, app_secret: str) -> str:
    """Return the `appsecret_proof` of https://developers.facebook.com/docs/graph-api/guides/secure-requests."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _failure(response: httpx2.Response) -> DeliveryFailed:
    """Classify an error response. The platform's own message is left out: it may quote the token."""
    code, subcode, is_transient = _error_of(response)
    reason = f"status {response.status_code}, code {code}, subcode {subcode}"
    if is_transient or code in _TEMPORARY_CODES or response.status_code == 429 or response.status_code >= 500:
        seconds = retry_after_seconds(response.headers.get("retry-after"))
        return DeliveryFailed(CHANNEL, reason, retry_after_seconds=seconds)
    return DeliveryRefused(CHANNEL, reason)


def _error_of(response: httpx2.Response) -> tuple[int | None, int | None, bool]:
    try:
        error = response.json()["error"]
        code, subcode = error.get("code"), error.get("error_subcode")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None, None, False
    return (
        code if isinstance(code, int) else None,
        subcode if isinstance(subcode, int) else None,
        error.get("is_transient") is True,
    )
