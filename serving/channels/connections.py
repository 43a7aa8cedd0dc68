"""Opens a bot's connection to a platform: its stored settings with their secrets resolved."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from pipelines.errors import NotFound
from pipelines.schemas.stored import describe_fault
from serving.channels import graph_api
from serving.channels.contract import Channel
from serving.channels.facebook import Facebook, FacebookSettings
from serving.channels.graph_api import GraphApi
from serving.store.integrations import Integration, IntegrationStore, unreadable
from serving.tools.secrets import Secrets


class Connections:
    """Opens channels with the current settings, so that a change takes effect at once.

    `defaults` apply to bots without stored settings, and to values missing in those.
    """

    def __init__(
        self,
        store: IntegrationStore,
        *,
        secrets: Secrets,
        graph_api: GraphApi,
        defaults: tuple[Integration, ...] = (),
    ) -> None:
        self.store = store
        self._secrets = secrets
        self._graph_api = graph_api
        self._defaults = {(each.bot, each.channel): each for each in defaults}

    async def open(self, bot: str, channel: str) -> Channel:
        """Open a bot's connection to a platform.

        Raises
        ------
        NotFound
            The bot has no such channel, or it is switched off.
        SecretUnavailable
            A secret that its settings refer to cannot be read.
        DocumentUnreadable
            Its settings are not as this program writes them.
        StoreUnavailable
            The database does not respond.
        """
        if channel != graph_api.CHANNEL:
            raise NotFound("channel", channel, hint=f"the channels with a webhook are: {graph_api.CHANNEL}")
        default = self.default_of(bot, channel)
        integration = await self.store.find(bot, channel) or default
        if integration is None or not integration.is_enabled:
            raise NotFound("channel", channel, hint=f"set it up for bot {bot!r} and switch it on")
        given = {name: value for name, value in integration.settings.items() if value}
        try:
            return await self.resolved({**(default.settings if default else {}), **given})
        except ValidationError as error:
            raise unreadable(bot, channel, fault=describe_fault(error)) from error

    def default_of(self, bot: str, channel: str) -> Integration | None:
        """Return what applies to a bot without stored settings, if anything."""
        return self._defaults.get((bot, channel))

    async def resolved(self, settings: Mapping[str, JsonValue]) -> Facebook:
        """Return the channel of some settings with their secrets; raise `SecretUnavailable` as `open` does."""
        return Facebook(FacebookSettings.model_validate(await self._resolved(settings)), self._graph_api)

    async def _resolved(self, settings: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        return {name: await self._value(value) for name, value in settings.items()}

    async def _value(self, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: await self._value(inner) for name, inner in value.items()}
        return await self._secrets.resolve(value) if isinstance(value, str) else value
