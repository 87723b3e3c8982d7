"""docs/failover-budget.md, from the figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benchmarks.failover_budget.figures import ALL_SERIES
from benchmarks.failover_budget.measured import section
from benchmarks.failover_budget.peers import PEERS, platform
from benchmarks.failover_budget.scenarios import CALM, LIMIT, PER_WORLD, Kind
from simulator.engine import durations
from simulator.engine.durations import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.failover_budget.figures import Budget, Series
    from benchmarks.failover_budget.measured import Measured

SIGNAL = "own script, ready by its signal, the successor first"
EXPLAINED = {
    Kind.TERMINATED: f"somebody terminates the instance; {SIGNAL}",
    Kind.STOPPED: "somebody stops it",
    Kind.IMPAIRED: "EC2's status check fails and the instance forwards nothing; the schedule's minute reads the "
    "status check and reports the NAT unhealthy, before Auto Scaling counts the check itself",
    Kind.NOT_FORWARDING: "it passes every check and forwards nothing; its own watchman says so in its mark, which "
    "the schedule's minute reads. No egress probe",
    Kind.PROBED: "the egress probe as well, which is a parameter: whichever reports it first",
    Kind.PLANNED: "an instance refresh; EIP and routes move back to back once the successor is ready. A longer "
    "ReplaceRoute shortens it here, since it falls into the wait for the address",
    Kind.BROKEN_SCRIPT: "it is terminated, and the first replacement's boot script fails: abandoned 240 s after "
    "its launch, then the next one boots",
    Kind.LOST_EVENT: "it is terminated, and EventBridge loses the replacement's launch event: its state event "
    "or the schedule does the work",
    Kind.PAIR_TERMINATED: "two NATs, each in a group of its own (docs/standby.md); the one that carries is terminated",
    Kind.PAIR_STOPPED: "of two NATs the one that carries is stopped",
    Kind.PAIR_NOT_FORWARDING: "of two NATs the one that carries forwards no more; the other one hears nothing of it "
    "and says so",
    Kind.PAIR_ZONE_LOST: "the one that carries ends, and its zone has no capacity for ten minutes",
    Kind.PAIR_PLANNED: "an instance refresh of the group whose NAT carries",
    Kind.ADOPTED: "it is terminated in a group of the platform's own: ready when running, no launch before "
    "terminate, the script sends no signal. The platform's script is the one with dnf",
}

UNKNOWN = """\
- How long AssociateAddress and ReplaceRoute take until every packet follows, and whether packets are lost meanwhile. \
The simulation takes both as a span in which nothing of the new state works yet; the whole of the planned outage is \
the difference of these two spans. On a real kernel, without AWS's network, the same moves lose 10 to 20 ms \
([nat-instance.md](nat-instance.md), whose drills measure it on AWS).
- How long Auto Scaling takes to count an impaired status check ("a few minutes"), to react, and to send a hook's event.
- How long the Lambda service takes to hand a failed probe's record to its on-failure destination. \
The drill: block the security group's egress in dev and compare the two functions' logs.
- How long a new execution environment of the deployed functions takes to start.
- Anything that fails at once with the NAT: a zone without capacity, a region's control plane that is slow. \
Here each call works, at its usual speed."""


def document(budget: Budget, measured: Sequence[Measured] = ()) -> str:
    return (
        "\n\n".join(
            [
                "# The failover budget",
                (
                    "How long the private subnets are without egress when the NAT fails or is replaced. **Every figure of ours "
                    "on this page is simulated**: no AWS account was involved. The functions, rules, schedules and settings are "
                    "those that ship; instances, groups, events and the network are a model whose spans are listed below."
                ),
                "![Simulated outages of each kind beside what others state](failover-budget.svg)",
                "## The outage, simulated\n\nSeconds. " + _counted(budget),
                "\n".join(_table(budget)),
                (
                    "The last column is the median of a few more runs with every assumed span at its shortest and at its "
                    "longest: how much of the figure rests on what nobody published."
                ),
                "Beside it, stated by others of themselves, not measured here, and not all of them counting the same:",
                "\n".join(_stated()),
                *_measured(measured),
                "## The kinds\n\n" + "\n".join(f"- **{kind}**: {EXPLAINED[kind]}." for kind in Kind),
                "## How it was run",
                _how(budget),
                "## What is cited\n\nPublished by AWS, or measured and published by others.",
                "\n".join(_segments(Confidence.CITED)),
                "## What is assumed\n\nNobody published it, so what follows from it is an assumption too.",
                "\n".join(_segments(Confidence.ASSUMED)),
                f"## What is unknown on AWS\n\n{UNKNOWN}",
            ]
        )
        + "\n"
    )


def _measured(measured: Sequence[Measured]) -> Iterator[str]:
    """The drills in accounts of AWS, where there are any."""
    if measured:
        yield (
            "## Measured on AWS\n\nSeconds after the order to end the NAT, looked at once a second, by "
            "`tradai-ops drill --terminate`."
        )
        yield "\n".join(section(measured))


def _counted(budget: Budget) -> str:
    runs = {len(series.outages) for series in budget.series}
    count = str(min(runs)) if len(runs) == 1 else f"{min(runs)} to {max(runs)}"
    return f"{count} failovers of each kind and boot; {sum(len(series.outages) for series in budget.series)} in all."


def _table(budget: Budget) -> Iterator[str]:
    yield "| simulated | boot, or a pair's address | failovers | p50 | p95 | p99 | max | never healed | median, assumed shortest to longest |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for kind, boot in ALL_SERIES:
        series = budget.of(kind, boot)
        if series is None:
            yield f"| {kind} | {boot} | 0 | | | | | | |"
        else:
            yield f"| {kind} | {boot} | {len(series.outages)} | {_cells(series)} |"


def _cells(series: Series) -> str:
    figures = [seconds(series.percentile(percent)) for percent in (50, 95, 99, 100)]
    return " | ".join([*figures, str(series.unhealed), _bracket(series)])


def _bracket(series: Series) -> str:
    if series.least is None or series.most is None:
        return "not run"
    return f"{seconds(series.least)} to {seconds(series.most)}"


def seconds(value: float) -> str:
    return "never" if math.isinf(value) else f"{value:.1f}"


def _stated() -> Iterator[str]:
    yield "| stated by | what | outage |"
    yield "|---|---|--:|"
    for statement in (platform(), *PEERS):
        yield f"| {statement.who} | {statement.what} | {statement.told} |"


def _segments(sure: Confidence) -> Iterator[str]:
    yield "| span | seconds | source |"
    yield "|---|--:|---|"
    for duration in sorted(_known(sure), key=lambda each: each.what.lower()):
        length = (
            f"{duration.low:g}" if duration.low == duration.high else f"{duration.low:g} to {duration.high:g}"
        )
        yield f"| {duration.what} | {length} | {duration.source} |"


def _known(sure: Confidence) -> Iterable[durations.Duration]:
    return [duration for duration in durations.ALL if duration.sure is sure]


def _how(budget: Budget) -> str:
    return f"""\
`{budget.command}`, on {budget.date}, seed {budget.seed}. The same seed gives the same outages, whatever the number \
of processes; `--draw` writes this page and the picture again from [failover-budget.json](failover-budget.json), \
which holds every single outage. Where the table counts fewer failovers than `--runs` wanted, the run was ended by its `--minutes`; the same \
command with `--more` goes on from there, to the same figures as one whole run.

- One failover after another in a simulated world, at random {CALM[0]:g} to {CALM[1]:g} s apart; a new world, and so \
new phases of schedule and health check to each other, after every {PER_WORLD}. The bracket's medians are of up to \
{budget.bracket_runs} each.
- The outage is what the simulator's ground truth sees, not what the function reports: the time in which at least one \
private route table had no egress, second dips included, until the group was at rest and {CALM[0]:g} s longer.
- Every span is drawn evenly between its ends, on its own. Percentiles are of the nearest rank.
- A failover that was not over after {LIMIT:g} s counts as never healed, and as longer than any other.
- The probe is the shipped handler with its rule, three failed rounds of four, a round every 5 s; it blames no NAT \
younger than 10 minutes, so each is let grow older."""
