"""Watches every command that the suite sends to a database: only what Amazon DocumentDB understands may go out."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pymongo import monitoring

from pipelines.schemas.keys import FORGOTTEN

SOURCE = "https://docs.aws.amazon.com/documentdb/latest/developerguide/mongo-apis.html"
"""Where DocumentDB's makers list what it takes. Below is what the platform uses, each with `Yes` for version 5.0."""
SAFE_COMMANDS = frozenset(
    (
        *("aggregate", "count", "delete", "distinct", "find", "getMore", "insert", "update"),
        *("create", "createIndexes", "drop", "dropDatabase", "dropIndexes", "listCollections", "listIndexes"),
        *("buildInfo", "hello", "ismaster", "killCursors", "ping"),
        "endSessions",  # the driver's own when it closes; it cares for no answer
    )
)
SAFE_OPERATORS = frozenset(
    (
        *("$eq", "$exists", "$gt", "$gte", "$in", "$lt", "$lte", "$ne", "$nin", "$regex"),
        *("$inc", "$set", "$unset"),
        *("$group", "$limit", "$match", "$skip", "$sum"),
    )
)
UNSAFE_INDEX_OPTIONS = frozenset(("partialFilterExpression", "collation", "wildcardProjection", "hidden", "clustered"))
UNSAFE_INDEX_KINDS = frozenset(("text", "hashed", "2d"))
_OWN: ContextVar[list[str] | None] = ContextVar("own", default=None)
_DRIVER_FIELDS = frozenset(("$db", "$clusterTime", "$readPreference"))


def operators_in(value: Any) -> Iterator[str]:
    """Find every `$name` used as a key, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if str(key).startswith("$"):
                yield str(key)
            yield from operators_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from operators_in(inner)


def problems_of(name: str, command: dict[str, Any]) -> list[str]:
    """Say what DocumentDB would not take, or would take differently."""
    problems = [] if name in SAFE_COMMANDS else [f"command {name}"]
    if "txnNumber" in command:
        problems.append(f"{name} is a retryable write")
    body = {key: value for key, value in command.items() if key not in _DRIVER_FIELDS}
    problems += [f"{name} uses {operator}" for operator in operators_in(body) if operator not in SAFE_OPERATORS]
    for index in command.get("indexes", []) if name == "createIndexes" else []:
        problems += [f"index option {option}" for option in UNSAFE_INDEX_OPTIONS & index.keys()]
        problems += [f"index kind {kind}" for kind in index["key"].values() if kind in UNSAFE_INDEX_KINDS]
    if name in ("insert", "update", "delete"):
        concern = command.get("writeConcern", {})
        if concern.get("w") != "majority" or not concern.get("j"):
            problems.append(f"{name} is acknowledged before it is safe")
    return problems


class CommandWatch(monitoring.CommandListener):
    """Counts commands by name and keeps what was wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.names: list[str] = []
        self.kept: list[dict[str, Any]] | None = None
        """Whole commands, while a test wants them."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Look at a command that goes out."""
        if self.kept is not None:
            self.kept.append(copy.deepcopy(dict(event.command)))
        if event.command.get("find") != FORGOTTEN:  # every process looks there in its own time
            self.names.append(event.command_name)
            if (own := _OWN.get()) is not None:
                own.append(event.command_name)
        self.problems += problems_of(event.command_name, dict(event.command))

    @contextmanager
    def own(self) -> Iterator[list[str]]:
        """Collect the names of what this task and those it begins send meanwhile, and of nothing in the background."""
        names: list[str] = []
        token = _OWN.set(names)
        try:
            yield names
        finally:
            _OWN.reset(token)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to see."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to see."""
