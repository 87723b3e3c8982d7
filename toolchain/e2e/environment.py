"""Where it plays: the platform of three environments, its network and NAT on moto, the rest on ministack."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore.config import Config

from simulator import estate
from simulator.estate.network import DEFAULT
from toolchain.e2e.report import NotShownError
from toolchain.local.moto_platform import ACCOUNT, REGION
from toolchain.local.servers import certificate
from tradai_shared.config import canonical_config
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulator.estate import Estate

ON_MOTO = ("ec2", "autoscaling")  # ministack has shells of them that replace and route nothing
POLL = 0.25
# An account id is ministack's key of that account's root; functions get keys of their own roles from it.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass(frozen=True)
class Stage:
    """The stand-ins' addresses, and what was built on them before anything was deployed."""

    ministack: str
    moto: str
    folder: Path
    estates: dict[Environment, Estate] = field(default_factory=dict)

    def build(self) -> str:
        """Everything that the canonical configuration names, but what the stacks make."""
        for env in Environment:
            self.estates[env] = estate.build(canonical_config(env), self.client, deployed=False)
        return ", ".join(Environment)

    def client(self, service: str) -> Any:
        if service in ON_MOTO:
            return _client(service, self.moto, None)
        return _client(service, self.ministack, str(self.certificate))

    @property
    def certificate(self) -> Path:
        """What makes ministack's answers trusted."""
        return certificate(self.folder)

    def nat(self, env: Environment) -> str:
        """The instance that the group has now."""
        groups = self.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.estates[env].config.nat.group.name]
        )["AutoScalingGroups"]
        return str(groups[0]["Instances"][0]["InstanceId"])

    def way_out(self, env: Environment) -> str | None:
        """The instance that the private default route points at, where it is not a black hole."""
        private = self.estates[env].ids["table:private"]
        found = self.client("ec2").describe_route_tables(RouteTableIds=[private])["RouteTables"][0]
        routes = [one for one in found["Routes"] if one.get("DestinationCidrBlock") == DEFAULT]
        alive = [one["InstanceId"] for one in routes if one["State"] == "active"]
        return str(alive[0]) if alive else None

    def close_way_out(self, env: Environment) -> None:
        private = self.estates[env].ids["table:private"]
        self.client("ec2").delete_route(RouteTableId=private, DestinationCidrBlock=DEFAULT)

    def runs(self, function: str, since: float) -> list[dict[str, Any]]:
        """The summaries that a function's runs have logged since then, a POSIX time."""
        found = self.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{function}", startTime=int(since * 1000)
        )["events"]
        lines = [json.loads(one["message"]) for one in found if one["message"].startswith("{")]
        return [line["summary"] for line in lines if line.get("message") == "run"]

    def keep_logs(self) -> None:
        """What the functions have logged, beside the servers' own logs."""
        logs = self.client("logs")
        groups = [
            one for page in logs.get_paginator("describe_log_groups").paginate() for one in page["logGroups"]
        ]
        with (self.folder / "functions.log").open("w", encoding="utf-8") as kept:
            for name in (one["logGroupName"] for one in groups):
                for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                    kept.writelines(f"{name} {one['message'].rstrip()}\n" for one in page["events"])

    def invoke(self, function: str, event: object) -> Any:
        """A function's answer.

        Raises:
            NotShownError: it raised.
        """
        told = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        answer = json.load(told["Payload"])
        if "FunctionError" in told:
            raise NotShownError(f"{function} raised {answer}")
        return answer


@cache
def _client(service: str, endpoint: str, trusted: str | None) -> Any:
    session: Any = Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    return session.client(service, endpoint_url=endpoint, verify=trusted, config=Config(read_timeout=120))


def until(condition: Callable[[], Any], told: str, seconds: float = 45) -> Any:
    """The condition's first true answer.

    Raises:
        NotShownError: there was none in time.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if answer := condition():
            return answer
        time.sleep(POLL)
    raise NotShownError(f"not within {seconds:.0f} s: {told}")
