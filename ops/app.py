"""The root of tradai-ops. Each module of commands registers itself here: ``@app.command``."""

from __future__ import annotations

import sys
from importlib import import_module

from cyclopts import App
from rich.console import Console

from tradai_shared.errors import TradaiError

COMMANDS = ("ops.adopt", "ops.drift", "ops.reap")  # imported at the start; each registers its own

app = App(name="tradai-ops", help="Self-healing operations, by hand: nothing is changed without --yes.")
console = Console()


def main() -> None:
    """The console script: one line for an error of the toolkit's own, exit code 1."""
    for module in COMMANDS:
        import_module(module)
    try:
        app(sys.argv[1:])
    except TradaiError as error:
        Console(stderr=True).print(f"[red]{type(error).__name__}[/red] {error}", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
