"""Runs inside .tools/sam: the SAM CLI parses each command on standard input and runs none of them."""

from __future__ import annotations

import shlex
import sys

import click
from samcli.cli.main import cli  # type: ignore[import-not-found]  # of the SAM CLI's own environment


def protected(context: click.Context) -> list[str]:
    """The first words of a group's command, which click keeps apart; 8.2 renamed where."""
    return list(getattr(context, "_protected_args", None) or getattr(context, "protected_args", []))


def parse(words: list[str]) -> None:
    """Raises click.ClickException: an option, an argument or a command is wrong, or one is missing."""
    command, name, arguments, parent = cli, "sam", words, None
    while True:
        context = command.make_context(name, list(arguments), parent=parent)
        if not isinstance(command, click.Group):
            return
        name, command, arguments = command.resolve_command(context, [*protected(context), *context.args])
        parent = context


for line in sys.stdin.read().splitlines():
    try:
        parse(shlex.split(line)[1:])
    except click.ClickException as error:
        sys.stdout.write(f"{line}: {error.format_message()}\n")
