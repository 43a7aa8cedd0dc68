"""`intentloop channel`: connects bots to platforms from the command line."""

import sys
from typing import Annotated

import typer

from serving.local.arguments import chosen_bot, with_database

channel_app = typer.Typer(no_args_is_help=True, help="Connect a bot to a platform such as Messenger.")

ASK = "-"
BotOption = Annotated[str | None, typer.Option("--bot", help="Bot; INTENTLOOP_DEFAULT_BOT if not given.")]
_HOW = "the value, `secret:NAME`, or `-` to be asked for it or to read it from standard input"


@channel_app.command("set-facebook")
def set_facebook(
    bot: BotOption = None,
    verify_token: Annotated[str | None, typer.Option(help=f"What Messenger confirms the address with: {_HOW}.")] = None,
    app_secret: Annotated[str | None, typer.Option(help=f"What Messenger signs with: {_HOW}.")] = None,
    page_token: Annotated[str | None, typer.Option(help=f"What replies are sent with: {_HOW}.")] = None,
    page: Annotated[str | None, typer.Option(help="Page that the token is for, if the bot has several.")] = None,
    enabled: Annotated[bool, typer.Option("--on/--off", help="Whether the channel answers.")] = True,
) -> None:
    """Connect a bot to Facebook Messenger, or change how it is connected. What is not given stays as it is.

    Example: `intentloop channel set-facebook --verify-token - --app-secret secret:FB_APP --page-token secret:FB_PAGE`
    """
    from serving.channels.facebook import FacebookSettings
    from serving.channels.graph_api import CHANNEL
    from serving.store.client import Database
    from serving.store.integrations import Integration, IntegrationStore

    name = chosen_bot(bot)
    verify, secret = _given(verify_token, "Verify token"), _given(app_secret, "App secret")
    token = _given(page_token, "Page token")
    if page is not None and token is None:
        raise typer.BadParameter("name the page's token as well", param_hint="--page-token")

    async def change(database: Database) -> FacebookSettings:
        store = IntegrationStore(database)
        known = await store.find(name, CHANNEL)
        before = FacebookSettings.model_validate(known.settings if known else {})
        after = before.model_copy(
            update={
                "verify": verify or before.verify,
                "secret": secret or before.secret,
                "page_access_token": token if token and page is None else before.page_access_token,
                "page_access_tokens": before.page_access_tokens | ({page: token} if page and token else {}),
            }
        )
        settings = after.model_dump()
        await store.put(Integration(bot=name, channel=CHANNEL, is_enabled=enabled, settings=settings))
        return after

    after = with_database(change)
    _print(after.model_dump(), bot=name, is_enabled=enabled)


@channel_app.command("show")
def show(bot: BotOption = None) -> None:
    """Show how a bot is connected to Messenger; secrets are not shown.

    Example: `intentloop channel show --bot default`
    """
    from serving.channels.facebook import FacebookSettings
    from serving.channels.graph_api import CHANNEL
    from serving.store.integrations import IntegrationStore

    name = chosen_bot(bot)
    found = with_database(lambda database: IntegrationStore(database).find(name, CHANNEL))
    if found is None:
        typer.echo(f"bot {name} is not connected by `intentloop channel`; INTENTLOOP_FACEBOOK_* count, if they are set")
        return
    settings = FacebookSettings.model_validate(found.settings)
    _print(settings.model_dump(), bot=name, is_enabled=found.is_enabled)


def _given(value: str | None, what: str) -> str | None:
    if value != ASK:
        return value
    if not sys.stdin.isatty():  # a script passes it on, one line each
        return sys.stdin.readline().strip()
    answer: str = typer.prompt(what, hide_input=True)
    return answer


def _print(settings: dict[str, str | dict[str, str]], *, bot: str, is_enabled: bool) -> None:
    typer.echo(f"facebook: {'on' if is_enabled else 'off'}, webhook /api/v1/bots/{bot}/channels/facebook/webhook")
    for name, value in settings.items():
        if isinstance(value, dict):
            for page, token in value.items():
                typer.echo(f"  {f'page {page}':<18} {_masked(token)}")
        else:
            typer.echo(f"  {name:<18} {_masked(value)}")


def _masked(value: str) -> str:
    if not value:
        return "not set"
    return value if value.startswith("secret:") else "***"
