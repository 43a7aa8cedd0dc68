"""Which threads a canary answers, and when it has done worse than chance explains. Pure: no clock, no network."""

import hashlib
import math
from dataclasses import dataclass, field

from serving.dialogue.messages import TurnSignals

MIN_TURNS = 30
"""A canary is not judged before it has answered so many."""
FALSE_ALARM = 0.01
"""How likely a canary that is as good as the release beside it is stopped, ever."""
_GROWTH = 1.25
_SIGNS = ("fallback", "error", "clarification")


@dataclass
class Arm:
    """Turns that one of the two releases answered, and how often each sign was seen."""

    turns: int = 0
    count_by_sign: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SIGNS, 0))

    def add(self, signs: TurnSignals) -> None:
        """Count a turn."""
        self.turns += 1
        for sign in _SIGNS:
            self.count_by_sign[sign] += getattr(signs, sign)


class CanaryTrial:
    """Compares a canary with the release that answers everybody else, turn by turn.

    Looking again and again at growing counts finds a difference by chance sooner or later, unless each look takes its
    share of the error that is allowed. The looks are at 30 turns of the canary and whenever they have grown by a
    quarter; look k is given `FALSE_ALARM / (k (k + 1))`, which adds up to `FALSE_ALARM` over all looks, and the three
    signs share it. Turns are taken as independent; within a thread they are not quite, which the strictness covers.
    """

    def __init__(self) -> None:
        self.canary, self.others = Arm(), Arm()
        self._looks = 0
        self._next_look = MIN_TURNS

    def add(self, signs: TurnSignals, *, is_canary: bool) -> str | None:
        """Count a turn.

        Parameters
        ----------
        signs
            What was seen.
        is_canary
            Which of the two releases answered it.

        Returns
        -------
        str | None
            Why the canary must stop, in a sentence; None if it may go on.
        """
        (self.canary if is_canary else self.others).add(signs)
        if self.canary.turns < self._next_look or self.others.turns < MIN_TURNS:
            return None
        self._looks += 1
        self._next_look = math.ceil(self.canary.turns * _GROWTH)
        allowed = FALSE_ALARM / (self._looks * (self._looks + 1)) / len(_SIGNS)
        for sign in _SIGNS:
            ours, theirs = self.canary.count_by_sign[sign], self.others.count_by_sign[sign]
            chance = chance_of_more(ours, self.canary.turns, theirs, self.others.turns)
            if chance < allowed:
                return (
                    f"its {sign} rate is {ours / self.canary.turns:.1%} of {self.canary.turns} turns, against "
                    f"{theirs / self.others.turns:.1%} of {self.others.turns} (by chance: {chance:.2g})"
                )
        return None


def chance_of_more(ours: int, our_turns: int, theirs: int, their_turns: int) -> float:
    """Give the chance to see at least so many of ours if both rates were the same.

    Fisher's exact test, one-sided: exact also for the few errors that a good release makes, where a test that takes
    counts for normally distributed is wrong.

    Parameters
    ----------
    ours
        Turns of ours with the sign, at most `our_turns`.
    our_turns
        All of ours.
    theirs
        Turns of theirs with the sign, at most `their_turns`.
    their_turns
        All of theirs.

    Returns
    -------
    float
        In [0, 1]; small: ours is worse.

    References
    ----------
    Fisher, 1922, "On the interpretation of chi-squared from contingency tables, and the calculation of P".
    """
    total, with_sign = our_turns + their_turns, ours + theirs
    log_all = _log_choose(total, with_sign)
    terms = (
        math.exp(_log_choose(our_turns, k) + _log_choose(their_turns, with_sign - k) - log_all)
        for k in range(ours, min(our_turns, with_sign) + 1)
    )
    return min(1.0, math.fsum(terms))


def _log_choose(n: int, k: int) -> float:
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def is_chosen(bot: str, thread_id: str, *, key: str, share: float) -> bool:
    """Tell whether a thread is one of the share that a canary answers.

    The same thread gives the same answer in every process for as long as the canary is the same; another canary gets
    other threads.

    Parameters
    ----------
    bot
        The thread's bot.
    thread_id
        The thread.
    key
        The canary's.
    share
        In [0, 1].

    Returns
    -------
    bool
        Whether it is.
    """
    text = "".join(f"{len(part)}:{part}" for part in (bot, key, thread_id))
    digest = hashlib.blake2b(text.encode("utf-8", errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64
