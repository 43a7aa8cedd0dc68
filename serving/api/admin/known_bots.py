"""Whether a bot is there in any way: with drafts, with a release, or in what is kept of it."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from pipelines.errors import ModelNotLoaded, NotFound, ReleasePending, no_such_bot
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName
from serving.dialogue.services import Services
from serving.store.drafts.removal import BotRemoval
from serving.store.drafts.revisions import Revisions

NO_BOT: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such bot."}}


async def require_known(bot: str, services: Services) -> None:
    """Raise `NotFound` for a bot of which there is nothing: no draft, no release, no conversation, nothing set.

    One without drafts whose conversations remain is there: somebody may have to be forgotten. Raise `ReleasePending`
    if the registry, which is asked last, does not answer.
    """
    head = await Revisions(services.database).read(bot)
    if (head is not None and not head.is_empty) or await BotRemoval(services.database, bot).has():
        return
    try:
        await services.releases.ensure(bot)
    except NotFound as error:
        raise no_such_bot(bot) from error
    except ReleasePending:
        raise
    except ModelNotLoaded:  # it has versions, none of which may answer
        return


async def _require(bot: Annotated[BotName, Path()], request: Request) -> None:
    await require_known(bot, request.app.state.services)


KNOWN_BOT = Depends(_require)
"""For routers of what only a bot that is there has. What is set up for a bot may come before it."""
