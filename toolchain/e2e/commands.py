"""A page's commands, typed into a shell: in a checkout of its own, against the stand-ins."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

from simulator.aws.sam_template import read_document
from toolchain.e2e.report import require
from toolchain.e2e.sam import BUILT, environment, watching_one_metric
from toolchain.local.emulator import ROOT
from toolchain.local.sam_local_invoke import SAM

if TYPE_CHECKING:
    from pathlib import Path

    from toolchain.e2e.environment import DeployedEnvironment

README = ROOT / "README.md"
STATE_MACHINE = ROOT / "statemachines/reap.asl.json"
NOT_SHARED = frozenset({".aws-sam", ".git", "out", "samconfig.toml"})
SECONDS = 300
INLINE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def commands(page: str) -> set[str]:
    """Every command of a page, in its text and in its blocks, without the remarks behind them."""
    lines = [line for block in BLOCK.findall(page) for line in block.splitlines()]
    return {line.split("  #")[0].strip() for line in [*lines, *INLINE.findall(page)]}


def checkout(deployed: DeployedEnvironment, origin: str) -> Path:
    """The repository as a clone of ``origin``, already built, with a samconfig.toml that may be changed."""
    folder = deployed.folder / "checkout"
    folder.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in NOT_SHARED:
            (folder / entry.name).symlink_to(entry)
    build = folder / ".aws-sam/build"
    build.mkdir(parents=True)
    for entry in BUILT.parent.iterdir():
        if entry.is_dir():
            (build / entry.name).symlink_to(entry)
    template = watching_one_metric(read_document(BUILT))
    # its path is relative to the folder of the build
    template["Resources"]["ReapStateMachine"]["Properties"]["DefinitionUri"] = str(STATE_MACHINE)
    (build / "template.yaml").write_text(json.dumps(template, indent=2), encoding="utf-8")
    who = "-c user.name=e2e -c user.email=e2e@example.org"
    shell(deployed, f"git init --quiet . && git {who} commit --quiet --allow-empty -m Clone", folder)
    shell(deployed, f"git remote add origin {origin}", folder)
    return folder


def typed(
    deployed: DeployedEnvironment, command: str, folder: Path, *, more: str = "", answer: str = ""
) -> str:
    """What a command of the README says, given as it stands there, with ``more`` behind it.

    Raises:
        NotShownError: the README has no such command.
    """
    require(command in commands(README.read_text(encoding="utf-8")), f"the README has no {command!r}")
    return shell(deployed, f"{command}{more}", folder, answer=answer)


def shell(deployed: DeployedEnvironment, command: str, folder: Path, *, answer: str = "") -> str:
    """What the command says, on both of its streams. ``answer`` is typed at a terminal of its own."""
    terminal, keyboard = pty.openpty()
    try:
        os.write(terminal, answer.encode())
        done = subprocess.run(  # noqa: S603 - the project's own commands
            ["/bin/bash", "-c", command],
            cwd=folder,
            env=_environment(deployed),
            stdin=keyboard if answer else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    finally:
        os.close(terminal)
        os.close(keyboard)
    with (deployed.folder / "commands.log").open("a", encoding="utf-8") as log:
        log.write(f"$ {command}\n{done.stdout}\n")
    return done.stdout


def _environment(deployed: DeployedEnvironment) -> dict[str, str]:
    """The user's own shell: the stand-ins as AWS, and the SAM CLI on PATH."""
    inherited = environment(deployed)
    return {
        **inherited,
        "AWS_ENDPOINT_URL_EC2": deployed.moto,
        "AWS_ENDPOINT_URL_AUTO_SCALING": deployed.moto,
        "PATH": os.pathsep.join([str(SAM.parent), inherited.get("PATH", os.defpath)]),
    }
