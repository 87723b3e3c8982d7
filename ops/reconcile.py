"""``tradai-ops reconcile``: run the failover's loop once, as the schedule does every minute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from ops.options import FLAG, Common
from ops.screen import agreed, console, print_document, styled
from ops.session import connect
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING = "nothing"


def reconcile(
    *,
    common: Common,
    dry_run: Annotated[bool, FLAG] = False,
    yes: Annotated[bool, FLAG] = False,
) -> int:
    """Let the deployed function look at the NAT now, and move what is wrong. Asks first, unless --dry-run.

    Parameters
    ----------
    dry_run
        Only show what the function would do, and what it waits for.
    yes
        Do not ask.
    """
    with connect(common, deployed=True) as session:
        question = (
            f"Let {session.function} in account {session.identity.account}, region"
            f" {session.identity.region} move routes and the address where they are wrong?"
        )
        if not dry_run and not yes and not agreed(question):
            session.note("nothing was done")
            return 2
        answer = invoke(session.client, session.function, {"action": "reconcile", "dry_run": dry_run})
        if session.prints_text:
            _print(answer)
        else:
            print_document({**session.place, **answer})
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


def _print(answer: Mapping[str, Any]) -> None:
    data = answer.get("data", {})
    for name, value in data.get("summary", {}).items():
        console.print(f"  {name}: {NOTHING if name == 'waiting' and not value else as_text(value)}")
    for result in data.get("results", []):
        name = result.get("action") or f"note: {result.get('note')}"
        parts = [result.get(part) for part in ("target", "subject", "status", "reason", "detail")]
        console.print(f"{name} {'; '.join(str(part) for part in parts if part)}")
    console.print("success" if answer.get("success") else styled("no success", "bold red"))


def as_text(value: object) -> str:
    """A field of a run's summary as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = [f"{name} {entry}" for name, entry in value.items()]
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
