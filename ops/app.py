"""The root of tradai-ops. A module of commands is imported when one of its own is asked for."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from dataclasses import dataclass

from cyclopts import App, CycloptsError

from ops import __version__
from ops.access import REMEDIES
from ops.screen import PipeConsole, console, error_console
from tradai_shared.errors import AwsError, TradaiError

__all__ = ["app", "console", "main"]

ERROR = 2
INTERRUPTED = 130  # as a shell counts a program that SIGINT ended
GARBAGE = 50_000  # objects; at Python's default a fifth of a short run goes into traversing AWS's models
EXIT_CODES = """Exit codes: 0 all is well, or done; 1 something needs attention; 2 error, nothing was done;
3 something could not be read; 130 interrupted."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command before its module is imported: where it is, and what its help says."""

    path: str
    purpose: str
    exit_codes: str
    examples: tuple[str, ...]

    @property
    def help(self) -> str:
        return f"{self.purpose}\n\nExit codes: {self.exit_codes}; 2 error."

    @property
    def epilogue(self) -> str:
        return "Examples:\n\n" + "\n".join(f"- `tradai-ops {example}`" for example in self.examples)


COMMANDS = {
    "status": Command(
        "ops.status:status",
        "Show NAT, address, routes, hooks, alarms, schedules and findings on one screen. Reads only.",
        "0 all is well; 1 something needs attention; 3 something could not be read",
        ("status --env dev", "status --env prod --quiet", "status --env dev --simulate"),
    ),
    "doctor": Command(
        "ops.doctor.command:doctor",
        "Find what an account has, say what a deployment needs. Reads only, but for --write.",
        "0 ready; 1 something must be done first; 3 something could not be read",
        ("doctor --env dev", "doctor --env prod --write"),
    ),
    "drill": Command(
        "ops.drill.command:drill",
        "Try the failover: by an event, which moves nothing that is right, or by ending the NAT.",
        "0 the loop ran, or traffic was moved; 1 it was not within the time",
        (
            "drill --env dev --notify",
            "drill --env dev --terminate",
            "drill --env dev --terminate --simulate --yes",
        ),
    ),
    "reconcile": Command(
        "ops.reconcile:reconcile",
        "Run the failover's loop once. Asks first, unless --dry-run.",
        "0 the run succeeded; 1 it says that it did not",
        ("reconcile --env dev --dry-run", "reconcile --env prod"),
    ),
    "logs": Command(
        "ops.logs:logs",
        "Print a function's log as lines. Reads only.",
        "0 read; 130 ended by Ctrl-C",
        ("logs --env dev --since 15m", "logs --env prod --function drift --follow"),
    ),
    "drift": Command(
        "ops.drift:drift",
        "Compare AWS with the canonical configuration; with --mode heal, heal what may be healed.",
        "0 in sync; 1 drift; 3 something could not be read",
        ("drift --env dev", "drift --env prod --format markdown", "drift --env dev --mode heal --dry-run"),
    ),
    "findings list": Command(
        "ops.findings:list_findings",
        "Print every open finding with its id and since when it is known. Reads only.",
        "0 none is open; 1 some are; 3 something could not be read",
        ("findings list --env dev",),
    ),
    "findings show": Command(
        "ops.findings:show_finding",
        "Print one finding: what AWS has, what the configuration says, why, and what heals it.",
        "0 printed",
        ("findings show c7be1211f679 --env dev",),
    ),
    "findings approve": Command(
        "ops.findings:approve",
        "Heal this finding alone, after its exact calls were shown and a question was answered.",
        "0 healed; 1 not healed",
        ("findings approve c7be1211f679 --env dev",),
    ),
    "findings waive": Command(
        "ops.findings:waive",
        "Accept this finding until a day: writes a waiver into the deployment's own file, after a question.",
        "0 written; 1 not written",
        ("findings waive c7be1211f679 --env dev --reason agreed --owner platform --until 2027-01-31",),
    ),
    "adopt": Command(
        "ops.adopt.command:adopt",
        "Make the configuration that of the live account, by answers to each difference.",
        "0 read, and written where that was agreed to; 3 something could not be read",
        ("adopt --env dev", "adopt --env prod --answers list.txt", "adopt --env prod --accept c7be1211f679"),
    ),
    "reap": Command(
        "ops.reap:reap_command",
        "Show the expired items of a table, or remove them after a question.",
        "0 done; 1 a guard or a failure ended it",
        ("reap --env dev --table notifications", "reap --env dev --table notifications --mode delete"),
    ),
    "alerts test": Command(
        "ops.alerts:send_test_alert",
        "Set one alarm by hand, show what its actions did, ask whether the message came. Asks first.",
        "0 the message came; 1 it did not; 3 unknown",
        ("alerts test --env dev",),
    ),
    "config show": Command(
        "ops.config:show",
        "Print the values at and below a path, each with its provenance.",
        "0 printed",
        ("config show nat.group --env dev", "config show network.vpc.cidr --env prod --pages"),
    ),
    "config diff": Command(
        "ops.config:diff",
        "Print each value by which this deployment's own file differs from the built-in configuration.",
        "0 no difference; 1 differences",
        ("config diff --env prod",),
    ),
    "config export": Command(
        "ops.config:export",
        "Print the whole configuration as JSON.",
        "0 printed",
        ("config export --env prod",),
    ),
    "config schema": Command(
        "ops.config:schema",
        "Print the configuration's JSON Schema.",
        "0 printed",
        ("config schema",),
    ),
    "config validate": Command(
        "ops.config:validate",
        "Check an override file and print each value that it replaces.",
        "0 accepted",
        ("config validate own.json --env prod",),
    ),
}
GROUPS = {
    "findings": "List findings, look at one, approve its heal, waive it.",
    "alerts": "Prove that the messages of alarms arrive.",
    "config": "Print, check and look up the configuration. Calls no AWS service.",
}

app = App(
    name="tradai-ops",
    version=__version__,
    help="Self-healing operations, by hand. A command only reads, unless it asks first or --yes is given.",
    help_epilogue=EXIT_CODES,
    suppress_keyboard_interrupt=False,  # main says "interrupted"
    console=PipeConsole(),
    error_console=PipeConsole(stderr=True),
)
app.command(
    "ops.completion:install",
    name="--install-completion",
    help="Install completion for your shell.",
)
_groups = {name: App(name=name, help=text) for name, text in GROUPS.items()}
for _group in _groups.values():
    app.command(_group)
for _name, _command in COMMANDS.items():
    _parent, _, _leaf = _name.rpartition(" ")
    _owner = _groups[_parent] if _parent else app
    _owner.command(_command.path, name=_leaf, help=_command.help, help_epilogue=_command.epilogue)


def main() -> None:
    """The console script: one line for an error of the toolkit's own; any error is exit code 2.

    1 would say drift, to whoever reads the exit code of ``drift``.
    """
    gc.set_threshold(GARBAGE)
    atexit.register(gc.freeze)  # else the garbage collector traverses AWS's models once more at exit
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look through every package
    try:
        app(sys.argv[1:], exit_on_error=False)
    except KeyboardInterrupt:
        error_console.print("interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ERROR)
    except CycloptsError:
        sys.exit(ERROR)  # it has printed what it did not understand
    except TradaiError as error:
        _print_error(error)
        sys.exit(ERROR)
    except OSError as error:  # of a file that an option names; AWS's own are TradaiErrors
        if error.filename is None:
            error_console.print_exception()
        else:
            error_console.print(f"{type(error).__name__} {error.filename}: {error.strerror}")
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
