"""The states of conversations that authors try: apart from customers' states, and kept for hours only.

try_states  {_id: bot:thread, turn, state, expires_at}
"""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from pipelines.schemas.keys import TRY_STATES, thread_key
from pipelines.schemas.stored import Moment, read_each
from serving.store.client import Collection, Database

KEPT = timedelta(hours=2)
"""How long a conversation can be gone on with."""


class _Tried(BaseModel):
    turn: int = Field(ge=0)
    state: str
    expires_at: Moment


class TryStates:
    """Reads and writes `try_states`; a conversation that goes on in two places at once keeps the later state."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._states: Collection = database.collection(TRY_STATES)

    async def load(self, bot: str, thread_id: str, *, now: datetime) -> tuple[int, str]:
        """Return the number of the last turn and the state after it as JSON text; 0 and empty for a new thread."""
        finding = self._states.find_one({"_id": thread_key(bot, thread_id)})
        document = await self._database.call("read tried state", finding)
        found = read_each([document] if document is not None else [], _Tried.model_validate, collection=TRY_STATES)
        tried = next(found, None)
        if tried is None or tried.expires_at <= now - self._database.clock_error:
            return 0, ""
        return tried.turn, tried.state

    async def save(self, bot: str, thread_id: str, *, turn: int, state: str, now: datetime) -> None:
        """Store the state after a turn."""
        key = thread_key(bot, thread_id)
        document = {"_id": key, "turn": turn, "state": state, "expires_at": self._database.expires_at(now, KEPT)}
        await self._database.call("write tried state", self._states.replace_one({"_id": key}, document, upsert=True))
