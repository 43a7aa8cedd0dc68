"""`intentloop keys`: make, list and revoke keys of the admin API."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import with_database
from serving.terminal import echo

if TYPE_CHECKING:
    from datetime import datetime

    from serving.access.roles import Role
    from serving.store.access.api_keys import ApiKey
    from serving.store.access.audit import AuditEntry
    from serving.store.client import Database

keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys of the admin API.")

_ROLES = "viewer, labeller, author, operator or owner; each may do what the ones before it may"


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="For people: what or whom the key is for.")],
    role: Annotated[list[str], typer.Option(help=f"ROLE for all bots, or BOT=ROLE: {_ROLES}. May be repeated.")],
    days: Annotated[float | None, typer.Option(min=0.001, max=36500, help="Days until it expires.")] = None,
) -> None:
    """Make a key and print it, this once: only its hash is stored.

    Example: `intentloop keys create "nightly export" --role viewer --role shop=labeller --days 90`
    """
    from serving.clock import utc_now
    from serving.store.access.api_keys import ApiKeys
    from serving.store.access.audit import AuditLog

    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise typer.BadParameter("a name has 1 to 100 printable characters", param_hint="NAME")
    roles, now = dict(map(_parsed, role)), utc_now()
    ends = now + timedelta(days=days) if days is not None else None

    async def make(database: "Database") -> str:
        key, text = await ApiKeys(database).create(name, roles, by=_me(), now=now, expires_at=ends)
        after = key.model_dump(mode="json", include={"name", "roles", "expires_at"})
        await AuditLog(database).append(_entry("create key", key.id, now=now, after=after))
        return str(text)

    echo(with_database(make))
    echo("keep it now, it is not shown again; send it as `Authorization: Bearer KEY`", err=True)


@keys_app.command("list")
def list_() -> None:
    """List all keys, newest first, without their secrets.

    Example: `intentloop keys list`
    """
    from rich.table import Table

    from serving.clock import utc_now
    from serving.console import Console
    from serving.store.access.api_keys import ApiKeys

    keys, now = with_database(lambda database: ApiKeys(database).listed()), utc_now()
    if not keys:
        echo("there is no key; `intentloop keys create NAME --role owner` makes one")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "roles", "state", "last used", "made", "by"):
        table.add_column(heading, overflow="fold")
    for key in keys:
        roles = ", ".join(role if bot == "*" else f"{bot}={role}" for bot, role in key.roles.items())
        table.add_row(key.id, key.name, roles, _state(key, now), _day(key.last_used_at), _day(key.created_at), key.by)
    Console().print(table)


@keys_app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` shows it.")]) -> None:
    """Revoke a key for good. Servers notice within seconds.

    Example: `intentloop keys revoke 1f0c55aa21`
    """
    from serving.clock import utc_now
    from serving.store.access.api_keys import ApiKeys
    from serving.store.access.audit import AuditLog

    now = utc_now()

    async def end(database: "Database") -> "ApiKey":
        key = await ApiKeys(database).revoke(key_id, now=now)
        await AuditLog(database).append(_entry("revoke key", key_id, now=now))
        return key

    key = with_database(end)
    echo(f"key {key.id} ({key.name}) is revoked since {_day(key.revoked_at)}")


def _parsed(text: str) -> "tuple[str, Role]":
    from pipelines.settings import BOT_NAME_RULE, is_bot_name
    from serving.access.roles import ALL_BOTS, Role

    bot, equals, name = text.rpartition("=")
    if equals and bot != ALL_BOTS and not is_bot_name(bot):
        raise typer.BadParameter(BOT_NAME_RULE, param_hint="--role")
    try:
        return bot or ALL_BOTS, Role(name)
    except ValueError as error:
        raise typer.BadParameter(f"{name!r} is no role; write {_ROLES}", param_hint="--role") from error


def _state(key: "ApiKey", now: "datetime") -> str:
    if key.revoked_at is not None:
        return "revoked"
    if not key.is_valid(now):
        return "expired"
    return f"until {_day(key.expires_at)}" if key.expires_at is not None else "valid"


def _day(moment: "datetime | None") -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else "-"


def _me() -> str:
    import getpass

    return f"{getpass.getuser()} at a terminal"


def _entry(action: str, key_id: str, *, now: "datetime", after: "dict[str, object] | None" = None) -> "AuditEntry":
    from serving.store.access.audit import AuditEntry

    fields = {"at": now, "by": "terminal", "by_name": _me(), "action": action, "target": key_id, "after": after}
    return AuditEntry.model_validate(fields)
