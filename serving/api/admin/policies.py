"""Changing the part of a bot's policy that a route shows."""

from collections.abc import Callable

from fastapi import Request, Response

from pipelines.schemas.policy import BotPolicy
from serving.api.admin.etags import Shown, require_match, tagged
from serving.api.admin.route import note_change, services_of


async def edit_policy(
    bot: str,
    change: Callable[[BotPolicy], BotPolicy],
    *,
    show: Callable[[BotPolicy], Shown],
    if_match: str | None,
    request: Request,
    response: Response,
) -> Shown:
    """Change a policy, and return what is shown of it with its `ETag`; the audit log has that before and after.

    Nothing changes if the sender has not seen what is shown of it now.
    """

    def checked(policy: BotPolicy) -> BotPolicy:
        before = show(policy).model_dump(mode="json")
        require_match(if_match, before)
        note_change(request, before=before)
        return change(policy)

    shown = show(await services_of(request).policies.edit(bot, checked))
    note_change(request, before=request.state.change["before"], after=shown.model_dump(mode="json"))
    return tagged(shown, response)
