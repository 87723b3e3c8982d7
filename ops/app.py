"""The root of tradai-ops. A module of commands is imported when one of its own is asked for."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib.metadata import version

from cyclopts import App, CycloptsError

from ops.access import REMEDIES
from ops.screen import console, error_console
from tradai_shared.errors import AwsError, TradaiError

__all__ = ["app", "console", "main"]

ERROR = 2
INTERRUPTED = 130  # as a shell counts a program that SIGINT ended
GARBAGE = 50_000  # objects; by Python's 700 a fifth of a short life goes into walking over AWS's models
EXIT_CODES = """Exit codes: 0 all is well, or done; 1 something needs attention; 2 error, nothing was done;
3 something could not be read; 130 interrupted."""

# command: its function, what it is for, examples
COMMANDS = {
    "status": (
        "ops.status:status",
        "Show NAT, address, routes, hooks, alarms, schedules and findings on one screen.",
        ("status --env dev", "status --env prod --quiet", "status --env dev --simulate"),
    ),
    "doctor": (
        "ops.doctor.command:doctor",
        "Find what an account has, say what a deployment needs.",
        ("doctor --env dev", "doctor --env prod --write"),
    ),
    "drill": (
        "ops.drill.command:drill",
        "Try the failover, by an event or by ending the NAT.",
        ("drill --env dev", "drill --env dev --terminate", "drill --env dev --terminate --simulate --yes"),
    ),
    "reconcile": (
        "ops.reconcile:reconcile",
        "Run the failover's loop once.",
        ("reconcile --env dev --dry-run", "reconcile --env prod"),
    ),
    "logs": (
        "ops.logs:logs",
        "Print a function's log.",
        ("logs --env dev --since 15m", "logs --env prod --function drift --follow"),
    ),
    "drift": (
        "ops.drift:drift",
        "Compare AWS with the canonical configuration.",
        ("drift --env dev", "drift --env prod --format markdown", "drift --env dev --mode heal --dry-run"),
    ),
    "adopt": (
        "ops.adopt:adopt_command",
        "Confirm assumed values of the configuration from the live account.",
        ("adopt --env dev",),
    ),
    "reap": (
        "ops.reap:reap_command",
        "Show or remove expired items of a table.",
        ("reap --env dev --table notifications", "reap --env dev --table notifications --mode delete"),
    ),
    "config": (
        "ops.config:config",
        "Print, check and look up the configuration.",
        ("config show nat.group --env dev", "config diff --env dev", "config validate own.json --env prod"),
    ),
}

GROUPS = frozenset({"config", "findings"})  # Apps with their own help

app = App(
    name="tradai-ops",
    version=version("tradai-ops"),
    help="Self-healing operations, by hand. A command only reads, unless it asks first or --yes is given.",
    help_epilogue=EXIT_CODES,
)
app.register_install_completion_command()
for _name, (_path, _purpose, _examples) in COMMANDS.items():
    _lines = "\n".join(f"- `tradai-ops {example}`" for example in _examples)
    _settings = {} if _name in GROUPS else {"help": _purpose, "help_epilogue": f"Examples:\n\n{_lines}"}
    app.command(_path, name=_name, **_settings)


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
        error_console.print("interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ERROR)
    except CycloptsError:
        sys.exit(ERROR)  # it has printed what it did not understand
    except TradaiError as error:
        _print_error(error)
        sys.exit(ERROR)
    except Exception:  # noqa: BLE001 - the root, as a handler's app.py is; nothing may end as 1
        error_console.print_exception()
        sys.exit(ERROR)


def _print_error(error: TradaiError) -> None:
    """One line with the cause, and the remedy where AWS could not be asked at all."""
    remedy = REMEDIES.get(error.code) if isinstance(error, AwsError) else None
    text = f"{type(error).__name__} {error}" + (f". {remedy}." if remedy else "")
    error_console.print(text)


if __name__ == "__main__":
    # as ``python -m ops.app`` this module is __main__, and the commands import another one: use theirs
    from ops.app import main as _main

    _main()
