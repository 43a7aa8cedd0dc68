"""MLflow's webhook for moved aliases. It only wakes the release provider, which polls the registry itself.

MLflow sends it at most a few times, to one process, and not at all for stages; correctness rests on polling.
"""

import base64
import hashlib
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from pipelines.errors import NotAuthentic
from serving.api.errors import ErrorBody
from serving.dialogue.services import Services

WINDOW_SECONDS = 300
"""Allowed age of a delivery, including clock differences."""
ENTITY = "model_version_alias"
_MAX_KNOWN = 10_000
_MAX_ID_CHARS = 200
_MOMENT = re.compile("[0-9]{1,12}")


class SignedWebhook:
    """Authenticates MLflow's deliveries, and tells new ones from repeated ones.

    Parameters
    ----------
    secret
        The one that the webhook was registered with.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._seen_until: OrderedDict[str, float] = OrderedDict()

    def accept(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> bool:
        """Check a delivery; True for a new one, False for a repeated one.

        Raise `NotAuthentic` if the signature is missing, wrong or too old. `headers` are by name, in any case.
        """
        delivery, moment = headers.get("x-mlflow-delivery-id", ""), headers.get("x-mlflow-timestamp", "")
        signed = b".".join((delivery.encode("latin-1"), moment.encode("latin-1"), body))
        digest = hmac.new(self._secret, signed, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        given = headers.get("x-mlflow-signature", "").encode("latin-1")
        if not delivery or len(delivery) > _MAX_ID_CHARS or not hmac.compare_digest(given, expected):
            raise NotAuthentic("the signature is missing or wrong; compare the webhook's secret on the two sides")
        seconds = now.timestamp()
        if not _MOMENT.fullmatch(moment) or abs(seconds - int(moment)) > WINDOW_SECONDS:
            raise NotAuthentic("the delivery is too old or from the future; compare the clocks of the two sides")
        return self._remember(delivery, seconds)

    def _remember(self, delivery: str, seconds: float) -> bool:
        while self._seen_until and (
            len(self._seen_until) >= _MAX_KNOWN or next(iter(self._seen_until.values())) < seconds
        ):
            self._seen_until.popitem(last=False)
        if delivery in self._seen_until:
            return False
        # A delivery may be dated ahead by the window, and stays valid for as long again.
        self._seen_until[delivery] = seconds + 2 * WINDOW_SECONDS
        return True


router = APIRouter(tags=["operation"])


@router.post(
    "/webhooks/mlflow",
    summary="Receive moved aliases from MLflow",
    responses={
        403: {"model": ErrorBody, "description": "The signature is missing, wrong or too old."},
        404: {"model": ErrorBody, "description": "No secret is set."},
    },
)
async def hear_from_mlflow(request: Request) -> dict[str, str]:
    """Poll now. Deliveries must be signed; without a secret in the settings the path does not exist."""
    webhook: SignedWebhook | None = request.app.state.mlflow_webhook
    if webhook is None:
        raise HTTPException(404)
    services: Services = request.app.state.services
    body = await request.body()
    if not webhook.accept(body, request.headers, now=services.now()):
        return {"status": "known"}
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
    if not isinstance(event, dict) or event.get("entity") != ENTITY:
        return {"status": "ignored"}
    services.releases.wake()
    return {"status": "ok"}
