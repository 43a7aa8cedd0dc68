"""Where the settings of the server are, for those who may change them."""

from fastapi import Request

from pipelines.home import SETTINGS_FILE
from serving.access.roles import Principal, Role
from serving.tools.guard import SETTINGS_PLACE


def with_settings_place(text: str, request: Request, *, bot: str) -> str:
    """Return a message with the path of the settings file in place of its description, if an operator reads it."""
    caller: Principal = request.state.caller
    if not caller.may(Role.OPERATOR, bot=bot):
        return text
    return text.replace(SETTINGS_PLACE, str(request.app.state.settings.home.resolve() / SETTINGS_FILE))
