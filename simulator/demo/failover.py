"""Watch a NAT die and traffic return: ``make demo``, or ``python -m simulator.demo.failover --help``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from simulator.aws.event_bridge import ACCOUNT, DeliveryFault
from simulator.demo.console_log import Narrator
from simulator.demo.figures import figures
from simulator.demo.html_report import is_comparable, page, standalone
from simulator.demo.pair_timeline import PairTimelineBuilder
from simulator.demo.timeline import LAUNCH_ACTION, Timeline
from simulator.demo.timeline_builder import TimelineBuilder
from simulator.engine.faults import Fault, Kind
from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tradai_shared.config import canonical_config
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.aws.instances import Script

OUT = Path("out")
CALM = 60.0  # virtual seconds between the NAT's start and its death
AFTERWARDS = 15.0  # and after traffic returned
LIMIT = 1200.0
REPAIRED_AFTER = 120.0  # the failing table's permission, by a person


@dataclass(frozen=True)
class Options:
    """The options of one demo."""

    seed: int
    lost_launch_event: bool
    duplicates: bool
    throttling: bool
    broken_boot_script: bool
    failing_route_table: bool
    planned: bool
    standby: bool

    def lines(self) -> list[str]:
        """The options in words."""
        words = {
            "lost_launch_event": "the launch event is lost",
            "duplicates": "every event comes twice",
            "throttling": "a third of all calls are throttled",
            "broken_boot_script": "the first replacement's boot script breaks",
            "failing_route_table": "one route table refuses the move",
            "planned": "a planned replacement, nothing dies",
            "standby": "a second NAT stands by",
        }
        return [text for name, text in words.items() if getattr(self, name)]


def parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="make demo ARGS=...", description="A simulated failover of the platform's NAT."
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed is another run; the same is the same"
    )
    parser.add_argument("--lost-launch-event", action="store_true", help="EventBridge loses it")
    parser.add_argument("--duplicates", action="store_true", help="every event comes twice")
    parser.add_argument("--throttling", action="store_true", help="a third of all calls are throttled")
    parser.add_argument(
        "--broken-boot-script", action="store_true", help="of the first replacement; readiness by signal"
    )
    parser.add_argument(
        "--failing-route-table", action="store_true", help="ReplaceRoute on the second table is denied"
    )
    parser.add_argument("--planned", action="store_true", help="an instance refresh instead of a death")
    parser.add_argument("--standby", action="store_true", help="a second NAT stands by and takes over")
    return Options(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 when traffic returned."""
    options = parse(arguments)
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
    config = canonical_config(Environment.PROD)
    stated = (config.nat.failover_seconds.at_least, config.nat.failover_seconds.at_most)
    story = run(options, console, config.nat.failover_flow)
    place = {"account": ACCOUNT, "region": config.region, "environment": str(Environment.PROD)}
    data = figures(story, options.seed, options.lines(), stated, place)
    OUT.mkdir(exist_ok=True)
    (OUT / "failover.json").write_text(
        json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (OUT / "failover.html").write_text(page(story, data), encoding="utf-8")
    (OUT / "failover.svg").write_text(standalone(story, data), encoding="utf-8")
    conclude(console, story, stated if is_comparable(data) else None)
    return 0 if story.outage is not None else 1


def run(options: Options, console: Console, flow: tuple[str, ...]) -> Timeline:
    """Run the scenario and print it meanwhile."""
    signals = options.broken_boot_script or options.planned or options.standby
    variables = {"NAT_READINESS": "signal" if signals else "running"}
    console.print(
        "[bold]A failover of the NAT, simulated[/] [dim](virtual time; the handler and rules that ship)[/]"
    )
    for line in options.lines():
        console.print(f"  [magenta]with: {line}[/]")
    standby = Standby.SHARED if options.standby else Standby.NONE
    with World(seed=options.seed, variables=variables, standby=standby) as world:
        # with a standby the function alone moves the address
        allocation = "" if options.standby else world.platform.allocation
        world.machines.script = boot_scripts.own(allocation) if signals else boot_scripts.ADOPTED
        world.start()
        world.advance(CALM)
        old, *others = serving(world)
        names = {nat: f"NAT {number}" for number, nat in enumerate([old, *others], 1)}
        names |= {table: f"private table {number}" for number, table in enumerate(world.platform.tables, 1)}
        beside = "".join(f"; NAT 2 is {nat} and stands by" for nat in others)
        console.print(
            f"  [dim]seed {options.seed}; NAT 1 is {old}, its address {world.platform.address}{beside}[/]\n"
        )
        begun = world.clock.elapsed
        world.journal.listeners.append(Narrator(console, begun, names, live=console.is_terminal))
        trouble(world, options)
        happen(world, options, old)
        if options.standby:
            return PairTimelineBuilder(world, begun, old, others[0]).build()
        return TimelineBuilder(world, begun, (old,), flow).build()


def serving(world: World) -> list[str]:
    """The member of each group, the one that carries the traffic first."""
    carrier = world.carrier()
    nats = [member for group in world.platform.groups for member in world.members(group)]
    return [carrier, *(nat for nat in nats if nat != carrier)]


def trouble(world: World, options: Options) -> None:
    """Register the faults that the options ask for."""
    if options.lost_launch_event:
        world.mishap(DeliveryFault(LAUNCH_ACTION, copies=0))
    if options.duplicates:
        world.mishap(DeliveryFault(copies=2, delay=3.0))
    if options.throttling:
        world.fault(Fault(Kind.THROTTLED, actor="lambda", probability=1 / 3))
    if options.failing_route_table:
        table = {"RouteTableId": world.platform.tables[-1]}
        denied = Fault(Kind.DENIED, "ec2:ReplaceRoute", table)
        world.fault(denied)
        world.clock.after(REPAIRED_AFTER, lambda: repair(world, denied))
    if options.broken_boot_script:
        own, world.machines.script = world.machines.script, boot_scripts.BROKEN
        first = len(world.machines.all)
        world.machines.observers.append(lambda _: restore(world, first, own))


def repair(world: World, denied: Fault) -> None:
    world.journal.note("operator", "grants the missing permission")
    world.wire.faults.remove(denied)


def restore(world: World, before: int, own: Script) -> None:
    """From the second replacement on the script works again."""
    if len(world.machines.all) > before:
        world.machines.script = own


def happen(world: World, options: Options, old: str) -> None:
    """The death or the refresh, and all that follows."""
    if options.standby:
        replace_carrier(world, options, old)
    elif options.planned:
        world.refresh()
        world.run_until(lambda: world.in_service() is not None and world.nat() != old, LIMIT)
        world.run_until(lambda: world.machines[old].state != "running", LIMIT)
    else:
        world.kill(old)
        world.run_until(lambda: not world.traffic.up, 1)
        world.run_until(lambda: world.traffic.up, LIMIT)
        world.run_until(lambda: world.in_service() is not None and world.nat() != old, 60)
    world.advance(AFTERWARDS)


def replace_carrier(world: World, options: Options, old: str) -> None:
    """Of a pair: until the standby carries the traffic and the old NAT's group has its replacement."""
    if options.planned:
        world.refresh(world.group_of(old))
    else:
        world.kill(old)
        world.run_until(lambda: not world.traffic.up, 1)
    world.run_until(lambda: world.traffic.up and world.carrier() != old, LIMIT)
    world.run_until(lambda: all(map(world.rests, world.platform.groups)) and not world.busy(), LIMIT)


def conclude(console: Console, story: Timeline, stated: tuple[int, int] | None) -> None:
    """The figures, beside what the platform states where that is of the same."""
    table = Table(title=f"\n{story.flow}, simulated", title_justify="left", box=None)
    table.add_column("")
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("how it went")
    for step in story.steps:
        elapsed = "-" if step.at is None else f"+{step.at:.1f} s"
        table.add_row(step.flow, elapsed, f"[dim]{step.what}[/]")
    console.print(table)
    outage = "still down" if story.outage is None else f"{story.outage:.1f} s"
    beside = f"   the platform states {stated[0]} to {stated[1]} s" if stated else ""
    colour = "yellow" if story.outage is None else "green"
    console.print(f"\n[bold]Without egress: [{colour}]{outage} (simulated)[/][/]{beside}")
    if story.uneven:
        for name, seconds in story.totals.items():
            console.print(f"  {name}: {'still down' if seconds is None else f'{seconds:.1f} s'} (simulated)")
    console.print(
        f"[dim]{story.invocations} invocations, {story.calls} AWS calls, {story.writes} writes (simulated)\n"
        f"{OUT / 'failover.html'} shows it as a picture, {OUT / 'failover.json'} holds the figures[/]"
    )


if __name__ == "__main__":
    sys.exit(main())
