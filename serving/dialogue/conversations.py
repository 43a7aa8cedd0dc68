"""What a candidate would change in stored conversations, and whether that speaks against it.

What held-out utterances cannot show shows here: a form that no longer fills, a tool that is called in another way, a
text that cannot be rendered.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from pipelines.schemas.verdict import Check
from serving.dialogue.replay import Difference, ReplayedTurn

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
        The thread, as the channel named it.
    channel
        Where it began.
    turns
        Its turns in order.
    goals
        The intents that it carries out in production, with how often: a tool that answered, or a form that was filled
        where the intent has no tool.
    lost
        Those of them that the candidate no longer carries out.
    recalled
        Those of them whose tool the candidate calls in another way because the tool was changed: what it would answer
        is not known.
    """

    thread_id: str
    channel: str
    turns: tuple[ComparedTurn, ...]
    goals: tuple[str, ...]
    lost: tuple[str, ...]
    recalled: tuple[str, ...]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The intents whose reply the candidate cannot word although production can, and why."""
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
    conversations
        Those that were replayed.
    unread
        Why there are none although some were asked for; empty if nothing went wrong.
    n_unreadable
        Conversations that one of the releases, or this program, cannot work out at all.
    """

    columns: ClassVar = ("thread", "channel", "turn", "intent", "intent_now", "changes", "lost")

    version: str
    conversations: tuple[ComparedConversation, ...]
    unread: str = ""
    n_unreadable: int = 0

    @property
    def reaching(self) -> list[ComparedConversation]:
        """The conversations that reach a goal in production."""
        return [each for each in self.conversations if each.goals]

    @property
    def lost(self) -> list[ComparedConversation]:
        """Those that lose one."""
        return [each for each in self.conversations if each.lost]

    @property
    def recalled(self) -> list[ComparedConversation]:
        """Those whose tools are called in another way, and which lose nothing else."""
        return [each for each in self.conversations if each.recalled and not each.lost]

    def rows(self) -> list[dict[str, str | int]]:
        """Give every turn that changes, a row a difference, without what anybody wrote.

        Returns
        -------
        list[dict[str, str | int]]
            With `columns`: `changes` is what differs, `lost` are the goals that the whole conversation loses.
        """
        return [
            {
                "thread": conversation.thread_id,
                "channel": conversation.channel,
                "turn": turn.after.turn,
                "intent": turn.before.after.intent_id,
                "intent_now": turn.after.after.intent_id,
                "changes": ", ".join(difference.subject for difference in turn.differences),
                "lost": ", ".join(conversation.lost or conversation.recalled),
            }
            for conversation in self.conversations
            for turn in conversation.turns
            if turn.differences
        ]

    def check(self, *, max_lost_goals: float, accept_tool_changes: bool = False) -> Check:
        """Refuse a candidate that loses too many goals, cannot word a reply, or calls changed tools unasked.

        Parameters
        ----------
        max_lost_goals
            Largest share of the conversations that reach a goal in production which may lose one, in [0, 1]. Above 0,
            one conversation may in any case.
        accept_tool_changes
            Whether tools were changed on purpose.

        Returns
        -------
        Check
            The reasons and figures.
        """
        n_reaching, n_lost, n_recalled = len(self.reaching), len(self.lost), len(self.recalled)
        allowed = max(1, int(max_lost_goals * n_reaching)) if max_lost_goals > 0 else 0
        reasons = [self.unread] if self.unread else []
        if n_lost > allowed:
            reasons.append(
                f"{n_lost} of {n_reaching} stored conversations that reach their goal with version {self.version} no "
                f"longer do ({_most(name for each in self.lost for name in each.lost)}); at most {allowed} may"
            )
        if n_recalled > allowed and not accept_tool_changes:
            reasons.append(
                f"{n_recalled} of {n_reaching} stored conversations call a changed tool in another way than version "
                f"{self.version} ({_most(name for each in self.recalled for name in each.recalled)}), and nobody knows "
                "what it would answer; if that is meant, train with --accept-tool-changes"
            )
        problems = [problem for each in self.conversations for problem in each.problems]
        if problems:
            reasons.append(
                f"{len(problems)} replies of stored conversations cannot be worded any more "
                f"({_most(name for name, _ in problems)}): {problems[0][1]}"
            )
        figures = {
            "replayed_conversations": len(self.conversations),
            "replayed_turns": sum(len(each.turns) for each in self.conversations),
            "replay_changed_turns": len(self.rows()),
            "replay_goals": n_reaching,
            "replay_lost": n_lost,
            "replay_tool_changes": n_recalled,
        }
        note = f"replayed {len(self.conversations)} stored conversations, {n_reaching} of which reach a goal"
        if self.n_unreadable:
            note += f"; {self.n_unreadable} more cannot be worked out again"
        return Check(reasons=tuple(reasons), figures={key: float(n) for key, n in figures.items()}, notes=(note,))


def _most(names: Iterable[str]) -> str:
    counted = Counter(names).most_common(_SHOWN)
    return ", ".join(f"{name}: {n}" for name, n in counted)
