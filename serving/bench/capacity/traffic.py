"""Traffic: how many messages a month, and how they spread over a day."""

from collections.abc import Sequence
from dataclasses import dataclass

DAYS_PER_MONTH = 365 / 12
SHOP_DAY = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 20, 18, 18, 18, 18, 18, 19, 20, 21, 19, 14, 8, 3)
"""Messages by hour of the day, in any unit: an assumed shop. Yours are in the log: `bot.turns()`."""


@dataclass(frozen=True)
class Traffic:
    """A month of messages.

    Attributes
    ----------
    messages
        Per month.
    day
        24 weights, one per hour.
    peak_factor
        How much the busiest hour that must be answered exceeds the busiest hour of an ordinary day: a campaign.
    platform_share
        Share of the messages that come through a platform's webhook, the queue and `intentloop worker`, in [0, 1].
    llm_share
        Share of the messages that the language model is asked about, in [0, 1].
    """

    messages: float
    day: Sequence[float] = SHOP_DAY
    peak_factor: float = 2.0
    platform_share: float = 0.3
    llm_share: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what is no traffic."""
        if len(self.day) != 24 or min(self.day) < 0 or sum(self.day) <= 0:
            raise ValueError("a day has 24 weights of 0 or more, not all of them 0")
        if not (0 <= self.platform_share <= 1 and 0 <= self.llm_share <= 1):
            raise ValueError("a share is between 0 and 1")

    @property
    def mean_per_second(self) -> float:
        """Messages per second over the whole month."""
        return self.messages / (DAYS_PER_MONTH * 86_400)

    @property
    def by_hour(self) -> list[float]:
        """Messages per second in each hour of an ordinary day."""
        return [self.mean_per_second * 24 * weight / sum(self.day) for weight in self.day]

    @property
    def peak_per_second(self) -> float:
        """Messages per second in the busiest hour that must be answered."""
        return max(self.by_hour) * self.peak_factor
