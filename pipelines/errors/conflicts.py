"""Errors of those who were not the first."""

from collections.abc import Sequence

from pipelines.errors.base import BotError


class StateConflict(BotError):
    """Another worker advanced the thread; the message can be sent again."""

    def __init__(self) -> None:
        # no id, because this is logged and may be stored in a queue
        super().__init__("this conversation is being answered by another worker; send the message again")


class BackupDisturbed(StateConflict):
    """Conversations were forgotten during every attempt at a backup, which must not keep them."""

    def __init__(self) -> None:
        BotError.__init__(
            self, "somebody is being forgotten, and a backup must not keep them; repeat `intentloop backup` afterwards"
        )


class EditConflict(StateConflict):
    """What an editor wants to replace has changed since they read it; nothing was written.

    `current` is the resource as it stands now, None if it was deleted; `etag` belongs to it.
    """

    def __init__(self, current: object, *, etag: str | None) -> None:
        self.current, self.etag = current, etag
        was = "changed" if current is not None else "deleted"
        BotError.__init__(self, f"this was {was} after you read it, so nothing was written; merge, and send again")


class MemberExists(StateConflict):
    """Somebody is to become a member who is one already; `id` is theirs."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        BotError.__init__(self, f"they are a member already; change their roles at /api/v1/members/{id_}")


class LastOwner(StateConflict):
    """The only owner would be gone; nothing was written."""

    def __init__(self, name: str) -> None:
        self.name = name
        BotError.__init__(self, f"{name!r} is the last owner, and somebody has to own the platform; name another first")


class DraftChanged(StateConflict):
    """A bot was edited between being read and being changed; nothing was written.

    `places` are the intents that differ; none for a file.
    """

    def __init__(self, source: str, *, places: Sequence[str] = (), remedy: str) -> None:
        self.source, self.places = source, tuple(places)
        where = f" (in {', '.join(places[:5])}{' and others' if len(places) > 5 else ''})" if places else ""
        BotError.__init__(self, f"{source} was changed meanwhile{where}, so nothing was written; {remedy}")


class AlreadyThere(StateConflict):
    """Something of that name exists; nothing was written."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        BotError.__init__(self, f"there is already the {kind} {name[:100]!r}; change it, or choose another name")


class DraftNeeded(StateConflict):
    """Something would be deleted that is needed elsewhere; nothing was deleted. `reason` says where."""

    def __init__(self, what: str, reason: str, *, remedy: str) -> None:
        self.what, self.reason = what, reason
        BotError.__init__(self, f"{what} {reason}, so nothing was deleted; {remedy}")


class ThreadForgotten(StateConflict):
    """A conversation was deleted while one of its messages was being answered; nothing was written."""

    def __init__(self) -> None:
        BotError.__init__(self, "this conversation has just been deleted; send the message again to begin a new one")


class ImportUnderWay(StateConflict):
    """Another process is importing the same bot; nothing was written."""

    def __init__(self, bot: str) -> None:
        BotError.__init__(self, f"bot {bot!r} is being imported by another process; repeat this when it is done")


class LabelDecided(StateConflict):
    """Somebody else has decided about a text meanwhile; nothing was written."""

    def __init__(self, key: str, *, status: str, by: str | None) -> None:
        self.key, self.status, self.by = key, status, by
        whom = f" by {by}" if by else ""
        BotError.__init__(
            self, f"label {key} is {status}{whom} meanwhile, so nothing was written; look at it again or take the next"
        )


class LiveReleaseChanged(StateConflict):
    """Another version answers than the sender believes; nothing has moved."""

    def __init__(self, bot: str, *, expected: str, live: str | None) -> None:
        now = f"version {live} answers" if live is not None else "no version answers"
        BotError.__init__(
            self, f"{now} for bot {bot!r} now, not version {expected}, so nothing was moved; look again and repeat it"
        )


class NothingToLearn(StateConflict):
    """A bot has no example for an intent of its own, so a training would teach it nothing."""

    def __init__(self, bot: str) -> None:
        BotError.__init__(
            self,
            f"bot {bot!r} has nothing to learn yet: no intent of your own has an example; make one, write a few "
            "sentences that customers would say for it, and train then",
        )


class TaskOver(StateConflict):
    """A task has ended before it could be cancelled."""

    def __init__(self, kind: str, task_id: str, *, state: str) -> None:
        BotError.__init__(
            self, f"{kind} {task_id} has ended already ({state}), so nothing was cancelled; read its result"
        )
