"""The NAT's own metrics: one PutMetricData a minute, where the parameter NatMetrics asks for it.

Usage: python3 - SCRIPT; NAT_METRICS, NAT_GROUPS, INSTANCE_ID, INTERFACE and FORWARDED are the boot script's,
by environment. NAT_METRICS is environment and group; in a pair SCRIPT's `peers` names the group.

    Heartbeat           1: the watchman saw it forward within the last three seconds; 0: it did not
    Conntrack           connections that the kernel tracks
    ConntrackPercent    of the most that it tracks
    of the driver       *_allowance_exceeded, packets since the last put; conntrack_allowance_available

What this machine does not have is left out. A counter that is less than before was reset and counts as 0.
What a failed put would have told is in the next one. The call has ten seconds and the lowest priority; its
failure is logged, and the next minute's put is tried. Source of the counters:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-network-performance-ena.html
Amazon Linux 2023 runs this with Python 3.9.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress

SCRIPT = sys.argv[1]
ENVIRONMENT, GROUP = os.environ["NAT_METRICS"].split()
INSTANCE_ID, INTERFACE, FORWARDED = (os.environ[name] for name in ("INSTANCE_ID", "INTERFACE", "FORWARDED"))
EVERY, FRESH_SECONDS = 60, 3
TRACKED = "/proc/sys/net/netfilter/nf_conntrack_"
EXCEEDED = [name + "_allowance_exceeded" for name in ("bw_in", "bw_out", "pps", "conntrack", "linklocal")]
AVAILABLE = "conntrack_allowance_available"
LIMITED = ["timeout", "-k", "5", "10", "nice", "-n", "19"]
PUT = ["aws", "cloudwatch", "put-metric-data", "--namespace", "TradAI/Nat", "--metric-data"]


def output(*command: str) -> str:
    """What a command printed; nothing where it is missing, failed or took too long."""
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout.decode()
    return ""


def own_group() -> str:
    """The group of this NAT; empty while EC2 does not show it."""
    if not os.environ["NAT_GROUPS"]:
        return GROUP
    with suppress(ValueError, TypeError):
        for row in json.loads(output(SCRIPT, "peers")):
            for tag in row["Tags"]:
                if row["Id"] == INSTANCE_ID and tag["Key"] == "aws:autoscaling:groupName":
                    return str(tag["Value"])
    return ""


def counters() -> "dict[str, int]":
    """The driver's counters by name, those of them that it has."""
    lines = [line.split(":") for line in output("ethtool", "-S", INTERFACE).splitlines()]
    rows = {line[0].strip(): line[1].strip() for line in lines if line[1:]}
    return {name: int(rows[name]) for name in [*EXCEEDED, AVAILABLE] if rows.get(name, "").isdigit()}


def table() -> "dict[str, float]":
    """The kernel's connection table."""
    failures = suppress(OSError, ValueError, ZeroDivisionError)
    with failures, open(TRACKED + "count") as count, open(TRACKED + "max") as most:
        tracked = int(count.read())
        return {"Conntrack": tracked, "ConntrackPercent": round(100 * tracked / int(most.read()), 2)}
    return {}


def forwards() -> int:
    """Whether this NAT's watchman has seen it forward within the last three seconds."""
    with suppress(OSError, ValueError), open(FORWARDED) as file:
        return int(time.monotonic() - float(file.read()) < FRESH_SECONDS)
    return 0


def sample(before: "dict[str, int]", now: "dict[str, int]") -> "dict[str, float]":
    values = {"Heartbeat": forwards(), **table()}  # type: dict[str, float]
    for name, count in now.items():
        values[name] = count if name == AVAILABLE else max(0, count - before.get(name, count))
    return values


def put(group: str, values: "dict[str, float]") -> bool:
    dimensions = [{"Name": "Environment", "Value": ENVIRONMENT}, {"Name": "Group", "Value": group}]
    data = [{"MetricName": name, "Value": values[name], "Dimensions": dimensions} for name in values]
    failed = None  # type: object
    try:
        failed = subprocess.run([*LIMITED, *PUT, json.dumps(data)], timeout=30).returncode
    except (OSError, subprocess.SubprocessError) as error:
        failed = error
    if failed:
        print("tradai-nat: metrics were not put:", failed, flush=True)
    return not failed


def main() -> None:
    group, before, due = "", counters(), time.monotonic()
    while True:
        clock = time.monotonic()
        due = max(due + EVERY, clock)
        time.sleep(due - clock)
        now, group = counters(), group or own_group()
        if not group:
            print("tradai-nat: no metrics: EC2 does not show the group of", INSTANCE_ID, flush=True)
        elif put(group, sample(before, now)):
            before.update(now)


main()
