"""Privacy of a bot: which personal data is not kept, and for how long the rest is."""

from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import UserInputError
from pipelines.schemas.policy import BotPolicy, PersonalKind, PrivacyPolicy
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.etags import IfMatch, tagged
from serving.api.admin.policies import edit_policy
from serving.api.admin.route import AdminRouter, services_of
from serving.api.errors import ConflictBody
from serving.channels.incoming import BotName
from serving.dialogue.services import Services

_CONFLICT: dict[int | str, dict[str, Any]] = {
    412: {"model": ConflictBody, "description": "Somebody else has changed it."}
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/privacy", tags=["privacy"])

Bot = Annotated[BotName, Path()]


class PrivacySettings(BaseModel):
    """What is kept of what customers write."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"redact": ["email", "phone", "card", "iban"], "turn_days": 30}]},
    )

    redact: list[PersonalKind] = Field(
        default=[],
        max_length=20,
        description="Kinds that are replaced by a placeholder, such as `[phone]`, before anything is stored or sent to "
        "a language model. Forms and tools work with the real values.",
    )
    state_days: float | None = Field(
        default=None, gt=0, description="How long a conversation is remembered after its last message; null: as ever."
    )
    turn_days: float | None = Field(
        default=None, gt=0, description="How long a message and its reply are logged; null: as long as ever."
    )
    form_hours: float = Field(
        default=24.0, gt=0, le=720, description="How long an unfinished form may keep values of a redacted kind."
    )

    @classmethod
    def of(cls, policy: BotPolicy) -> "PrivacySettings":
        """Convert a policy."""
        return cls.model_validate(policy.privacy.model_dump())

    def policy(self) -> PrivacyPolicy:
        """Convert to a policy; each kind once."""
        return PrivacyPolicy.model_validate(self.model_dump() | {"redact": tuple(dict.fromkeys(self.redact))})


@router.get("", summary="Show the privacy settings", dependencies=[allow(Role.VIEWER)])
async def get_privacy(bot: Bot, request: Request, response: Response) -> PrivacySettings:
    """Return which personal data a bot does not keep, with its `ETag`."""
    return tagged(PrivacySettings.of(await services_of(request).policies.load(bot)), response)


@router.put("", summary="Change the privacy settings", responses=_CONFLICT, dependencies=[allow(Role.OPERATOR)])
async def replace_privacy(
    bot: Bot, body: PrivacySettings, request: Request, response: Response, if_match: IfMatch = None
) -> PrivacySettings:
    """Set what is kept of what customers write; it counts for messages from then on, in every process within seconds.

    Shorter times also count for what is stored already.
    """
    _check_bounds(body, services_of(request))
    return await edit_policy(
        bot,
        lambda policy: policy.model_copy(update={"privacy": body.policy()}),
        show=PrivacySettings.of,
        if_match=if_match,
        request=request,
        response=response,
    )


def _check_bounds(settings: PrivacySettings, services: Services) -> None:
    for name, longest in (
        ("state_days", services.lifetimes.state_ttl.total_seconds() / 86_400),
        ("turn_days", services.lifetimes.turn_ttl.total_seconds() / 86_400),
    ):
        days = getattr(settings, name)
        if days is not None and days > longest:
            raise UserInputError(f"{name}: the platform keeps nothing for longer than {longest:g} days; choose fewer")
