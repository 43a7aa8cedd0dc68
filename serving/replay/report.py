"""What a candidate would change in stored conversations, and whether that speaks against it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from pipelines.schemas.verdict import Check, Measure
from pipelines.shares import wilson_interval
from pipelines.templates.unknown_names import UnknownName
from serving.replay.calls import UnsetEndpoint
from serving.replay.changes import Change, changes_of
from serving.replay.compare import ComparedConversation, Loss, LossKind
from serving.replay.definitions import DefinitionChange

MAX_MISSED = 0.05
"""Share of the conversations that production itself answered whose goals it may miss when replayed. More: the replay
says nothing about this candidate."""
MAX_MISSED_OF_ALL = 0.5
"""The same of all conversations; those of earlier releases may well be handled differently by now."""
_SHOWN = 3
"""Intents named in a reason."""


@dataclass(frozen=True)
class ReplayReport:
    """What a candidate would change in stored conversations.

    Attributes
    ----------
    version
        The version in production.
    unavailable
        Why the conversations could not be read; empty if they could.
    n_unreadable
        Conversations that one of the releases, or this program, cannot replay.
    unset
        Endpoints without a base URL in this process.
    redefined
        What an author changed about intents, tools and parameters.
    names
        Names in the candidate's texts, and not in production's, that nothing in the log has.
    """

    columns: ClassVar = ("thread", "channel", "turn", "intent", "intent_now", "changes", "lost")

    version: str
    conversations: tuple[ComparedConversation, ...]
    unavailable: str = ""
    n_unreadable: int = 0
    unset: tuple[UnsetEndpoint, ...] = ()
    redefined: tuple[DefinitionChange, ...] = ()
    names: tuple[UnknownName, ...] = ()

    @property
    def reaching(self) -> list[ComparedConversation]:
        """The conversations that reach a goal in production."""
        return [each for each in self.conversations if each.goals]

    @property
    def lost(self) -> list[ComparedConversation]:
        """The conversations that lose a goal, or get a spoilt reply."""
        return [each for each in self.conversations if each.lost]

    @property
    def tool_changed(self) -> list[ComparedConversation]:
        """The conversations whose outcome is unknown because an intent was redefined, and that lose nothing else."""
        return [each for each in self.conversations if each.tool_changed and not each.lost]

    def changes(self) -> tuple[Change, ...]:
        """Return what changes for customers, in words and counts."""
        return changes_of(self.conversations)

    def rows(self) -> list[dict[str, str | int]]:
        """Return one row per changed turn, with `columns`, quoting nobody.

        `changes` lists what differs, `lost` the goals that the whole conversation loses.
        """
        return [
            {
                "thread": conversation.thread_id,
                "channel": conversation.channel,
                "turn": turn.after.turn,
                "intent": turn.before.after.intent_id,
                "intent_now": turn.after.after.intent_id,
                "changes": ", ".join(difference.subject for difference in turn.differences),
                "lost": ", ".join(conversation.lost or conversation.tool_changed),
            }
            for conversation in self.conversations
            for turn in conversation.turns
            if turn.differences
        ]

    def check(self, *, max_lost_goals: float, accept_tool_changes: bool = False) -> Check:
        """Refuse a candidate that loses too many goals, spoils a reply, or redefines what tools get without approval.

        It is also refused where the replay cannot tell: if endpoints are unknown here, or production itself does not
        reach the goals that it reached according to the log.

        Parameters
        ----------
        max_lost_goals
            Largest share of goal-reaching conversations that may lose one, in [0, 1]; above 0, one conversation always
            may, unless the loss is an author's doing.
        accept_tool_changes
            Whether tools, parameters and their answers were changed on purpose.
        """
        judge = _Judge(self, max_lost_goals=max_lost_goals, accepts_changes=accept_tool_changes)
        reasons = [self.unavailable] if self.unavailable else judge.reasons()
        figures = {
            "replayed_conversations": len(self.conversations),
            "replayed_turns": sum(len(each.turns) for each in self.conversations),
            "replay_changed_turns": len(self.rows()),
            "replay_goals": len(self.reaching),
            "replay_logged_goals": judge.n_logged,
            "replay_missed": judge.n_missed,
            "replay_lost": len(self.lost),
            "replay_tool_changes": len(self.tool_changed),
            "replay_spoilt": len(judge.having("spoilt")),
        }
        return Check(
            reasons=tuple(reasons),
            figures={key: float(n) for key, n in figures.items()},
            notes=tuple(judge.notes()),
            measures=() if self.unavailable else judge.measures(),
        )


class _Judge:
    """Turns the counts of a report into sentences."""

    def __init__(self, report: ReplayReport, *, max_lost_goals: float, accepts_changes: bool) -> None:
        self.report, self.limit, self.accepts_changes = report, max_lost_goals, accepts_changes
        every = report.conversations
        self.n = len(report.reaching)
        self.allowed = max(1, int(max_lost_goals * self.n)) if max_lost_goals > 0 else 0
        self.n_logged = sum(bool(each.logged_goals) for each in every)
        self.n_missed = sum(bool(each.missed) for each in every)
        self.own = [each for each in every if each.is_own and each.logged_goals]
        # those that a conversation came by are named with it
        seen = " ".join(loss.why for each in every for loss in each.of("spoilt", "uncallable"))
        self.names = [each for each in report.names if not any(f"{step!r}" in seen for step in each.path)]
        self.misspelt = [each for each in self.names if self._is_misspelt(each)]
        self.own_blind = [each for each in self.own if each.missed or each.unanswered]

    def having(self, *kinds: LossKind) -> list[ComparedConversation]:
        """Return the conversations with a loss of these kinds."""
        return [each for each in self.report.conversations if each.of(*kinds)]

    def _is_misspelt(self, name: UnknownName) -> bool:
        """Whether a name that nothing has is certainly wrong; a tool may be about to answer with a new one."""
        return name.root == "parameters" or bool(name.nearest and not self.accepts_changes)

    @staticmethod
    def _describe_name(name: UnknownName) -> str:
        remedy = "" if name.root == "parameters" else " (if the tool answers so from now on: --accept-tool-changes)"
        return f"{name}{remedy}"

    def reasons(self) -> list[str]:
        """Return what speaks against the candidate."""
        found = [one.sentence for one in self.report.unset if one.is_new or one.n_conversations]
        found += self._blind()
        version, of_all = self.report.version, f"of {self.n} stored conversations that reach their goal with version"
        losing = self.having("lost", "gone")
        if len(losing) > self.allowed:
            found.append(
                f"{len(losing)} {of_all} {version} no longer do "
                f"({'; '.join((_names(losing, 'lost', 'gone'), *self._gone(losing)))}); at most {self.allowed} may"
            )
        elif (gone := self.having("gone")) and len(gone) > int(self.limit * self.n):
            found.append(
                f"{len(gone)} {of_all} {version} no longer do, because intents are gone ({_names(gone, 'gone')}); "
                "restore them, or allow the loss with --max-lost-goals"
            )
        redefined = self.having("redefined")
        if redefined and not self.accepts_changes:
            changed = self._changed(*(loss for each in redefined for loss in each.of("redefined")))
            found.append(
                f"{len(redefined)} {of_all} {version} call a changed tool, or are asked for other values "
                f"({_names(redefined, 'redefined')}), with unknown results: {'; '.join(changed)}; if this is intended, "
                "train with --accept-tool-changes"
            )
        found += self._each_fault("uncallable", "its tool can no longer be called")
        found += self._each_fault("spoilt", "the reply is spoilt")
        return [*found, *(self._describe_name(name) for name in self.misspelt)]

    def _each_fault(self, kind: LossKind, what: str) -> list[str]:
        """Return one sentence per fault of the release's templates: the intent, the template and the name."""
        faults: Counter[Loss] = Counter(
            loss for each in self.report.conversations for loss in dict.fromkeys(each.of(kind))
        )
        return [
            f"in {_conversations(count)} of {loss.intent_id!r} {what}: {'; '.join((loss.why, *self._changed(loss)))}"
            for loss, count in faults.most_common()
        ]

    def _gone(self, conversations: Iterable[ComparedConversation]) -> list[str]:
        return self._changed(*(loss for each in conversations for loss in each.of("gone")))

    def _changed(self, *losses: Loss) -> list[str]:
        """Describe what an author changed about the intents of some losses."""
        intents = {loss.intent_id for loss in losses}
        return [change.sentence for change in self.report.redefined if change.intent_id in intents]

    def _blind(self) -> list[str]:
        """Return where production itself does not do what the log shows, so that nothing can be judged."""
        version = self.report.version
        n_own, n_blind = len(self.own), len(self.own_blind)
        remedy = "check the settings of this process, or train with --replays 0 to skip the replay"
        if n_blind > max(1, int(MAX_MISSED * n_own)):
            names = _most(name for each in self.own_blind for name in (*each.missed, *each.unanswered))
            calls = (turn.before.call for each in self.own_blind for turn in each.turns)
            why = next((f"; {call.problem}" for call in calls if call is not None and call.problem), "")
            return [
                f"the replay cannot judge: {n_blind} of {n_own} conversations that reached their goal with version "
                f"{version} do not reach it when that version is replayed here ({names}{why}); {remedy}"
            ]
        if self.n_missed > max(1, int(MAX_MISSED_OF_ALL * self.n_logged)):
            names = _most(name for each in self.report.conversations for name in each.missed)
            return [
                f"the replay cannot judge: of {self.n_logged} stored conversations that reached a goal, version "
                f"{version} reaches it again in {self.n_logged - self.n_missed} only ({names}); {remedy}, or with a "
                "smaller number to replay the newest only"
            ]
        return []

    def notes(self) -> list[str]:
        """Return what was replayed, what could not be compared, and what was redefined unseen."""
        report, n_all = self.report, len(self.report.conversations)
        said = f"replayed {n_all} stored conversations, {self.n} of which reach a goal"
        if self.n_missed:
            said += f"; {self.n_missed} more reached one when they were logged, but not with version {report.version}"
        if unanswered := sum(bool(each.unanswered) for each in report.conversations):
            said += f"; in {unanswered} the tool's answer is not in the log, so only the call was compared"
        if report.n_unreadable:
            said += f"; {report.n_unreadable} more could not be replayed"
        used = Counter(name for each in report.conversations for name in {*each.goals, *each.logged_goals})
        return [
            said,
            *(_note(change, used[change.intent_id]) for change in report.redefined),
            *(one.sentence for one in report.unset if not (one.is_new or one.n_conversations)),
            *(str(name) for name in self.names if name not in self.misspelt),
        ]

    def measures(self) -> tuple[Measure, ...]:
        """Return the lines of the gate's page."""
        if not self.n:
            return ()
        n_lost, n_faults = len(self.having("lost", "gone")), len(self.having("uncallable", "spoilt"))
        n_redefined = len(self.having("redefined"))
        passed = n_lost <= self.allowed and len(self.having("gone")) <= int(self.limit * self.n)
        measures = [
            _share("stored conversations that lose their goal", n_lost, self.n, limit=self.limit, passed=passed),
            _count("stored conversations with a changed tool or question", n_redefined, self.n, self.accepts_changes),
            _count("stored conversations with a spoilt reply or a tool that fails", n_faults, self.n),
        ]
        if self.own:
            name = f"conversations of version {self.report.version} whose goal its own replay misses"
            n_blind, n_own = len(self.own_blind), len(self.own)
            passed = n_blind <= max(1, int(MAX_MISSED * n_own))
            measures.append(_share(name, n_blind, n_own, limit=MAX_MISSED, passed=passed))
        return tuple(measures)


def _conversations(count: int) -> str:
    return f"{count:,} stored conversation{'s' if count != 1 else ''}"


def _share(name: str, count: int, n: int, *, limit: float, passed: bool) -> Measure:
    low, high = wilson_interval(count, n)
    return Measure(name=name, value=count / n, low=low, high=high, limit=limit, is_floor=False, n=n, passed=passed)


def _count(name: str, count: int, n: int, is_accepted: bool = False) -> Measure:
    passed = is_accepted or not count
    return Measure(name=name, value=float(count), limit=0.0, is_floor=False, unit="count", n=n, passed=passed)


def _note(change: DefinitionChange, n_used: int) -> str:
    verb = "is" if n_used == 1 else "are"
    seen = (
        f"{n_used} of the replayed conversations {verb} about it" if n_used else "no replayed conversation is about it"
    )
    return f"{change.sentence} ({seen})"


def _names(conversations: Iterable[ComparedConversation], *kinds: LossKind) -> str:
    return _most(name for each in conversations for name in {loss.intent_id for loss in each.of(*kinds)})


def _most(names: Iterable[str]) -> str:
    """Name the most frequent intents, with their counts."""
    counted = Counter(names).most_common()
    text = ", ".join(f"{name}: {count}" for name, count in counted[:_SHOWN])
    return f"{text} and others" if counted[_SHOWN:] else text
