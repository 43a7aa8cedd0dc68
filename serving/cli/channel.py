"""`intentloop channel`: connect bots to platforms."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, with_database
from serving.terminal import echo

if TYPE_CHECKING:
    from serving.store.integrations import Integration

channel_app = typer.Typer(no_args_is_help=True, help="Connect a bot to a platform such as Messenger.")

ASK = "-"
_UNSET = "not set"
_HOW = "the value, `secret:NAME`, or `-` to enter it at a prompt or on standard input"


@channel_app.command("set-facebook")
def set_facebook(
    bot: BotOption = None,
    verify_token: Annotated[str | None, typer.Option(help=f"Verifies the webhook's address: {_HOW}.")] = None,
    app_secret: Annotated[str | None, typer.Option(help=f"Signs Messenger's requests: {_HOW}.")] = None,
    page_token: Annotated[str | None, typer.Option(help=f"Authorizes replies: {_HOW}.")] = None,
    page: Annotated[str | None, typer.Option(help="The token's page, if the bot has several.")] = None,
    enabled: Annotated[
        bool | None,
        typer.Option("--on/--off", help="Switch the channel on or off; a new one is on.", show_default=False),
    ] = None,
) -> None:
    """Connect a bot to Facebook Messenger, or change its connection. Options that are not given stay unchanged.

    Example: `intentloop channel set-facebook --verify-token - --app-secret secret:FB_APP --page-token secret:FB_PAGE`
    """
    from pydantic import ValidationError

    from pipelines.errors import DocumentUnreadable
    from serving.channels.facebook import FacebookSettings
    from serving.channels.graph_api import CHANNEL
    from serving.store.client import Database
    from serving.store.integrations import Integration, IntegrationStore

    name = chosen_bot(bot)
    if (verify_token, app_secret, page_token, enabled) == (None,) * 4 and page is None:
        raise typer.BadParameter("nothing to change; --help lists the options")
    if page is not None and page_token is None:
        raise typer.BadParameter("give the page's token as well", param_hint="--page-token")
    verify, secret = _given(verify_token, "--verify-token"), _given(app_secret, "--app-secret")
    token = _given(page_token, "--page-token")

    async def change(database: Database) -> Integration:
        store = IntegrationStore(database)
        try:
            known = await store.find(name, CHANNEL)
            before = FacebookSettings.model_validate(known.settings if known else {})
        except (DocumentUnreadable, ValidationError):
            await store.put_aside(name, CHANNEL)
            known, before = None, FacebookSettings()
            echo(f"what was stored of bot {name} cannot be read and was put aside: give every value again", err=True)
        after = before.model_copy(
            update={
                "verify": verify or before.verify,
                "secret": secret or before.secret,
                "page_access_token": token if token and page is None else before.page_access_token,
                "page_access_tokens": before.page_access_tokens | ({page: token} if page and token else {}),
            }
        )
        is_enabled = enabled if enabled is not None else known is None or known.is_enabled
        integration = Integration(bot=name, channel=CHANNEL, is_enabled=is_enabled, settings=after.model_dump())
        await store.put(integration)
        return integration

    _print(with_database(change))


@channel_app.command("show")
def show(bot: BotOption = None) -> None:
    """Show a bot's connection to Messenger; secrets are masked.

    Example: `intentloop channel show --bot default`
    """
    from pydantic import ValidationError

    from pipelines.schemas.stored import describe_fault
    from serving.channels.facebook import FacebookSettings
    from serving.channels.graph_api import CHANNEL
    from serving.store.integrations import IntegrationStore, unreadable

    name = chosen_bot(bot)
    found = with_database(lambda database: IntegrationStore(database).find(name, CHANNEL))
    if found is None:
        echo(f"bot {name} is not connected by `intentloop channel`; INTENTLOOP_FACEBOOK_* apply, if set")
        return
    try:
        settings = FacebookSettings.model_validate(found.settings)
    except ValidationError as error:
        raise unreadable(name, CHANNEL, fault=describe_fault(error)) from error
    _print(found.model_copy(update={"settings": settings.model_dump()}))


def _given(value: str | None, option: str) -> str | None:
    from pipelines.templates.references import SECRET_NAME

    if value is None:
        return None
    if value == ASK:
        # scripts pipe the values, one per line
        is_script = not sys.stdin.isatty()
        value = sys.stdin.readline() if is_script else typer.prompt(f"Value of {option}", hide_input=True)
    value = value.strip()
    if not value:
        raise typer.BadParameter("the value is empty; omit the option to keep the current one", param_hint=option)
    kind, colon, name = value.partition(":")
    if (kind, colon) == ("secret", ":") and not SECRET_NAME.fullmatch(name):
        raise typer.BadParameter("the NAME of secret:NAME consists of capital letters, digits and _", param_hint=option)
    return value


def _print(integration: "Integration") -> None:
    from serving.channels.setup import masked

    state = "on" if integration.is_enabled else "off"
    echo(f"facebook: {state}, webhook /api/v1/bots/{integration.bot}/channels/facebook/webhook")
    for name, value in integration.settings.items():
        if isinstance(value, dict):
            for page, token in value.items():
                echo(f"  {f'page {page}':<18} {masked(token) or _UNSET}")
        else:
            echo(f"  {name:<18} {masked(value) or _UNSET}")
