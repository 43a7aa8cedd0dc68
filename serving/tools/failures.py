"""Why a call failed, in words for the owner of the tool. They quote neither the customer nor the tool."""

import httpx2

from serving.tools.guard import AddressRefused, HostUnknown


class Busy(Exception):
    """The host is busy; `wait_seconds` is how long it asks callers to wait, None if it does not say."""

    def __init__(self, status: int, wait_seconds: float | None) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(f"it answered with status {status}")


def is_refused(error: Exception) -> bool:
    """Whether the guard blocked the call: a retry changes nothing, and the host is not to blame."""
    return isinstance(error.__cause__, AddressRefused)


def describe(error: Exception) -> str:
    """Describe an HTTP error or `Busy`, continuing "the tool failed:"."""
    text = str(error)
    if isinstance(error, Busy) or isinstance(error.__cause__, AddressRefused | HostUnknown):
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
