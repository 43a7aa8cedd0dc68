"""One bot of a running server."""

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipelines.errors import ApiError
from serving.client.tables import frame
from serving.client.transport import Json, Params, Transport

if TYPE_CHECKING:
    import pandas as pd

_LOOK_SECONDS = 1.0
_TRAINING_ENDED = ("done", "failed", "cancelled", "refused")
Shown = Callable[[str, float], None]
"""Is told the current step and the share that is done, from 0 to 1."""


class BotClient:
    """A bot: what authors write, what customers say, and its releases. Tables have a row for each item."""

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport, self.name = transport, name
        self._path = f"/api/v1/bots/{quote(name, safe='')}"

    def __repr__(self) -> str:
        return f"Client({self._transport.url!r}).bot({self.name!r})"

    def say(self, text: str, *, thread: str, context: dict[str, Any] | None = None) -> list[str]:
        """Send a customer's message, and return the texts of the replies. It is a real conversation."""
        body = {"thread_id": thread, "text": text, "context": context or {}, "message_id": uuid.uuid4().hex}
        answer = self._post("messages", body)
        return [reply["text"] for reply in answer["replies"]]

    def try_message(self, text: str, *, release: str | int = "live", **fields: Any) -> Json:
        """Return what a release or the `draft` would answer, and why; customers' figures do not see it.

        `fields` are those of `POST .../try`, such as `thread_id` to go on, or `tools="called"`.
        """
        return self._post("try", {"text": text, "release": str(release), **fields})

    def intents(self, **filters: object) -> "pd.DataFrame":
        """Return the intents of the draft."""
        return self._table("intents", filters)

    def intent(self, intent_id: str) -> tuple[Json, str]:
        """Return an intent of the draft, and the ETag that `put_intent` needs."""
        response = self._transport.request("GET", f"{self._path}/intents/{quote(intent_id, safe='')}")
        return response.json(), response.headers["etag"]

    def put_intent(self, intent_id: str, intent: Json, *, etag: str = "*") -> Json:
        """Replace an intent. Raises `EditedMeanwhile` if it is no longer what `etag` was read with."""
        path = f"{self._path}/intents/{quote(intent_id, safe='')}"
        return self._transport.request("PUT", path, json=intent, headers={"If-Match": etag}).json()

    def examples(self, *, most: int | None = None, **filters: object) -> "pd.DataFrame":
        """Return the examples of the draft: `text`, `intent` and `entity` filter."""
        return self._table("examples", filters, most=most)

    def draft(self) -> Json:
        """Return the draft as a bot file."""
        return self._transport.get(f"{self._path}/draft")

    def import_draft(self, bot_file: Json, *, replace: bool = False) -> Json:
        """Merge a bot file into the draft, or `replace` it, and return what changed."""
        method = "PUT" if replace else "PATCH"
        headers = {"If-Match": "*"}
        return self._transport.request(method, f"{self._path}/draft", json=bot_file, headers=headers).json()

    def validate(self, *, shown: Shown | None = None) -> Json:
        """Check the draft as a training would, and return the findings."""
        return self._finished(self._post("draft/validate", {}), shown)["result"]

    def train(self, *, shown: Shown | None = None) -> Json:
        """Train the bot, wait for the end and return the training; `state` and `reason` say how it went."""
        training = self._post("trainings", None)
        while training["state"] not in _TRAINING_ENDED:
            if shown is not None:
                shown(training["step"], training["share"])
            time.sleep(_LOOK_SECONDS)
            training = self._transport.get(f"{self._path}/trainings/{training['id']}")
        return training

    def releases(self) -> "pd.DataFrame":
        """Return the versions, newest first, with their verdicts and figures."""
        return self._table("releases", {}, times=("registered_at", "promoted_at"))

    def promote(self, version: str | int, *, why: str = "") -> Json:
        """Let a version answer customers; the journal keeps `why`."""
        return self._post(f"releases/{version}/promote", {"why": why})

    def roll_back(self, *, why: str = "") -> Json:
        """Let the version answer that did before; the journal keeps `why`."""
        return self._post("releases/rollback", {"why": why})

    def conversations(self, *, most: int | None = 1000, **filters: object) -> "pd.DataFrame":
        """Return conversations, newest first, each by the newest of its turns that fits.

        The filters are those of `GET .../conversations`, such as `text`, `intent`, `route`, `min_confidence`, `since`.
        """
        return self._table("conversations", filters, most=most, times=("said_at",))

    def turns(self, thread_id: str) -> "pd.DataFrame":
        """Return the turns of a conversation, in order, each with what decided it."""
        rows: list[Json] = []
        cursor = None
        while True:
            page = self._transport.get(f"{self._path}/conversations/{quote(thread_id, safe='')}", cursor=cursor)
            rows += page["turns"]
            cursor = page["next"]
            if cursor is None:
                return frame(rows, times=("said_at",))

    def figures(self, **filters: object) -> "pd.DataFrame":
        """Return the figures of each day and release; `since` and `until` are days.

        A share has its 95 % interval beside it: `fallback`, `fallback_low`, `fallback_high`.
        """
        found = self._transport.get(f"{self._path}/analytics", **filters)
        while not found["is_complete"]:
            found = self._transport.get(f"{self._path}/analytics", **filters)
        rows = (
            {"day": day["day"], "release": each["release"], **_flat(each["figures"])}
            for day in found["days"]
            for each in day["releases"]
        )
        return frame(rows, times=("day",))

    def labels(self, *, most: int | None = None, **filters: object) -> "pd.DataFrame":
        """Return the labelling queue: `status`, `intent` and `source` filter."""
        rows = self._transport.pages(f"{self._path}/labels", filters, most=most, items="labels")
        return frame(rows, times=("decided_at",))

    def decide(self, key: str, **decision: Any) -> Json:
        """Decide a label, as `decide("...", status="accepted", intent_id="greet")`."""
        return self._post(f"labels/{quote(key, safe='')}/decision", decision)

    def _post(self, path: str, body: Json) -> Json:
        return self._transport.request("POST", f"{self._path}/{path}", json=body).json()

    def _table(
        self, path: str, filters: Params, *, most: int | None = None, times: tuple[str, ...] = ()
    ) -> "pd.DataFrame":
        return frame(self._transport.pages(f"{self._path}/{path}", filters, most=most), times=times)

    def _finished(self, task: Json, shown: Shown | None) -> Json:
        """Wait for the end of a task; raise `ApiError` if it failed."""
        while task["state"] in ("queued", "running"):
            if shown is not None:
                shown(task["step"], task["share"])
            time.sleep(_LOOK_SECONDS)
            task = self._transport.get(f"{self._path}/tasks/{task['id']}")
        if task["error"] is not None:
            raise ApiError(0, task["error"]["error"], task["error"]["detail"])
        return task


def _flat(figures: Json) -> dict[str, Any]:
    """Return figures with each share as three columns."""
    row: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            row |= {name: value["share"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        else:
            row[name] = value
    return row
