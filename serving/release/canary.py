"""Which threads a canary answers, and when it has done significantly worse. Pure: no clock, no network."""

import hashlib
import math
from dataclasses import dataclass, field

from serving.dialogue.messages import TurnSignals

MIN_TURNS = 30
"""Turns that a canary must have answered before it is judged."""
FALSE_ALARM = 0.01
"""Probability that a canary as good as the release beside it is ever stopped."""
_GROWTH = 1.25
_SIGNS = ("fallback", "error", "clarification")


@dataclass
class Arm:
    """Turns that one of the two releases answered, and how often each sign occurred."""

    turns: int = 0
    count_by_sign: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SIGNS, 0))

    def add(self, signs: TurnSignals) -> None:
        """Count a turn."""
        self.turns += 1
        for sign in _SIGNS:
            self.count_by_sign[sign] += getattr(signs, sign)


class CanaryTrial:
    """Compares a canary with the release that answers everybody else, turn by turn.

    Repeated tests on growing counts find a difference by chance sooner or later, unless each test gets its share of
    the allowed error. The tests come at 30 turns of the canary and whenever its turns have grown by a quarter; test k
    gets `FALSE_ALARM / (k (k + 1))`, which sums to `FALSE_ALARM` over all tests, and the three signs share it. Turns
    are taken as independent; within a thread they are not quite, which the strictness covers.
    """

    def __init__(self) -> None:
        self.canary, self.others = Arm(), Arm()
        self._tests = 0
        self._next_test = MIN_TURNS

    def add(self, signs: TurnSignals, *, is_canary: bool) -> str | None:
        """Count a turn; return why the canary must stop, or None if it may go on."""
        (self.canary if is_canary else self.others).add(signs)
        if self.canary.turns < self._next_test or self.others.turns < MIN_TURNS:
            return None
        self._tests += 1
        self._next_test = math.ceil(self.canary.turns * _GROWTH)
        allowed = FALSE_ALARM / (self._tests * (self._tests + 1)) / len(_SIGNS)
        for sign in _SIGNS:
            ours, theirs = self.canary.count_by_sign[sign], self.others.count_by_sign[sign]
            p_value = fisher_p_value(ours, self.canary.turns, theirs, self.others.turns)
            if p_value < allowed:
                return (
                    f"its {sign} rate is {ours / self.canary.turns:.1%} of {self.canary.turns} turns, against "
                    f"{theirs / self.others.turns:.1%} of {self.others.turns} (by chance: {p_value:.2g})"
                )
        return None


def fisher_p_value(ours: int, our_turns: int, theirs: int, their_turns: int) -> float:
    """Return the probability of at least `ours` turns with a sign, out of `our_turns`, if both rates were the same.

    Fisher's exact test, one-sided (Fisher, 1922, "On the interpretation of chi-squared from contingency tables, and the
    calculation of P"). It is exact also for the few errors of a good release, where a normal approximation is wrong.
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
    """Whether a thread belongs to the share, in [0, 1], that the canary with this key answers.

    The result is the same in every process for as long as the canary is the same; another canary gets other threads.
    """
    text = "".join(f"{len(part)}:{part}" for part in (bot, key, thread_id))
    digest = hashlib.blake2b(text.encode("utf-8", errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64
