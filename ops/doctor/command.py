"""``tradai-ops doctor``: reads an account and prints what a deployment needs."""

from __future__ import annotations

import difflib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.markup import escape
from rich.prompt import Confirm
from rich.table import Table

from ops.app import console
from ops.aws_clients import clients_of, region_of
from ops.doctor import samconfig
from ops.doctor.diagnose import diagnose
from ops.doctor.model import Level
from ops.doctor.observe import AccountReader, identify
from ops.doctor.wanted import Wanted
from tradai_shared.config.loader import environment
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.doctor.model import Diagnosis, Line

TONES = {Level.OK: "green", Level.INFO: "dim", Level.DO: "bold red", Level.UNREAD: "magenta"}
CONNECTIONS = 4


def doctor(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    write: bool = False,
    yes: bool = False,
    samconfig_file: Path = Path("samconfig.toml"),
    format: Literal["table", "json"] = "table",  # noqa: A002 - the option's name
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Find what is there and say what to type before the first deployment. Reads only.

    Exit code: 0 ready, 1 something must be done first, 2 error, 3 something could not be read.

    Parameters
    ----------
    env
        dev, staging or prod.
    write
        Put the parameters that were found into samconfig.toml; shows the difference and asks.
    yes
        With --write: write without asking.
    samconfig_file
        The file that `sam deploy` reads.
    format
        How to print.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the one in samconfig.toml.
    endpoint_url
        Another AWS, such as a stand-in on this machine; AWS_ENDPOINT_URL does the same.
    """
    target = deployment(env, samconfig_file, profile, region, endpoint_url)
    wanted = target.wanted
    identity = identify(target.client, target.region)
    diagnosis = diagnose(AccountReader(target.client).read(identity, wanted), wanted)
    news = {name: value for name, value in diagnosis.parameters.items() if wanted.parameter(name) != value}
    if format == "json":
        document = {"lines": [asdict(line) for line in diagnosis.lines], "parameters": diagnosis.parameters}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        _print(diagnosis, news)
    if write and news:
        _write(samconfig_file, target.text, samconfig.changed(target.text, env, news), yes=yes)
    return diagnosis.exit_code


@dataclass(frozen=True, slots=True)
class Deployment:
    """One environment's deployment as samconfig.toml has it, and how to reach its account."""

    wanted: Wanted
    region: str
    client: Callable[[str], Any]
    text: str

    @property
    def function(self) -> str:
        """The failover's function."""
        return next(iter(self.wanted.functions))


def deployment(
    env: str, file: Path, profile: str | None, region: str | None, endpoint_url: str | None
) -> Deployment:
    """Read samconfig.toml, and make clients.

    Raises:
        ConfigError: an unknown environment, or a file that cannot be understood.
        PermanentError: there is no such profile.
    """
    text = _read(file)
    wanted = Wanted(
        environment(env),
        str(samconfig.deployment(text, env).get("stack_name", f"tradai-ops-{env}")),
        samconfig.parameters(text, env),
    )
    where = region_of(profile, region, samconfig.region(text, env))
    return Deployment(wanted, where, clients_of(profile, where, where, CONNECTIONS, endpoint_url), text)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), f"cannot be read: {error}") from None


def _print(diagnosis: Diagnosis, news: dict[str, str]) -> None:
    rows = Table(box=None, pad_edge=False, show_header=False)
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    for line in diagnosis.lines:
        rows.add_row(f"[{TONES[line.level]}]{line.level}[/]", _text(line))
    console.print(rows)
    if news:
        console.print("\nParameters of this account, for samconfig.toml (doctor --write puts them there):")
        for name, value in news.items():
            console.print(f"  {name}={value}", markup=False, highlight=False, soft_wrap=True)
    wrong = sum(line.level is Level.DO for line in diagnosis.lines)
    unread = sum(line.level is Level.UNREAD for line in diagnosis.lines)
    verdict = {0: "ready", 1: f"{wrong} to do first", 3: f"{unread} could not be read"}
    console.print(f"\n[bold]{verdict[diagnosis.exit_code]}[/bold]")


def _text(line: Line) -> str:
    text = f"[bold]{escape(line.subject)}[/bold]: {escape(line.text)}"
    return f"{text}\n→ {escape(line.remedy)}" if line.remedy else text


def _write(file: Path, before: str, after: str, *, yes: bool) -> None:
    difference = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(file), str(file), lineterm=""
    )
    for line in difference:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if yes or Confirm.ask(f"Write {file}?", console=console, default=False):
        file.write_text(after, encoding="utf-8")
        console.print(f"wrote {file}")
