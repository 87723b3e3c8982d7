"""The SAM CLI against ministack: the very commands that a user gives."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

from simulator.aws.alarms import on_a_single_metric
from simulator.aws.sam_template import read_document
from toolchain.e2e.environment import CREDENTIALS
from toolchain.e2e.report import NotShownError
from toolchain.local.emulator import ROOT
from toolchain.local.sam_local_invoke import SAM

if TYPE_CHECKING:
    from toolchain.e2e.environment import DeployedEnvironment
    from tradai_shared.config.naming import Environment

BUILT = ROOT / ".aws-sam/build/template.yaml"
DEPLOYED = BUILT.with_name("template-of-e2e.json")  # beside it, since its paths are relative
SECONDS = 180
MOST = 8  # lines of what a failed command said; its log has all
OF_THE_USER = ("AWS_", "SAM_")  # nothing of a user's own account reaches the command


def sam(deployed: DeployedEnvironment, *arguments: str, answers: str = "") -> str:
    """What the command said. Kept in the deployed's folder as well.

    Raises:
        NotShownError: it failed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the project's own tool
            [str(SAM), *arguments],
            cwd=ROOT,
            env=environment(deployed),
            input=answers,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        raise NotShownError(f"sam {arguments[0]} did not end within {SECONDS} s") from late
    with (deployed.folder / "sam.log").open("a", encoding="utf-8") as log:
        log.write(f"$ sam {' '.join(arguments)}\n{done.stdout}\n")
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        raise NotShownError(f"sam {arguments[0]} ended with {done.returncode}: {' '.join(lines[-MOST:])}")
    return done.stdout


def readme_command(beginning: str) -> list[str]:
    """The arguments of the SAM CLI's command in README that begins so, as they stand there.

    Raises:
        NotShownError: README has none, or several.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(rf"`({re.escape(beginning)}[^`\n]*)`", text)
    if len(commands) != 1:
        raise NotShownError(f"README has {len(commands)} commands that begin with {beginning}")
    return shlex.split(commands[0])[1:]


def deploy(deployed: DeployedEnvironment, env: Environment, *more: str) -> str:
    """Deploy what `sam build` made; alarms on a sum of metrics watch its first: ministack knows no sum."""
    template = watching_one_metric(read_document(BUILT))
    DEPLOYED.write_text(json.dumps(template, indent=2), encoding="utf-8")
    files = ("--template-file", str(DEPLOYED), "--config-file", str(ROOT / "samconfig.toml"))
    return sam(deployed, "deploy", *files, "--config-env", config(env), "--no-confirm-changeset", *more)


def watching_one_metric(template: dict[str, Any]) -> dict[str, Any]:
    """The template with each alarm on a sum watching the first of its metrics."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            resource["Properties"] = on_a_single_metric(_unconditional(resource["Properties"]))
    return template


def _unconditional(alarm: dict[str, Any]) -> dict[str, Any]:
    """An alarm on several metrics with those alone that it has in every deployment."""
    if "Metrics" not in alarm:
        return alarm
    total, *series = alarm["Metrics"]
    always = [metric for metric in series if "MetricStat" in metric]
    expression = " + ".join(metric["Id"] for metric in always)
    return {**alarm, "Metrics": [{**total, "Expression": expression}, *always]}


def config(env: Environment) -> str:
    """The environment's name in samconfig.toml."""
    return "default" if env == "dev" else str(env)


def stack_name(env: Environment) -> str:
    return f"tradai-ops-{env}"


def environment(deployed: DeployedEnvironment) -> dict[str, str]:
    """A shell's variables, with the stand-in as AWS and nothing of the user's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_USER)}
    own = {
        "AWS_ENDPOINT_URL": deployed.ministack,
        "AWS_ENDPOINT_URL_SCHEMAS": deployed.schemas,
        "AWS_CA_BUNDLE": str(deployed.certificate),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }
    return {**inherited, **CREDENTIALS, **own}
