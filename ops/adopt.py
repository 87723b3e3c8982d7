"""``tradai-ops adopt``: confirm from the live estate what is only assumed, into the own file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import Annotated

from rich.table import Table

from drift_check import checks
from drift_check.checks.base import CheckContext
from drift_check.model import ExitCode
from drift_check.observe.observer import WORKERS
from drift_check.report.as_markdown import short
from drift_check.scan import make_scanner
from ops.adopt_plan import Adopted, adopt, merged
from ops.options import FLAG, Common
from ops.progress import progress
from ops.screen import agreed, console, print_document, styled
from ops.session import Simulation, connect
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.loader import OWN_VALUES, canonical_config, environment, own_file


def adopt_command(
    *,
    common: Common,
    out: Path | None = None,
    yes: Annotated[bool, FLAG] = False,
) -> int:
    """Read the live estate and write the values that it confirms; shows the difference first.

    Only values that nobody documented are taken over. A documented value that differs is drift: see `drift`.

    Exit code: 0 read, written where that was agreed to; 2 error; 3 something could not be read.

    Parameters
    ----------
    out
        The file; by default the one that is packed into the layer.
    yes
        Write without asking.
    """
    config = canonical_config(common.env)
    env = environment(common.env)
    with (
        connect(common, Simulation.ESTATE, pool=WORKERS) as session,
        progress(quiet=common.quiet) as on_progress,
    ):
        scan = make_scanner(config, session.client, on_progress=on_progress).scan()
    check_context = CheckContext(config, scan.reads, clock.now())
    found = adopt(
        config, (thing for check in checks.ALL for thing in check.evaluate(check_context)), scan.assessed
    )
    own = own_file(env)
    values = merged(own.values, found)
    build(env, values)  # refuses what the configuration cannot be
    if session.prints_text:
        show(found)
    else:
        print_document({**session.place, "values": [asdict(one) for one in found]})
    for unread in scan.reads.unknown():
        session.text.print(
            styled(f"not confirmed: {unread.call.action} failed with {unread.code}", "magenta")
        )
    path = out or OWN_VALUES / f"{env}.json"
    if found and (yes or agreed(f"Write {path}?")):
        waivers = [waiver.model_dump(mode="json") for waiver in own.waivers]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"values": values, "waivers": waivers}, indent=2) + "\n", encoding="utf-8")
        session.text.print(f"wrote {path}")
    return ExitCode.PARTIAL if scan.partial else ExitCode.IN_SYNC


def show(found: list[Adopted]) -> None:
    """What differs from the built-in values, and how many agree."""
    rows = Table(box=None, header_style="dim")
    for name in ("value", "built in", "live"):
        rows.add_column(name, overflow="fold")
    for one in found:
        if one.differs:
            rows.add_row(one.path, short(one.built_in), short(one.live))
    agree = sum(not one.differs for one in found)
    if rows.row_count:
        console.print(rows)
    console.print(f"{rows.row_count} values differ from what was assumed, {agree} are as assumed")
