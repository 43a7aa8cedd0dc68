"""What a candidate would change in stored conversations, and whether that speaks against it.

This reveals what held-out utterances cannot: a form that no longer fills, a changed tool call, a text that fails to
render.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from pipelines.schemas.verdict import Check
from serving.replay.replay import Difference, ReplayedTurn

_SHOWN = 3
"""Intents named in a reason."""


@dataclass(frozen=True)
class ComparedTurn:
    """A turn of a stored conversation as two releases handle it.

    `before` is production's, `after` the candidate's; the differences are between these two, not with the log.
    """

    before: ReplayedTurn
    after: ReplayedTurn
    differences: tuple[Difference, ...]


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
        The intents carried out in production, with repetition: the tool answered or, without a tool, the form was
        filled.
    lost
        Goals that the candidate no longer reaches.
    tool_changed
        Goals whose tool call differs because the tool was changed: its result is unknown.
    """

    thread_id: str
    channel: str
    turns: tuple[ComparedTurn, ...]
    goals: tuple[str, ...]
    lost: tuple[str, ...]
    tool_changed: tuple[str, ...]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The intents whose reply only the candidate fails to render, and why."""
        return [
            (turn.after.after.intent_id, turn.after.outcome.reply.problem)
            for turn in self.turns
            if turn.after.outcome.reply.problem and not turn.before.outcome.reply.problem
        ]


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
    """

    columns: ClassVar = ("thread", "channel", "turn", "intent", "intent_now", "changes", "lost")

    version: str
    conversations: tuple[ComparedConversation, ...]
    unavailable: str = ""
    n_unreadable: int = 0

    @property
    def reaching(self) -> list[ComparedConversation]:
        """The conversations that reach a goal in production."""
        return [each for each in self.conversations if each.goals]

    @property
    def lost(self) -> list[ComparedConversation]:
        """The conversations that lose a goal."""
        return [each for each in self.conversations if each.lost]

    @property
    def tool_changed(self) -> list[ComparedConversation]:
        """The conversations that call a changed tool and lose nothing else."""
        return [each for each in self.conversations if each.tool_changed and not each.lost]

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
        """Refuse a candidate that loses too many goals, cannot render a reply, or calls changed tools without approval.

        `max_lost_goals` is the largest share of goal-reaching conversations that may lose one, in [0, 1]; above 0, one
        conversation always may. `accept_tool_changes` says that the tools were changed on purpose.
        """
        n_reaching, n_lost, n_tool_changed = len(self.reaching), len(self.lost), len(self.tool_changed)
        allowed = max(1, int(max_lost_goals * n_reaching)) if max_lost_goals > 0 else 0
        reasons = [self.unavailable] if self.unavailable else []
        if n_lost > allowed:
            reasons.append(
                f"{n_lost} of {n_reaching} stored conversations that reach their goal with version {self.version} no "
                f"longer do ({_most(name for each in self.lost for name in each.lost)}); at most {allowed} may"
            )
        if n_tool_changed > allowed and not accept_tool_changes:
            reasons.append(
                f"{n_tool_changed} of {n_reaching} stored conversations call a changed tool differently from version "
                f"{self.version} ({_most(name for each in self.tool_changed for name in each.tool_changed)}), with "
                "unknown results; if this is intended, train with --accept-tool-changes"
            )
        problems = [problem for each in self.conversations for problem in each.problems]
        if problems:
            reasons.append(
                f"{len(problems)} replies of stored conversations can no longer be rendered "
                f"({_most(name for name, _ in problems)}): {problems[0][1]}"
            )
        figures = {
            "replayed_conversations": len(self.conversations),
            "replayed_turns": sum(len(each.turns) for each in self.conversations),
            "replay_changed_turns": len(self.rows()),
            "replay_goals": n_reaching,
            "replay_lost": n_lost,
            "replay_tool_changes": n_tool_changed,
        }
        note = f"replayed {len(self.conversations)} stored conversations, {n_reaching} of which reach a goal"
        if self.n_unreadable:
            note += f"; {self.n_unreadable} more could not be replayed"
        return Check(reasons=tuple(reasons), figures={key: float(n) for key, n in figures.items()}, notes=(note,))


def _most(names: Iterable[str]) -> str:
    counted = Counter(names).most_common(_SHOWN)
    return ", ".join(f"{name}: {n}" for name, n in counted)
