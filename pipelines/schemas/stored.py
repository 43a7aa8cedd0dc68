"""Reading stored documents that another version, or a hand at the database, may have written.

One that cannot be read must not keep the others from being read: it is left out, and the log names it and its fault.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ValidationError

from pipelines.schemas.keys import INBOX, STATES, TURNS, thread_hash

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading a document of an unknown form may raise."""
_NAMED = 5

_FIRST_YEAR, _LAST_YEAR = 1900, 9000

T = TypeVar("T")

_log = logging.getLogger(__name__)


def usable_moment(moment: datetime) -> datetime:
    """Return a time that can be computed with; raise `ValueError` for another one."""
    if moment.tzinfo is None:
        raise ValueError("the time zone is missing")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("no such time is stored")
    return moment


Moment = Annotated[datetime, AfterValidator(usable_moment)]
"""A stored time: one that other times can be compared with, and that a time to live can be added to."""


def read_each(
    documents: Iterable[Mapping[str, Any]],
    read: Callable[[Any], T],
    *,
    collection: str,
    on_unreadable: Callable[[Mapping[str, Any]], None] = lambda document: None,
) -> Iterator[T]:
    """Yield what is read of each document; those that cannot be read are left out, and named in the log at the end."""
    faults: list[str] = []
    count = 0
    for document in documents:
        try:
            found = read(document)
        except UNREADABLE as error:
            on_unreadable(document)
            count += 1
            if len(faults) < _NAMED:
                faults.append(f"{document_name(collection, document)} ({describe_fault(error)})")
            continue
        yield found
    if count:
        more = " and others" if count > len(faults) else ""
        _log.error("%s: %d document(s) cannot be read: %s%s", collection, count, ", ".join(faults), more)


def document_name(collection: str, document: Mapping[str, Any]) -> str:
    """Return what stands for a document in a log, which must not name a thread."""
    key = document.get("_id")
    if collection in (STATES, TURNS, INBOX):
        thread = document.get("thread") if key is None else key if collection == STATES else str(key).rpartition(":")[0]
        number = f" turn {str(document.get('turn'))[:20]}" if collection == TURNS else ""
        return f"thread {thread_hash(str(thread)):.12}{number}"
    return repr(key)[:100]


def describe_fault(error: BaseException) -> str:
    """Return which fields are at fault, never what is in them: that may be a customer's text."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return ", ".join(dict.fromkeys(".".join(map(str, fault["loc"])) or fault["type"] for fault in faults))
    if isinstance(error, KeyError):
        return f"no {error.args[0]}" if error.args and isinstance(error.args[0], str) else "a key is missing"
    return type(error).__name__
