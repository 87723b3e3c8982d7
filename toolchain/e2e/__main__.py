"""make e2e: deploys all three environments on this machine and walks through what they promise."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from toolchain.e2e import drift_and_reap, failover, hand_over, stacks, standby
from toolchain.e2e.environment import DeployedEnvironment
from toolchain.e2e.limits import OUT_OF_REACH
from toolchain.e2e.renamed import FirstDay
from toolchain.e2e.report import End, Row, document, failed, show, table
from toolchain.local.processes import StartError
from toolchain.local.servers import ministack, moto, schema_registry
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolchain.e2e.report import Act

OUT = Path("out/e2e")
WIDTH, INTERRUPTED = 150, 130
DEV, STAGING, PROD = Environment.DEV, Environment.STAGING, Environment.PROD
COMMAND = "sam deploy --config-env prod --no-confirm-changeset"


def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    try:
        with deployed_environment() as deployed:
            rows = [shown(console, title, act) for title, act in acts(deployed)]
        with deployed_environment(OUT / "renamed") as deployed:  # an account without the platform's names
            rows += [shown(console, title, act) for title, act in FirstDay(deployed).acts()]
    except StartError as error:
        console.print(f"make e2e cannot run here: {error}", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; what was started is stopped")
        return INTERRUPTED
    seconds = time.monotonic() - began
    keep(document([*rows, *OUT_OF_REACH], seconds))
    console.print(table([*rows, *OUT_OF_REACH]))
    console.print(f"{seconds:.0f} s. The same for a machine, and what the servers and sam said: {OUT}/")
    return int(failed(rows))


@contextmanager
def deployed_environment(kept: Path = OUT) -> Iterator[DeployedEnvironment]:
    """The servers, and nothing on them yet. Their logs stay behind, in ``kept``."""
    with TemporaryDirectory(prefix="tradai-e2e-") as name:
        folder = Path(name)
        try:
            with moto(folder) as moto_url, schema_registry(folder) as schemas_url:
                endpoints = {"AWS_ENDPOINT_URL_EC2": moto_url, "AWS_ENDPOINT_URL_AUTO_SCALING": moto_url}
                with ministack(folder, endpoints, secure=True) as ministack_url:
                    deployed = DeployedEnvironment(ministack_url, moto_url, schemas_url, folder)
                    try:
                        yield deployed
                    finally:
                        with suppress(BotoCoreError, ClientError):  # it may be just what failed
                            deployed.keep_logs()
        finally:
            kept.mkdir(parents=True, exist_ok=True)
            for log in folder.glob("*.log"):
                shutil.copy(log, kept)


def acts(deployed: DeployedEnvironment) -> Iterator[tuple[str, Act]]:
    """What is shown, in this order; each is one sentence and the function that sees to it."""
    yield "the platform stands, without the toolkit", deployed.build
    yield from first_day(deployed)
    yield f"`{COMMAND}` makes the stack", partial(stacks.stand_up, deployed, PROD)
    deployed.close_way_out(PROD)
    closed_at = time.time()
    yield "`sam deploy` makes that of dev", partial(stacks.stand_up, deployed, DEV)
    before = stacks.inventory(deployed)
    yield (
        "`sam deploy --config-env staging` makes that of staging",
        partial(stacks.stand_up, deployed, STAGING),
    )
    yield "the outputs name what was made", partial(stacks.outputs, deployed)
    yield (
        "dev: README's `sam remote invoke` works",
        partial(stacks.invoked_as_in_readme, deployed),
    )
    yield (
        "dev: README's `sam remote test-event put` shares a sample, and it can be invoked by its name",
        partial(stacks.event_shared_as_in_readme, deployed),
    )
    yield "the functions have their settings", partial(stacks.functions, deployed)
    yield "rules and schedules stand, enabled", partial(stacks.rules_and_schedules, deployed)
    yield "the alarms exist, and publish to a topic that exists", partial(stacks.alarms, deployed)
    yield "the logs are kept as long as configured", partial(stacks.logs, deployed)
    yield "the dashboards stand", partial(stacks.dashboards, deployed)
    yield (
        "prod: the schedule fires by itself and heals",
        partial(failover.healed_by_the_schedule, deployed, PROD, closed_at),
    )
    yield "prod: a drill event on the bus moves the route", partial(failover.moved_by_a_drill, deployed, PROD)
    yield (
        "prod: a dead instance is replaced, the next event follows",
        partial(failover.follows_a_death, deployed, PROD),
    )
    yield (
        "prod: what a function fails at is kept as a dead letter",
        partial(failover.kept_as_dead_letters, deployed, PROD),
    )
    yield "prod: an alarm reaches people", partial(failover.told_to_people, deployed, PROD)
    yield (
        "prod: drift is reported, and a report writes nothing",
        partial(drift_and_reap.drift_told, deployed, PROD),
    )
    yield "prod: the reaper reaps, and only what has expired", partial(drift_and_reap.reaped, deployed, PROD)
    yield (
        "prod: so does its state machine",
        partial(drift_and_reap.reaped_by_the_state_machine, deployed, PROD),
    )
    yield (
        "dev: an operator allows healing and names the address",
        partial(drift_and_reap.allowed_to_heal, deployed, DEV),
    )
    yield "dev: drift is healed", partial(drift_and_reap.drift_healed, deployed, DEV)
    yield "dev: the address goes along", partial(failover.takes_the_address_along, deployed, DEV)
    yield (
        "dev: a second group that exists becomes the standby",
        partial(standby.switched_on, deployed, DEV),
    )
    yield "dev: the standby takes over", partial(standby.takes_over, deployed, DEV)
    yield "dev: it is switched off while it carries", partial(standby.switched_off, deployed, DEV)
    yield "prod: a second deploy changes nothing", partial(stacks.nothing_to_do, deployed, PROD)
    yield "staging: a delete leaves what is kept on purpose", partial(stacks.leave, deployed, STAGING, before)
    yield "dev: README's `sam delete` deletes the stack", partial(stacks.deleted_as_in_readme, deployed)


def first_day(deployed: DeployedEnvironment) -> Iterator[tuple[str, Act]]:
    """docs/hand-over.md, from an account whose platform answers the hooks and owns the names."""
    yield (
        "staging: the platform owns the names of function and alarm, and a rule of its own",
        partial(hand_over.owned_by_the_platform, deployed, STAGING),
    )
    yield (
        "staging: `tradai-ops doctor` refuses these names before any deploy",
        partial(hand_over.refused_by_doctor, deployed, STAGING),
    )
    yield (
        "staging: the stack stands beside the platform's, under the names that doctor proposes",
        partial(hand_over.beside_the_platform, deployed, STAGING),
    )
    yield (
        "staging: the platform's rule is disabled, and doctor asks for it no more",
        partial(hand_over.rule_disabled, deployed, STAGING),
    )
    yield (
        "staging: the platform's own are removed, and the stack with them",
        partial(hand_over.cleared, deployed, STAGING),
    )


def shown(console: Console, title: str, act: Act) -> Row:
    """The row, said as soon as it is known."""
    row = show(title, act)
    why = f": {row.text}" if row.end is End.FAILED else ""
    console.print(f"{row.end:<7} {row.seconds:5.1f} s  {title}{why}", markup=False)
    return row


def keep(told_to_machines: dict[str, object]) -> None:
    (OUT / "e2e.json").write_text(json.dumps(told_to_machines, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
