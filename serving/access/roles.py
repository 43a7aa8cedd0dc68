"""Roles of the admin API, for one bot or for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ALL_BOTS = "*"
"""In place of a bot's name: the role holds for every bot, also for those that do not exist yet."""


class Role(StrEnum):
    """What somebody may do; each role includes the ones before it.

    A viewer reads. A labeller decides labels. An author edits drafts, trains and tries them. An operator promotes and
    rolls back, connects channels, changes settings and forgets people. An owner manages keys and members.
    """

    VIEWER = "viewer"
    LABELLER = "labeller"
    AUTHOR = "author"
    OPERATOR = "operator"
    OWNER = "owner"

    def includes(self, other: "Role") -> bool:
        """Whether whoever has this role may do what the other role allows."""
        return _ORDER[self] >= _ORDER[other]


_ORDER = {role: place for place, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever sent a request.

    Attributes
    ----------
    id
        Never changes, and is never used again for somebody else: `key:ID`, `member:SUBJECT` or `token`.
    name
        For people.
    roles
        By bot, or `ALL_BOTS`.
    """

    id: str
    name: str
    roles: Mapping[str, Role]

    def may(self, role: Role, *, bot: str = ALL_BOTS) -> bool:
        """Whether they may do what a role allows: for one bot or, without one, for the whole platform."""
        return any(held.includes(role) for place, held in self.roles.items() if place in (bot, ALL_BOTS))


def combined(*grants: Mapping[str, Role]) -> dict[str, Role]:
    """Return the roles of somebody to whom all of these were given: for each bot the one that may most."""
    found: dict[str, Role] = {}
    for grant in grants:
        for bot, role in grant.items():
            if bot not in found or role.includes(found[bot]):
                found[bot] = role
    return found


def may_give(giver: Principal, roles: Mapping[str, Role]) -> bool:
    """Whether somebody holds everything that these roles are: nobody gives more than they have."""
    return all(giver.may(role, bot=bot) for bot, role in roles.items())
