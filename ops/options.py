"""The options that every command has, and what each means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tradai_shared.errors import ConfigError

SAMCONFIG = Path("samconfig.toml")
FLAG = Parameter(negative=())
Many = Annotated[list[str] | None, FLAG]


class Format(StrEnum):
    """How a command prints what it has to say."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"
    JUNIT = "junit"
    ASFF = "asff"


TEXT_OR_JSON = frozenset({Format.TABLE, Format.JSON})


def refuse_other_formats(chosen: Format, formats: frozenset[Format] = TEXT_OR_JSON) -> None:
    """Raises ConfigError: the command does not print the chosen format."""
    if chosen not in formats:
        raise ConfigError("--format", f"this command prints {', '.join(sorted(formats))}, not {chosen}")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Which environment, which account, and how to print.

    Parameters
    ----------
    env
        dev, staging or prod; the variable TRADAI_ENV sets it once for a whole shell.
    profile
        A profile of the AWS CLI.
    region
        Another region than the deployment's.
    endpoint_url
        Another AWS, such as a stand-in on this machine; AWS_ENDPOINT_URL does the same.
    format
        table for a person, json for a program; markdown, html, sarif, junit and asff where a
        command has a report.
    quiet
        Print only results and what needs attention: no account line, no progress.
    simulate
        Run against a simulated account on this machine; nothing is sent to AWS.
    samconfig_file
        The file that `sam deploy` reads.
    """

    env: Annotated[str, Parameter(env_var="TRADAI_ENV")]
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    format: Format = Format.TABLE
    quiet: Annotated[bool, FLAG] = False
    simulate: Annotated[bool, FLAG] = False
    samconfig_file: Path = SAMCONFIG


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnyEnvironment(Common):
    """The same options, where the answer is the same in every environment."""

    env: Annotated[str, Parameter(env_var="TRADAI_ENV")] = "dev"
