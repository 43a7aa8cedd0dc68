"""What somebody must be allowed to who uses a route of the admin API."""

from enum import Enum
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.params import Depends as DependsParam
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pipelines.errors import AccessDenied
from serving.access.roles import ALL_BOTS, Principal, Role

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="Key",
    description="A key that `intentloop keys create` has made, a token of the OIDC issuer, or the value of "
    "`INTENTLOOP_ADMIN_TOKEN`.",
)


_MOST_CHARACTERS = 100
"""Of a name that may be none: who may use a route is checked before its parameters are."""


class Reach(Enum):
    """For what somebody must have a role."""

    BOT = "the bot in the path"
    DEFAULT_BOT = "the default bot"
    ANY_BOT = "at least one bot"
    PLATFORM = "all bots"


class Allow:
    """Who may use a route; as a dependency, it also documents that."""

    def __init__(self, role: Role, reach: Reach) -> None:
        self.role, self.reach = role, reach

    async def __call__(self, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]) -> None:
        """Do nothing: `AdminRoute` checks before it reads the request."""

    @property
    def sentence(self) -> str:
        """What somebody needs, for the documentation."""
        return f"Needs the role `{self.role}` for {self.reach.value}."

    def check(self, caller: Principal, request: Request) -> None:
        """Raise `AccessDenied` if the caller may not use the route."""
        bot = self.bot_of(request)
        if self.reach is Reach.ANY_BOT:
            is_allowed = any(held.includes(self.role) for held in caller.roles.values())
        else:
            is_allowed = caller.may(self.role, bot=bot or ALL_BOTS)
        if not is_allowed:
            reach = f"bot {bot[:_MOST_CHARACTERS]!r}" if bot is not None else self.reach.value
            raise AccessDenied(self.role, reach, held=caller.name)

    def bot_of(self, request: Request) -> str | None:
        """Return the bot that a request is about, or None if it is not about one."""
        if self.reach is Reach.DEFAULT_BOT:
            default: str = request.app.state.default_bot
            return default
        if self.reach is Reach.BOT:
            path = request.path_params
            return str(path["bot"] if "bot" in path else path["name"])
        return None


def allow(role: Role, *, on: Reach = Reach.BOT) -> Any:
    """Return the dependency that says who may use a route of the admin API: the least role, and for which bot."""
    return Depends(Allow(role, on))


def decision_of(dependencies: list[DependsParam]) -> Allow | None:
    """Return who may use a route with these dependencies, or None if nobody has decided that."""
    found = [each.dependency for each in dependencies if isinstance(each.dependency, Allow)]
    return found[0] if len(found) == 1 else None


async def _current(request: Request) -> Principal:
    caller: Principal = request.state.caller
    return caller


Caller = Annotated[Principal, Depends(_current)]
"""Who sends the request, in a handler's signature."""
