"""Sessions of the pages: who is signed in in a browser.

sessions   {_id: hash of the cookie, holder, created_at, seen_at, ends_at, expires_at}

`expires_at` moves with each use, up to `ends_at`. What a session may do is looked up anew with each request; the
holder's groups are those that the issuer named when the session began.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.keys import SESSIONS
from pipelines.schemas.stored import Moment, read_each
from serving.access.holders import Holder
from serving.store.client import Collection, Database, Document

GROUPS_LAST = timedelta(hours=12)
"""How long a session with groups of the issuer lasts at most: it does not hear of who leaves a group."""
_SEEN_EVERY = timedelta(minutes=1)
_MOST_CHARACTERS = 100


class Session(BaseModel):
    """A person who is signed in."""

    model_config = ConfigDict(frozen=True)

    holder: Holder
    created_at: Moment
    seen_at: Moment
    ends_at: Moment
    expires_at: Moment


class Sessions:
    """Reads and writes `sessions`.

    Parameters
    ----------
    longest
        How long a session lasts at most.
    idle
        How long it lasts without being used.
    """

    def __init__(self, database: Database, *, longest: timedelta, idle: timedelta) -> None:
        self._database = database
        self._sessions: Collection = database.collection(SESSIONS)
        self.longest, self.idle = longest, idle

    async def open(self, holder: Holder, *, until: datetime | None, now: datetime) -> tuple[str, Session]:
        """Begin a session, which ends by `until` at the latest; return the secret for its cookie."""
        secret = secrets.token_urlsafe(32)
        longest = min(self.longest, GROUPS_LAST) if holder.groups else self.longest
        ends_at = min(now + longest, until) if until is not None else now + longest
        expires_at = min(now + self.idle, ends_at)
        session = Session(holder=holder, created_at=now, seen_at=now, ends_at=ends_at, expires_at=expires_at)
        await self._database.call("write session", self._sessions.insert_one(_document(secret, session)))
        return secret, session

    async def resume(self, secret: str, *, now: datetime) -> Session | None:
        """Return the session of a cookie, if it has not ended, and record its use."""
        if len(secret) > _MOST_CHARACTERS:
            return None
        stored = await self._database.call("read session", self._sessions.find_one({"_id": _hash(secret)}))
        session = next(read_each([stored], _session, collection=SESSIONS), None) if stored is not None else None
        if stored is None or session is None:
            return None
        if now >= min(session.expires_at, session.ends_at):
            return None
        if now - session.seen_at >= _SEEN_EVERY:
            moved = {"seen_at": now, "expires_at": min(now + self.idle, session.ends_at)}
            session = session.model_copy(update=moved)
            # replaced, never inserted: it may have been signed out meanwhile
            place = {"_id": stored["_id"]}
            await self._database.call("write session", self._sessions.replace_one(place, _document(secret, session)))
        return session

    async def end(self, secret: str) -> None:
        """End a session; one that has ended already stays so."""
        await self._database.call("end session", self._sessions.delete_one({"_id": _hash(secret)}))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _session(document: Document) -> Session:
    return Session.model_validate({name: document[name] for name in Session.model_fields})


def _document(secret: str, session: Session) -> Document:
    return {"_id": _hash(secret), **session.model_dump(exclude={"holder"}), "holder": session.holder.model_dump()}
