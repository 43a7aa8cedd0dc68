"""The kinds of tasks, and what each is asked to do. What does the work is in `serving.cli.tasks`, by the same names."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MAX_REPLAYED = 5000
"""Most conversations of one replay."""
MOST_DAYS = 36_500
"""How far back mining may look."""


class _Request(BaseModel):
    """What a task is asked to do.

    `quotes_customers` says that its result has customers' words in it, and `names_person` that the request itself must
    not be kept any longer than the work takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quotes_customers: ClassVar[bool] = False
    names_person: ClassVar[bool] = False


class Validate(_Request):
    """Check the drafts of a bot."""

    kind: Literal["validate"] = "validate"


class Repair(_Request):
    """Make repairs that a validation proposes: those with the given ids, or all of them."""

    kind: Literal["repair"] = "repair"
    findings: tuple[str, ...] | None = None


class Undo(_Request):
    """Undo the last repair of the drafts."""

    kind: Literal["undo"] = "undo"


class Compare(_Request):
    """Evaluate two releases on utterances that neither has learnt from, or on the bot's fixed test set."""

    kind: Literal["compare"] = "compare"
    first: str
    second: str
    on: Literal["held_out", "test_set"] = "held_out"


class Replay(_Request):
    """Answer stored conversations again with a release: one thread, or the newest `count`.

    A thread is compared with the log, several with the version `against`, by default the one that answers now.
    """

    quotes_customers: ClassVar[bool] = True

    kind: Literal["replay"] = "replay"
    version: str
    against: str | None = None
    thread: str | None = None
    count: Annotated[int, Field(ge=1, le=MAX_REPLAYED)] = 200


class Forget(_Request):
    """Erase a person, or say what that would mean: one thread, or a sender's threads on every channel.

    `purge` says whether snapshots, runs and drafts lose the texts too; None: stop if any contains them. `retire`
    deletes the versions that earlier requests named.
    """

    names_person: ClassVar[bool] = True

    kind: Literal["forget"] = "forget"
    thread: str | None = None
    user: str | None = None
    purge: bool | None = None
    dry_run: bool = False
    retire: bool = False


class Mine(_Request):
    """Search the last `days` of the log for texts that are worth a label, and put them into the labelling queue.

    `version` reads them; None: the newest version that passed its gate, and the shadow.
    """

    kind: Literal["mine"] = "mine"
    days: Annotated[float, Field(gt=0, le=MOST_DAYS)] = 28.0
    version: str | None = None


class LookForDrift(_Request):
    """Compare the messages of the last `days` with what the release that answers was measured on."""

    kind: Literal["drift"] = "drift"
    days: Annotated[float, Field(gt=0, le=MOST_DAYS)] = 28.0


TaskRequest = Annotated[
    Validate | Repair | Undo | Compare | Replay | Forget | Mine | LookForDrift, Field(discriminator="kind")
]
KINDS: dict[str, type[_Request]] = {
    str(kind.model_fields["kind"].default): kind
    for kind in (Validate, Repair, Undo, Compare, Replay, Forget, Mine, LookForDrift)
}


class _Unknown(_Request):
    """A kind of a newer program, of which nothing is known."""

    quotes_customers: ClassVar[bool] = True
    names_person: ClassVar[bool] = True


QUOTING = tuple(name for name, kind in KINDS.items() if kind.quotes_customers)
"""The kinds whose results have customers' words in them."""
_ANY: TypeAdapter[TaskRequest] = TypeAdapter(TaskRequest)


def traits_of(kind: str) -> type[_Request]:
    """Return the class of a kind's requests, which says what they and their results may hold."""
    return KINDS.get(kind, _Unknown)


def parse_request(kind: str, request: dict[str, object]) -> TaskRequest:
    """Read a stored request."""
    return _ANY.validate_python({**request, "kind": kind})
