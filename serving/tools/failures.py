"""Why a call failed, in words for the owner of the tool. They quote neither the customer nor the tool."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from serving.tools.guard import AddressRefused, HostUnknown
from serving.tools.mapping import AnswerUnusable

# a gateway's word that it lost the answer, or never got one
_OF_GATEWAYS = frozenset((502, 504, 520, 522, 524, 598, 599))
# said of the sender, of the moment or of a call still running, and so not of the request itself
_NOT_OF_THE_REQUEST = frozenset((401, 403, 407, 408, 409, 421, 423, 425, 429))


class Busy(Exception):
    """The host is busy; `wait_seconds` is how long it asks callers to wait, None if it does not say."""

    def __init__(self, status: int, wait_seconds: float | None) -> None:
        self.status, self.wait_seconds = status, wait_seconds
        super().__init__(f"it answered with status {status}")


def is_refused(error: Exception) -> bool:
    """Whether the guard blocked the call: a retry changes nothing, and the host is not to blame."""
    return isinstance(error.__cause__, AddressRefused)


def is_refusal(status: int) -> bool:
    """Whether a status says that the tool read this very request and refused it."""
    return 400 <= status < 500 and status not in _NOT_OF_THE_REQUEST


@dataclass(slots=True)
class Fate:
    """What may have become of a call, over all of its tries.

    Attributes
    ----------
    is_out
        Whether the current try has begun to send its request.
    is_uncertain
        Whether an earlier try may have acted.
    keeps_answer, answer
        Whether the beginning of an answer that cannot be used is kept for the author, and that of the current try.
    """

    is_out: bool = False
    is_uncertain: bool = False
    keeps_answer: bool = False
    answer: str = ""

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        """Follow a try, as httpcore reports it."""
        if event.endswith("send_request_headers.started"):
            self.is_out = True

    def next_try(self, error: Exception) -> None:
        """Go on to another try after a failed one."""
        self.is_uncertain = self.may_have_acted(error)
        self.is_out = False
        self.answer = ""

    def may_have_acted(self, error: Exception) -> bool:
        """Whether the tool may have done what was asked, although the call ends with this error."""
        if isinstance(error, AnswerUnusable):
            is_settled = error.status is not None and is_refusal(error.status)
            return error.status == 303 or (self.is_uncertain and not is_settled)
        if isinstance(error, Busy):
            return self.is_uncertain or error.status in _OF_GATEWAYS
        is_unsent = not self.is_out or isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol)
        return self.is_uncertain or not is_unsent


def describe(error: Exception) -> str:
    """Describe an HTTP error or `Busy`, continuing "the tool failed:"."""
    text = str(error)
    if isinstance(error.__cause__, AddressRefused):
        # a template cannot make up its host, so this names nothing of the customer's
        allowed = f"INTENTLOOP_TOOL_ALLOWED_HOSTS={error.__cause__.host}"
        endpoint = "{{ endpoints.NAME }}"
        return f"{text} ({allowed}); or begin with {endpoint}, which the operator sets in INTENTLOOP_ENDPOINTS"
    if isinstance(error, Busy) or isinstance(error.__cause__, HostUnknown):
        return text
    if isinstance(error, httpx2.ConnectError):
        is_tls = "SSL" in text or "certificate" in text
        return "its certificate or TLS version is not accepted" if is_tls else "it cannot be reached"
    if isinstance(error, httpx2.TimeoutException):
        return "it did not answer in time"
    if isinstance(error, httpx2.NetworkError) or "disconnected" in text or "peer closed" in text:
        return "the connection broke off before its answer was complete"
    if isinstance(error, httpx2.RemoteProtocolError):
        return "its answer is not valid HTTP"
    return "the request cannot be sent as HTTP; check the URL and the headers of the tool"
