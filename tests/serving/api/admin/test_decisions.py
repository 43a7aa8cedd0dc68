"""Every route of the admin API needs a decision about who may use it."""

import pytest

from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.route import AdminRouter


async def show() -> None:
    """A handler."""


@pytest.mark.parametrize("n_decisions", [0, 2])
def test_a_route_without_one_decision_cannot_be_made(n_decisions: int) -> None:
    router = AdminRouter(tags=["things"])
    with pytest.raises(TypeError, match="who may use it"):
        router.get("/api/v1/open", summary="Open", dependencies=[allow(Role.VIEWER)] * n_decisions)(show)
