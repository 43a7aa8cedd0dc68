"""Names that people try first, and what they are called here."""

from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "--release": ("--version",),
    "--version": ("--release", "version"),
    "--model": ("--version", "--release", "version"),
    "--output": ("--out", "file"),
    "--out": ("file",),
    "--file": ("file", "--out", "--decide"),
    "--input": ("file",),
    "--source": ("file",),
    "--days": ("--since",),
    "--from": ("--since",),
    "--last": ("--since",),
    "--since": ("--days",),
    "--name": ("--bot",),
    "--thread": ("thread",),
    "--reason": ("--why",),
    "--message": ("--why",),
    "--format": ("--json",),
    "--apply": ("--decide",),
    "--decisions": ("--decide",),
    "--folds": ("--cross-validate",),
    "--candidates": ("--search",),
    "--trials": ("--search",),
    "--threshold": ("--min-accuracy",),
    "--test-file": ("--test",),
    "--policy": ("--promote",),
}
"""Options by other names; what has no dashes is an argument."""
_COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("start", "run", "chat"), "up"),
    **dict.fromkeys(("api", "server"), "serve"),
    **dict.fromkeys(("status", "check-health", "diagnose"), "doctor"),
    **dict.fromkeys(("load", "upload"), "import"),
    **dict.fromkeys(("dump", "download"), "export"),
    **dict.fromkeys(("check", "lint"), "validate"),
    **dict.fromkeys(("fit", "learn"), "train"),
    **dict.fromkeys(("test", "eval", "measure"), "evaluate"),
    **dict.fromkeys(("models", "versions", "list", "history"), "releases"),
    **dict.fromkeys(("deploy", "rollout", "publish"), "promote"),
    **dict.fromkeys(("undo", "revert"), "rollback"),
    **dict.fromkeys(("mine", "annotate"), "label --mine"),
    **dict.fromkeys(("delete", "erase"), "forget"),
    "predict": "score",
    "benchmark": "bench",
    "version": "--version",
}


class HintingCommand(TyperCommand):
    """A command that knows what its options are called elsewhere."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; for an option of another command, name the one that is meant."""
        known = {name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)}
        for given in args:
            if given == "--":
                break
            name = given.partition("=")[0]
            meant = [other for other in _OPTIONS.get(name, ()) if other in known]
            if name not in known and meant:
                kind = "the option" if meant[0].startswith("-") else "the argument"
                raise typer.BadParameter(f"{ctx.command_path} has none; use {kind} {meant[0]}", param_hint=name)
        return super().parse_args(ctx, args)


class HintingGroup(TyperGroup):
    """A group that knows what its commands are called elsewhere."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; for one that is called otherwise here, name it."""
        if args and args[0] not in self.commands and args[0] in _COMMANDS:
            meant = f"{ctx.command_path} {_COMMANDS[args[0]]}"
            raise typer.BadParameter(f"there is no such command; use `{meant}`", param_hint=args[0])
        return super().resolve_command(ctx, args)
