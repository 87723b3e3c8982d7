"""What the toolkit costs a month: what template.yaml ships, list prices, stated durations.

Free tiers are left out: an account has them once, and something else may have used them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.aws.sam_template import Template
from toolchain.build.artifact import PSEUDO

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
HOURS = 730  # a month, as AWS's own calculator has it
LOOKED_UP = "2026-11-22"  # in public descriptions of the pages: AWS itself was not to be reached
GIGABYTE = 1e9


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit, us-east-1, the first tier, without free tiers."""

    usd: float
    unit: str
    page: str  # below https://aws.amazon.com/


PRICES = {
    "nat instance": Price(0.0042, "hour of a t4g.nano, Linux, on demand", "ec2/pricing/on-demand/"),
    "address": Price(0.005, "hour of a public IPv4 address", "vpc/pricing/"),
    "disk": Price(0.08, "GB-month of gp3", "ebs/pricing/"),
    "gateway": Price(0.045, "hour of a NAT gateway, and the same for each GB", "vpc/pricing/"),
    "compute": Price(0.0000133334, "GB-second of Lambda, arm64", "lambda/pricing/"),
    "requests": Price(0.20e-6, "request of Lambda", "lambda/pricing/"),
    "ticks": Price(1.00e-6, "invocation by EventBridge Scheduler", "eventbridge/pricing/"),
    "metrics": Price(
        0.30, "custom metric and month, by the hours in which it is sent", "cloudwatch/pricing/"
    ),
    "puts": Price(0.01e-3, "call of CloudWatch's API, PutMetricData among them", "cloudwatch/pricing/"),
    "alarms": Price(0.10, "metric that an alarm watches, and month", "cloudwatch/pricing/"),
    "dashboard": Price(3.00, "dashboard and month", "cloudwatch/pricing/"),
    "logs": Price(0.50, "GB of logs taken in", "cloudwatch/pricing/"),
    "reads": Price(0.125e-6, "read unit of DynamoDB, on demand", "dynamodb/pricing/on-demand/"),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One function's runs. Seconds are assumed, unless ``why`` cites a source: nothing was measured on AWS.

    ``metrics`` are the names that each of its scheduled runs sends; incidents' are not counted.
    ``log_bytes`` a run, Lambda's own three lines included.
    """

    part: str
    function: str  # its logical id
    seconds: float
    metrics: int
    log_bytes: int
    why: str


WORKS = (
    Work(
        part="failover",
        function="UpdateNatRoutesFunction",
        seconds=0.5,
        metrics=8,
        log_bytes=1_500,
        why="four reads a pass, warm; in the simulator it takes 0.16 to 0.29 s and logs 0.9 kB",
    ),
    Work(
        part="drift check",
        function="DriftCheckFunction",
        seconds=10,
        metrics=6,
        log_bytes=5_000,
        why="106 calls, of which DynamoDB's are paced at ten a second; in sync it logs a few lines",
    ),
    Work(
        part="reaper",
        function="TtlReaperFunction",
        seconds=30,
        metrics=12,
        log_bytes=10_000,
        why="twelve tables are counted, one after the other",
    ),
    Work(
        part="egress probe",
        function="EgressProbeFunction",
        seconds=51,
        metrics=0,
        log_bytes=1_000,
        why="eleven rounds, five seconds apart",
    ),
)
SCANNED_GB = 0.2  # that the reaper's daily report reads, of all tables together
UNIT_BYTES = 8_192  # that an eventually consistent read unit covers
PLACE = {"EgressProbe": "true", "EgressProbeSubnetIds": "subnet-0a", "EgressProbeSecurityGroupIds": "sg-0a"}
ALARMS = {
    "NatMetricsStandby": "metrics of the standby",
    "NatMetrics": "instance metrics",
    "NatStandby": "standby",
    "Nat": "failover",
    "Drift": "drift check",
    "Reap": "reaper",
    "EgressProbe": "egress probe",
}
OPTIONAL = ("egress probe", "standby", "instance metrics", "metrics of the standby")
PARTS = ("failover", "drift check", "reaper", "shared", *OPTIONAL)
INSTANCE_METRICS = 9  # nat/meter.py
STANDBY_METRICS = 1  # StandbyReady, which each run sends while there is a standby


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill."""

    part: str
    item: str
    amount: float
    price: str

    @property
    def usd(self) -> float:
        return self.amount * PRICES[self.price].usd


def nat() -> list[Line]:
    """The instance that the failover looks after; not the toolkit's, but what it makes possible."""
    return [
        Line("nat", "the instance, t4g.nano", HOURS, "nat instance"),
        Line("nat", "its public address", HOURS, "address"),
        Line("nat", "its disk, 8 GB", 8, "disk"),
        Line(
            "nat", "its detailed monitoring, 7 metrics (`NatDetailedMonitoring=false` saves it)", 7, "metrics"
        ),
    ]


def standby() -> list[Line]:
    """A second NAT beside the first, and the metric of its readiness."""
    second = [Line("standby", line.item, line.amount, line.price) for line in nat()]
    return [*second, Line("standby", f"{STANDBY_METRICS} custom metric", STANDBY_METRICS, "metrics")]


def instance_metrics(part: str) -> list[Line]:
    """What one NAT puts once a minute, where NatMetrics asks for it."""
    return [
        Line(part, f"{INSTANCE_METRICS} custom metrics", INSTANCE_METRICS, "metrics"),
        Line(part, "a PutMetricData a minute", HOURS * 60, "puts"),
    ]


def gateway() -> list[Line]:
    return [
        Line("gateway", "one NAT gateway", HOURS, "gateway"),
        Line("gateway", "its public address", HOURS, "address"),
    ]


def toolkit(template: Template) -> list[Line]:
    """Everything that the stack makes beside the NAT."""
    lines = [line for work in WORKS for line in runs(template, work)]
    lines += alarms(template)
    lines.append(
        Line("reaper", f"a daily scan of {SCANNED_GB} GB", 30 * SCANNED_GB * GIGABYTE / UNIT_BYTES, "reads")
    )
    lines.append(Line("shared", "the dashboard", 1, "dashboard"))
    metrics = [
        line for part in ("instance metrics", "metrics of the standby") for line in instance_metrics(part)
    ]
    return [*standby(), *metrics, *lines]


def runs(template: Template, work: Work) -> Iterator[Line]:
    """What a function's schedule costs: time, requests, ticks, metrics, logs."""
    function = template.function(work.function)
    (schedule,) = function.schedules
    count = HOURS * 3600 / schedule.every
    hours_with = min(1.0, 3600 / schedule.every)  # metrics are charged for the hours in which they are sent
    compute = count * work.seconds * function.memory / 1024
    description = f"{count:,.0f} runs of {work.seconds:g} s at {function.memory} MB"
    yield Line(work.part, description, compute, "compute")
    yield Line(work.part, "their requests", count, "requests")
    yield Line(work.part, "their schedule", count, "ticks")
    if work.metrics:
        yield Line(work.part, f"{work.metrics} custom metrics", work.metrics * hours_with, "metrics")
    yield Line(
        work.part, f"logs, {work.log_bytes / 1000:g} kB a run", count * work.log_bytes / GIGABYTE, "logs"
    )


def alarms(template: Template) -> Iterator[Line]:
    counts = dict.fromkeys(PARTS, 0)
    for name, resource in template.document["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            part = next((part for start, part in ALARMS.items() if name.startswith(start)), "shared")
            counts[part] += watched(resource["Properties"])
            counts["standby"] += watched_with_standby(resource["Properties"])
    for part, count in counts.items():
        if count:
            yield Line(part, f"alarms, {count} watched metric{'s' if count > 1 else ''}", count, "alarms")


def watched(alarm: Any) -> int:
    """A metric, or each of those that an expression adds up."""
    return sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1


def watched_with_standby(alarm: Any) -> int:
    """The metrics that an expression adds up only where there is a standby."""
    conditional = [metric["Fn::If"] for metric in alarm.get("Metrics", []) if "Fn::If" in metric]
    return sum(condition == "HasStandby" and "MetricStat" in metric for condition, metric, _ in conditional)


def total(lines: list[Line], *parts: str) -> float:
    return sum(line.usd for line in lines if line.part in parts)


def bill() -> dict[str, float]:
    """The sums that others quote, in US dollars a month."""
    lines = toolkit(Template.load(TEMPLATE, PLACE, PSEUDO))
    own = total(nat(), "nat")
    sums = {part: total(lines, part) for part in PARTS}
    return {
        "nat": own,
        **sums,
        "nat and failover": own + sums["failover"],
        "nat, failover and standby": own + sums["failover"] + sums["standby"],
        "second nat without monitoring": total([line for line in nat() if line.price != "metrics"], "nat"),
        "toolkit": sum(sums[part] for part in PARTS if part not in OPTIONAL),
        "gateway": total(gateway(), "gateway"),
    }
