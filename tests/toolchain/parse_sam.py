"""Runs inside .tools/sam: the SAM CLI parses each command on standard input and runs none of them."""

from __future__ import annotations

import shlex
import sys

import click
from samcli.cli.main import cli  # type: ignore[import-not-found]  # of the SAM CLI's own environment


def protected(context: click.Context) -> list[str]:
    """The first words of a group's command, which click keeps apart; 8.2 renamed where."""
    return list(getattr(context, "_protected_args", None) or getattr(context, "protected_args", []))


def parse(command: click.Command, name: str, words: list[str], parent: click.Context | None = None) -> None:
    """Raises click.ClickException: an option, an argument or a command is wrong, or one is missing."""
    context = command.make_context(name, list(words), parent=parent)
    if isinstance(command, click.Group):
        found, inner, rest = command.resolve_command(context, [*protected(context), *context.args])
        if inner is not None:
            parse(inner, str(found), rest, context)


for line in sys.stdin.read().splitlines():
    try:
        parse(cli, "sam", shlex.split(line)[1:])
    except click.ClickException as error:
        sys.stdout.write(f"{line}: {error.format_message()}\n")
