"""The root of tradai-ops. A module of commands is imported when one of its own is asked for."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib.metadata import version

from cyclopts import App, CycloptsError
from rich.console import Console
from rich.markup import escape

from tradai_shared.errors import AwsError, TradaiError

ERROR = 2
# By botocore's exceptions and by the codes that STS and the services answer with.
NO_ACCESS = {
    "NoCredentialsError": "Log in first (aws sso login, aws configure), or name a profile with --profile.",
    "CredentialRetrievalError": "Log in again: the profile's credentials could not be had.",
    "SSOTokenLoadError": "Log in again: aws sso login.",
    "UnauthorizedSSOTokenError": "Log in again: aws sso login.",
    "ExpiredToken": "Log in again: the session has expired.",
    "ExpiredTokenException": "Log in again: the session has expired.",
    "InvalidClientTokenId": "These credentials are not known to AWS: check the profile.",
    "ProfileNotFound": "aws configure list-profiles shows the profiles there are.",
    "EndpointConnectionError": "The endpoint does not answer: check network, --region and --endpoint-url.",
}
INTERRUPTED = 130  # as a shell counts a program that SIGINT ended
GARBAGE = 50_000  # objects; by Python's 700 a fifth of a short life goes into walking over AWS's models

app = App(name="tradai-ops", version=version("tradai-ops"), help="Self-healing operations, by hand.")
app.command(
    "ops.adopt.command:adopt",
    name="adopt",
    help="Make the configuration that of the live account, by answers to each difference.",
)
app.command("ops.alerts:alerts", name="alerts", help="Prove that the messages of alarms arrive.")
app.command("ops.config:config", name="config", help="Print, check and look up the configuration.")
app.command(
    "ops.doctor.command:doctor", name="doctor", help="Find what an account has, say what a deployment needs."
)
app.command("ops.drift:drift", name="drift", help="Compare AWS with the canonical configuration.")
app.command(
    "ops.drill.command:drill", name="drill", help="Try the failover, by an event or by ending the NAT."
)
app.command("ops.logs:logs", name="logs", help="Print a function's log.")
app.command("ops.reap:reap_command", name="reap", help="Show or remove expired items of a table.")
app.command("ops.reconcile:reconcile", name="reconcile", help="Run the failover's loop once.")
app.command("ops.status:status", name="status", help="Show NAT, routes, alarms and schedules.")
console = Console()


def main() -> None:
    """The console script: one line for an error of the toolkit's own; any error is exit code 2.

    1 would say drift, to whoever reads the exit code of ``drift``.
    """
    gc.set_threshold(GARBAGE)
    atexit.register(gc.freeze)  # else Python would walk over AWS's models once more before it ends
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look through every package
    try:
        app(sys.argv[1:], exit_on_error=False)
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted")
        sys.exit(INTERRUPTED)
    except CycloptsError:
        sys.exit(ERROR)  # it has printed what it did not understand
    except TradaiError as error:
        _print_error(error)
        sys.exit(ERROR)
    except Exception:  # noqa: BLE001 - the root, as a handler's app.py is; nothing may end as 1
        Console(stderr=True).print_exception()
        sys.exit(ERROR)


def _print_error(error: TradaiError) -> None:
    """One line with the cause, and one with the remedy where AWS could not be asked at all."""
    console_of_errors = Console(stderr=True)
    name = type(error).__name__
    console_of_errors.print(f"[red]{name}[/red] {escape(str(error))}", highlight=False)
    if isinstance(error, AwsError) and (remedy := NO_ACCESS.get(error.code)):
        console_of_errors.print(remedy, highlight=False)


if __name__ == "__main__":
    # as ``python -m ops.app`` this module is __main__, and the commands import another one: use theirs
    from ops.app import main as _main

    _main()
