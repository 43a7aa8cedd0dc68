"""A stored conversation as two releases handle it, and the goals that one of them no longer reaches.

This reveals what held-out utterances cannot: a form that no longer fills, a changed tool call, a reply without its
content.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, Self

from pipelines.registry.release import Release
from pipelines.schemas.turns import TurnRecord
from serving.dialogue.messages import TurnResponse
from serving.dialogue.reply import ReplyGap
from serving.replay.calls import ReplayedCall
from serving.replay.definitions import redefined_intents, reworded_intents
from serving.replay.replay import Difference, ReplayedTurn, differences

LossKind = Literal["lost", "gone", "redefined", "uncallable", "spoilt"]
"""Why a goal is not reached, or a reply is not worth having.

lost
    The release understands or fills something else, which chance may explain.
gone
    It no longer has the intent.
redefined
    An author changed the tool, the parameters or the confirmation: the outcome is unknown, or a tool acts too early.
uncallable
    The tool's templates cannot be rendered.
spoilt
    A changed text leaves out a name or everything, or cannot be rendered.
"""


class Loss(NamedTuple):
    """A goal of a conversation that the candidate does not reach, or a reply that it spoils; `why` quotes nobody."""

    kind: LossKind
    intent_id: str
    why: str = ""


class Goal(NamedTuple):
    """What a conversation was for: an intent's tool was called, or without a tool its form was filled.

    `call` identifies the tool call; it is empty without one.
    """

    intent_id: str
    call: str = ""


@dataclass(frozen=True)
class Pair:
    """The two releases, and what was changed between them.

    Attributes
    ----------
    redefined, reworded
        Intents of both whose tool or parameters, or whose texts, were changed.
    """

    production: Release
    candidate: Release
    redefined: frozenset[str]
    reworded: frozenset[str]

    @classmethod
    def of(cls, production: Release, candidate: Release) -> Self:
        """Compare the definitions of two releases."""
        before, after = production.definition, candidate.definition
        return cls(production, candidate, redefined_intents(before, after), reworded_intents(before, after))


@dataclass(frozen=True)
class ComparedTurn:
    """A turn of a stored conversation as two releases handle it.

    `before` is production's, `after` the candidate's; the differences are between these two, not with the log.
    """

    before: ReplayedTurn
    after: ReplayedTurn
    differences: tuple[Difference, ...]

    @property
    def new_gaps(self) -> list[ReplyGap]:
        """What only the candidate's reply leaves out."""
        if self.after.handling.is_unknown or self.before.after.intent_id != self.after.after.intent_id:
            return []
        known = {(gap.what, gap.name) for gap in self.before.outcome.reply.gaps}
        new = [gap for gap in self.after.outcome.reply.gaps if (gap.what, gap.name) not in known]
        named = {gap.what for gap in new if gap.name}
        return [gap for gap in new if gap.name or gap.what not in named]  # a name explains why nothing is said

    @property
    def new_problem(self) -> str:
        """Why only the candidate's reply cannot be rendered; empty if it can."""
        return "" if self.before.outcome.reply.problem else self.after.outcome.reply.problem or ""


@dataclass(frozen=True)
class ComparedConversation:
    """A stored conversation as two releases handle it.

    Attributes
    ----------
    thread_id
        The thread, as its channel named it.
    channel
        Where it began.
    goals
        The intents carried out in production, with repetition: the tool was called or, without a tool, the form was
        filled.
    losses
        What the candidate does not reach, and the replies that it spoils.
    logged_goals
        The intents carried out according to the log, as far as production still has them.
    is_own
        Whether production itself answered every turn then.
    missed
        Goals of the log that production, replayed, does not reach: here nothing can be compared.
    unanswered
        Intents whose tool production calls in a way whose answer the log does not hold: the replies are not compared.
    unset
        Pairs of an endpoint without a base URL here and the intent whose tool uses it.
    """

    thread_id: str
    channel: str
    turns: tuple[ComparedTurn, ...]
    goals: tuple[str, ...]
    losses: tuple[Loss, ...] = ()
    logged_goals: tuple[str, ...] = ()
    is_own: bool = False
    missed: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    unset: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def of(self, *kinds: LossKind) -> tuple[Loss, ...]:
        """Return the losses of some kinds."""
        return tuple(loss for loss in self.losses if loss.kind in kinds)

    @cached_property
    def lost(self) -> tuple[str, ...]:
        """The intents that the candidate no longer carries out, or answers badly."""
        return tuple(loss.intent_id for loss in self.of("lost", "gone", "uncallable", "spoilt"))

    @cached_property
    def tool_changed(self) -> tuple[str, ...]:
        """The intents that an author redefined so that the outcome is unknown."""
        return tuple(loss.intent_id for loss in self.of("redefined"))


def compare_conversation(
    records: Sequence[TurnRecord], before: Sequence[ReplayedTurn], after: Sequence[ReplayedTurn], pair: Pair
) -> ComparedConversation:
    """Compare what two releases make of the records of one conversation."""
    turns = tuple(
        ComparedTurn(old, new, tuple(differences(old.handling, new.handling)))
        for old, new in zip(before, after, strict=True)
    )
    goals = Counter(goal for turn in before if (goal := goal_of(turn)) is not None)
    missing = goals - Counter(goal for turn in after if (goal := goal_of(turn)) is not None)
    missing -= Counter(_renamed(turns, pair))
    logged = Counter(_logged_goals(records, pair.production))
    missed = logged - Counter(goal.intent_id for goal in goals.elements())
    return ComparedConversation(
        thread_id=records[0].thread_id,
        channel=records[0].channel,
        turns=turns,
        goals=tuple(goal.intent_id for goal in goals.elements()),
        losses=(
            *(_explain(goal, after, pair) for goal in missing.elements()),
            *_premature(turns, pair),
            *_spoilt(turns, pair),
        ),
        logged_goals=tuple(logged.elements()),
        is_own=all(record.release == pair.production.version for record in records),
        missed=tuple(missed.elements()),
        unanswered=tuple(turn.after.intent_id for turn in before if turn.handling.is_unknown),
        unset=frozenset(_unset(turns)),
    )


def goal_of(turn: ReplayedTurn) -> Goal | None:
    """Return the goal that a turn reaches, if any; a call whose answer the log does not hold reaches it too."""
    outcome, form = turn.outcome, turn.after.form
    if outcome.tool is not None:
        has_failed = outcome.tool.failure is not None and not turn.handling.is_unknown
        is_made = turn.call is not None and turn.call.request is not None and not has_failed
        return Goal(outcome.tool.intent_id, turn.call.key) if turn.call is not None and is_made else None
    is_filled = form is not None and form.is_complete and outcome.decision.tool_intent is None
    return Goal(form.intent_id) if form is not None and is_filled else None


def _logged_goals(records: Sequence[TurnRecord], production: Release) -> Iterator[str]:
    """Yield the goals of the log, in order, of intents that production still has with or without a tool as then."""
    intent_by_id = production.definition.intent_by_id()
    for record in records:
        if record.tool is not None:
            intent = intent_by_id.get(record.tool.intent_id)
            if record.tool.failure is None and intent is not None and intent.tool is not None:
                yield record.tool.intent_id
            continue
        form = TurnResponse.model_validate_json(record.answer).form
        intent = intent_by_id.get(form.intent_id) if form is not None else None
        if form is not None and form.is_complete and intent is not None and intent.tool is None:
            yield form.intent_id


def _renamed(turns: Sequence[ComparedTurn], pair: Pair) -> Iterator[Goal]:
    """Yield the goals of an intent that is gone, where the same turn reaches the same with a new intent."""
    old, new = pair.production.definition.intent_by_id(), pair.candidate.definition.intent_by_id()
    for turn in turns:
        before, after = goal_of(turn.before), goal_of(turn.after)
        if before is None or after is None or before.intent_id in new or after.intent_id in old:
            continue
        if _parts(turn.before.call) == _parts(turn.after.call):
            yield before


def _parts(call: ReplayedCall | None) -> object:
    return None if call is None else call.parts()


def _explain(goal: Goal, after: Sequence[ReplayedTurn], pair: Pair) -> Loss:
    """Return why the candidate does not reach a goal."""
    name = goal.intent_id
    if name not in pair.candidate.definition.intent_by_id():
        return Loss("gone", name)
    turns = [turn for turn in after if turn.after.intent_id == name]
    failed = next((turn.call for turn in turns if turn.call is not None and turn.call.request is None), None)
    if failed is not None:
        return Loss("uncallable", name, failed.problem)
    return Loss("redefined" if turns and name in pair.redefined else "lost", name)


def _premature(turns: Sequence[ComparedTurn], pair: Pair) -> Iterator[Loss]:
    """Yield the redefined intents whose tool is called where production still asks, or asks for a yes."""
    for turn in turns:
        name = turn.after.after.intent_id
        is_early = turn.before.call is None and turn.after.call is not None and turn.before.after.form is not None
        if is_early and name in pair.redefined and name == turn.before.after.intent_id:
            yield Loss("redefined", name)


def _spoilt(turns: Sequence[ComparedTurn], pair: Pair) -> Iterator[Loss]:
    """Yield the replies that the candidate spoils, once for each text and name."""
    seen: set[tuple[str, str]] = set()
    for turn in turns:
        name = turn.after.after.intent_id
        if turn.new_problem:
            yield Loss("spoilt", name, turn.new_problem)
            continue
        forms = {form.intent_id for form in turn.after.outcome.decision.state.forms}
        is_reworded = bool((pair.reworded | pair.redefined) & {name, *forms})
        for gap in turn.new_gaps:
            if (gap.what, gap.name) not in seen:
                seen.add((gap.what, gap.name))
                yield Loss("spoilt" if is_reworded else "lost", name, describe_gap(gap))


def describe_gap(gap: ReplyGap) -> str:
    """Describe what a reply leaves out."""
    if not gap.name:
        return f"{gap.what}: it says nothing, so that customers get a plain sentence such as \u201cDone.\u201d"
    meant = f"; did you mean {gap.nearest!r}?" if gap.nearest else ""
    return f"{gap.what}: nothing is called {gap.name!r}, which is left out{meant}"


def _unset(turns: Sequence[ComparedTurn]) -> Iterator[tuple[str, str]]:
    for turn in turns:
        for call in (turn.before.call, turn.after.call):
            if call is not None:
                yield from ((name, call.intent_id) for name in call.unset)
