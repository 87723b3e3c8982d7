"""The NAT instance, its Auto Scaling group and its failover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradai_shared.config import naming
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import Sourced, assumed
from tradai_shared.config.values.pages import documented, seed

if TYPE_CHECKING:
    from typing import Any

LAUNCH_HEARTBEAT_SECONDS = 300

FAILOVER_FLOW = [
    "the ASG finds the instance unhealthy (EC2 health check)",
    "the ASG terminates it and launches a replacement",
    "the lifecycle hook triggers an EventBridge rule",
    "the function tradai-update-nat-routes is invoked",
    "it waits until the instance is running",
    "it points the private route table's 0.0.0.0/0 at the new instance",
    "it completes the lifecycle action",
    "traffic resumes",
]


def launch_hook(env: Environment) -> dict[str, Any]:
    return {
        "name": assumed(naming.nat_launch_hook_name(env)),
        "transition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "heartbeat_seconds": LAUNCH_HEARTBEAT_SECONDS,
    }


def may_use_nat_gateway(env: Environment) -> Sourced:
    return documented(value=True) if env is Environment.PROD else assumed(value=False)


def values(env: Environment) -> Sourced:
    return seed(
        {
            "name": documented(naming.nat_instance_name(env)),
            "instance_type": "t4g.nano",
            "launch_template": assumed(None),
            "image": {"family": "Amazon Linux 2023", "architecture": "arm64", "latest": True},
            "subnet": "public-1",
            "imdsv2_required": documented(value=True),
            "detailed_monitoring": documented(value=True),
            "eip": {"static": True, "attached_by": "user data"},
            "boot": {
                "ip_forwarding": True,
                "masquerade_by": "iptables",
                "eip_associated": True,
                "source_destination_check": False,
            },
            "group": {
                "name": assumed(naming.nat_asg_name(env)),
                "min_size": 1,
                "max_size": 1,
                "desired_capacity": 1,
                "health_check": "EC2",
            },
            "standby_group": assumed(None),
            "lifecycle_hooks": {"launch": documented(launch_hook(env))},
            "function": naming.update_nat_routes_function_name(env),
            "alarm": documented(naming.nat_alarm_name(env)),
            "may_use_nat_gateway": may_use_nat_gateway(env),
            "failover_seconds": {"at_least": 120, "at_most": 180},
            "failover_flow": FAILOVER_FLOW,
            "monthly_saving_usd": 32,
        }
    )
