"""``tradai-ops doctor``: reads an account and prints what a deployment needs."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from ops.doctor import remote, role, samconfig_edit
from ops.doctor.diagnose import diagnose
from ops.doctor.model import Diagnosis, Level
from ops.doctor.observe import AccountReader
from ops.doctor.owners import OwnerReader
from ops.options import FLAG, Common
from ops.screen import agreed, console, print_document, styled
from ops.session import connect
from tradai_shared.config.loader import deployed_config

if TYPE_CHECKING:
    from pathlib import Path

    from ops.session import Session

TONES = {Level.OK: "green", Level.INFO: "dim", Level.DO: "bold red", Level.UNREAD: "magenta"}


def doctor(
    *, common: Common, write: Annotated[bool, FLAG] = False, yes: Annotated[bool, FLAG] = False
) -> int:
    """Find what is there and say what to type before the first deployment. Reads only, but for --write.

    Parameters
    ----------
    write
        Put the parameters that were found into samconfig.toml; shows the difference and asks.
    yes
        With --write: write without asking.
    """
    with connect(common) as session:
        wanted = session.configured
        diagnosis = _diagnosed(session, remote.runbooks(common.samconfig_file.absolute().parent))
        news = {
            name: value for name, value in diagnosis.parameters.items() if wanted.parameter(name) != value
        }
        if session.prints_text:
            _print(diagnosis, news, quiet=common.quiet)
        else:
            lines = [asdict(line) for line in diagnosis.lines]
            print_document({**session.place, "lines": lines, "parameters": diagnosis.parameters})
        if write and news:
            after = samconfig_edit.changed(session.samconfig_text, session.env, news)
            _write(common.samconfig_file, session.samconfig_text, after, yes=yes)
        return diagnosis.exit_code


def _diagnosed(session: Session, runbooks: str | None) -> Diagnosis:
    """What the account shows, and what the drift check's role needs with the deployment's own file."""
    wanted = session.configured
    reader = AccountReader(session.client)
    tables = [table.name for table in session.config.dynamodb.tables.values()]
    account = OwnerReader(reader).read(reader.read(session.identity, wanted), wanted, tables)
    diagnosis = diagnose(account, wanted, runbooks)
    config = deployed_config(session.env, {**wanted.parameters, **diagnosis.parameters})
    parameters, unknown = role.needed(config, session.identity, session.client)
    return Diagnosis((*diagnosis.lines, *unknown), {**diagnosis.parameters, **parameters})


def _print(diagnosis: Diagnosis, news: dict[str, str], *, quiet: bool) -> None:
    for line in diagnosis.lines:
        if quiet and line.level in {Level.OK, Level.INFO}:
            continue
        level = f"{line.level:<6}"
        console.print(styled(level, TONES[line.level]), f"{line.subject}: {line.text}")
        if line.remedy:
            console.print(f"       → {line.remedy}")
    if news:
        console.print("\nParameters of this account, for samconfig.toml (doctor --write puts them there):")
        for name, value in news.items():
            console.print(f"  {name}={value}")
    wrong = sum(line.level is Level.DO for line in diagnosis.lines)
    unread = sum(line.level is Level.UNREAD for line in diagnosis.lines)
    verdict = {0: "ready", 1: f"{wrong} to do first", 3: f"{unread} could not be read"}
    console.print(styled(f"\n{verdict[diagnosis.exit_code]}", "bold"))


def _write(file: Path, before: str, after: str, *, yes: bool) -> None:
    difference = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(file), str(file), lineterm=""
    )
    for line in difference:
        console.print(line)
    if yes or agreed(f"Write {file}?"):
        samconfig_edit.write(file, after)
        console.print(f"wrote {file}")
