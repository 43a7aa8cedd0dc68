"""Posts the result of a retraining to the operator's address; a failure to post stops nothing."""

import json
import logging
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

TIMEOUT_SECONDS = 5.0

_log = logging.getLogger(__name__)


def post_notice(url: str, notice: dict[str, Any]) -> bool:
    """Post a small JSON object, whose field `text` chat services show; return whether it was accepted.

    The URL may hold a secret and is not logged.
    """
    body = json.dumps(notice, ensure_ascii=False).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        _log.warning("the notice to INTENTLOOP_NOTIFY_URL was answered with status %d", error.code)
        error.close()
    except (OSError, HTTPException, ValueError) as error:
        _log.warning("the notice to INTENTLOOP_NOTIFY_URL could not be sent: %s", type(error).__name__)
    return False
