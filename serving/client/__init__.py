"""The admin API in Python: `from serving.client import Client`. It needs a running server's address and a key alone."""

from pipelines.errors import ApiError, ApiUnavailable, EditedMeanwhile
from serving.client.bot import BotClient
from serving.client.client import Client

__all__ = ["ApiError", "ApiUnavailable", "BotClient", "Client", "EditedMeanwhile"]
