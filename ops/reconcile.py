"""``tradai-ops reconcile``: run the failover's loop once, as the schedule does every minute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.prompt import Confirm

from ops.app import console
from ops.doctor.command import deployment
from ops.doctor.observe import identify
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable


def reconcile(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    dry_run: bool = False,
    yes: bool = False,
    samconfig_file: Path = Path("samconfig.toml"),
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Let the deployed function look at the NAT now, and move what is wrong. Asks first, unless --dry-run.

    Exit code: 0 the run succeeded, 1 it says that it did not, 2 error.

    Parameters
    ----------
    env
        dev, staging or prod.
    dry_run
        Only show what the function would do.
    yes
        Do not ask.
    samconfig_file
        The file that `sam deploy` reads.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the one in samconfig.toml.
    endpoint_url
        Another AWS, such as a stand-in on this machine; AWS_ENDPOINT_URL does the same.
    """
    target = deployment(env, samconfig_file, profile, region, endpoint_url)
    identity = identify(target.client, target.region)
    console.print(f"account {identity.account}, region {identity.region}, environment {env}")
    question = f"Let {target.function} move routes and the address where they are wrong?"
    if not dry_run and not yes and not Confirm.ask(question, console=console, default=False):
        console.print("nothing was done")
        return 0
    answer = invoke(target.client, target.function, {"action": "reconcile", "dry_run": dry_run})
    _print(answer)
    return 0 if answer.get("success") else 1


def invoke(client: Callable[[str], Any], function: str, event: dict[str, Any]) -> dict[str, Any]:
    """The function's answer.

    Raises:
        AwsError: the function could not be invoked, or ended with an error of its own.
    """
    with translate_errors("lambda:InvokeFunction"):
        response = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        payload = response["Payload"].read()
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if response.get("FunctionError") or not isinstance(answer, dict):
        error = answer if isinstance(answer, dict) else {}
        message = str(error.get("errorMessage", "no answer that is JSON"))
        raise PermanentError(function, str(error.get("errorType", "FunctionError")), message)
    return answer


def _print(answer: dict[str, Any]) -> None:
    data = answer.get("data", {})
    for name, value in data.get("summary", {}).items():
        console.print(f"  {name}: {_text(value)}", markup=False, highlight=False)
    for result in data.get("results", []):
        name = result.get("action") or f"note: {result.get('note')}"
        parts = [result.get(part) for part in ("target", "subject", "status", "reason", "detail")]
        console.print(
            f"{name} {'; '.join(str(part) for part in parts if part)}", markup=False, highlight=False
        )
    console.print("success" if answer.get("success") else "[bold red]no success[/bold red]")


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
