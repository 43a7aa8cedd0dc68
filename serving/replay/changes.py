"""What a candidate would change for customers, in words and counts: for the gate's page, quoting nobody."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.schemas.bot import FALLBACK_INTENT
from serving.replay.compare import ComparedConversation, ComparedTurn, describe_gap
from serving.replay.replay import ReplayedTurn

MAX_THREADS = 3
"""Threads named as examples of a change."""
_CALL_PARTS = {
    "method": "with another method",
    "address": "at another address",
    "body": "with another body",
    "headers": "with other headers",
    "responseMapping": "with another part of its answer kept",
}


@dataclass(frozen=True)
class Change:
    """One kind of change that stored conversations show.

    Attributes
    ----------
    kind
        `understood`, `asked`, `values`, `tool`, `reply`, `broken` (a reply or tool that fails) or `hand_over`.
    intent
        The intent in production.
    count
        Number of conversations.
    sentence
        What changes, with the count: `in 14 conversations of 'order_status' the customer is now asked for 'email'`.
    threads
        Some of the threads, newest first.
    """

    kind: str
    intent: str
    count: int
    sentence: str
    threads: tuple[str, ...]

    def commands(self, version: str = "VERSION", *, bot: str | None = None) -> list[str]:
        """Return the commands that show the conversations of `threads`, answered by a version."""
        more = f" --bot {shlex.quote(bot)}" if bot else ""
        return [
            f"intentloop replay {shlex.quote(thread)} --release {shlex.quote(version)}{more}" for thread in self.threads
        ]


def changes_of(conversations: Sequence[ComparedConversation]) -> tuple[Change, ...]:
    """Return the changes, what fails first and then the most frequent first."""
    threads_by_change: dict[tuple[str, str, str], list[str]] = {}
    for conversation in conversations:
        found = dict.fromkeys(change for turn in conversation.turns for change in _changes_of_turn(turn))
        for change in found:
            threads_by_change.setdefault(change, []).append(conversation.thread_id)
    changes = [
        Change(kind, intent, len(threads), _sentence(intent, what, len(threads)), tuple(threads[:MAX_THREADS]))
        for (kind, intent, what), threads in threads_by_change.items()
    ]
    return tuple(sorted(changes, key=lambda change: (change.kind != "broken", -change.count, change.sentence)))


def _sentence(intent: str, what: str, count: int) -> str:
    return f"in {count:,} conversation{'s' if count != 1 else ''} of {intent!r} {what}"


def _changes_of_turn(turn: ComparedTurn) -> Iterator[tuple[str, str, str]]:
    """Yield the changes of a turn: kind, intent, and what happens now."""
    before, after = turn.before, turn.after
    intent = before.after.intent_id
    subjects = {difference.subject for difference in turn.differences}
    if turn.new_problem:
        yield "broken", intent, "the reply cannot be rendered"
    for gap in turn.new_gaps:
        yield "broken", intent, f"the reply lacks something ({describe_gap(gap)})"
    if subjects & {"intent", "route"}:
        yield "understood", intent, _understood(before, after)
        return  # everything else follows from that
    called = list(_calls(before, after))
    yield from ((kind, intent, what) for kind, what in called)
    if "values" in subjects:
        yield from ((kind, intent, what) for kind, what in _asked(before, after))
    if subjects == {"reply"} and not called and not turn.new_problem and not turn.new_gaps:
        yield "reply", intent, "the reply is worded differently"
    if "hand-over" in subjects:
        is_now = after.after.is_handed_over
        yield "hand_over", intent, f"a person {'now' if is_now else 'no longer'} takes over"


def _understood(before: ReplayedTurn, after: ReplayedTurn) -> str:
    route, intent = after.handling.route, after.after.intent_id
    if route == "clarify":
        return "the customer is now asked what is meant"
    if route == "fallback" or intent == FALLBACK_INTENT:
        return "a message is no longer understood"
    if intent != before.after.intent_id:
        return f"a message is now taken for {intent!r}"
    return f"a message is now handled as {route!r}, not {before.handling.route!r}"


def _calls(before: ReplayedTurn, after: ReplayedTurn) -> Iterator[tuple[str, str]]:
    if before.call is None or after.call is None:
        if before.call is not after.call:
            yield "tool", "a tool is now called" if before.call is None else "the tool is not called here any more"
        return
    if after.call.request is None:
        if before.call.request is not None:
            yield "broken", f"the tool cannot be called ({after.call.problem})"
        return
    old, new = before.call.parts(), after.call.parts()
    changed = [said for part, said in _CALL_PARTS.items() if old.get(part) != new.get(part)]
    if changed:
        yield "tool", f"the tool is called {' and '.join(changed)}"


def _asked(before: ReplayedTurn, after: ReplayedTurn) -> Iterator[tuple[str, str]]:
    old, new = before.after.form, after.after.form
    asked_then, asked_now = (form.asking if form is not None else None for form in (old, new))
    if asked_now and asked_now != asked_then:
        yield "asked", f"the customer is now asked for {asked_now!r}"
    elif new is not None and not new.is_complete and not asked_now and (old is None or old.is_complete):
        yield "asked", "the customer is now asked to confirm"
    elif asked_then and not asked_now:
        yield "asked", f"the customer is no longer asked for {asked_then!r}"
    values_then, values_now = (form.slots if form is not None else {} for form in (old, new))
    for name in dict.fromkeys((*values_then, *values_now)):
        if values_then.get(name) != values_now.get(name):
            what = "is no longer found" if name not in values_now else "is now found"
            yield (
                "values",
                f"{name!r} {what if (name in values_then) != (name in values_now) else 'is read differently'}",
            )
