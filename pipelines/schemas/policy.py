"""A bot's policy: who may talk to it from which pages, who its visitors are, and what is kept of what they say.

It is an operational setting, not part of a release: a change counts at once, in every process within seconds.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PersonalKind = Literal["email", "phone", "card", "iban", "national_id"]
"""A kind of personal data that can be found by its form."""
PERSONAL_KINDS: tuple[PersonalKind, ...] = ("email", "phone", "card", "iban", "national_id")


class WidgetKey(BaseModel):
    """A publishable key: it stands in the source of pages, and says which pages may use the chat routes."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    key: str
    origins: tuple[str, ...]
    created_at: datetime
    created_by: str = ""


class VisitorKey(BaseModel):
    """A secret shared with the shop's own server, which signs who its visitors are.

    `secret` is the secret itself or a reference `secret:NAME`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    secret: str
    created_at: datetime
    created_by: str = ""


class PrivacyPolicy(BaseModel):
    """What is kept of what customers say.

    `redact` are the kinds that are replaced by a placeholder wherever they are stored or sent to a language model.
    `state_days` and `turn_days` shorten the platform's times; None leaves them. `form_hours` is how long an unfinished
    form may keep what it needs of a redacted kind.
    """

    model_config = ConfigDict(frozen=True)

    redact: tuple[PersonalKind, ...] = ()
    state_days: float | None = Field(default=None, gt=0)
    turn_days: float | None = Field(default=None, gt=0)
    form_hours: float = Field(default=24.0, gt=0, le=720)


class BotPolicy(BaseModel):
    """A bot's policy; the default is that of a bot without one: open to every page, visitors unknown, all text kept."""

    model_config = ConfigDict(frozen=True)

    revision: int = 0
    require_widget_key: bool = False
    widget_keys: tuple[WidgetKey, ...] = ()
    visitors: Literal["off", "optional", "required"] = "off"
    visitor_keys: tuple[VisitorKey, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    privacy: PrivacyPolicy = PrivacyPolicy()

    @property
    def origins(self) -> frozenset[str]:
        """Every origin that one of the widget keys allows."""
        return frozenset(origin for key in self.widget_keys for origin in key.origins)
