"""The deployed environment under test: network and NAT on moto, everything else on ministack."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore.config import Config

from simulator import estate
from simulator.moto_patches.network import DEFAULT_ROUTE
from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.e2e.report import NotShownError
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
class DeployedEnvironment:
    """The stand-ins' addresses, and what was built on them before anything was deployed."""

    ministack: str
    moto: str
    schemas: str
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
        table = self.client("ec2").describe_route_tables(RouteTableIds=[private])["RouteTables"][0]
        routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == DEFAULT_ROUTE]
        alive = [route["InstanceId"] for route in routes if route["State"] == "active"]
        return str(alive[0]) if alive else None

    def close_way_out(self, env: Environment) -> None:
        private = self.estates[env].ids["table:private"]
        self.client("ec2").delete_route(RouteTableId=private, DestinationCidrBlock=DEFAULT_ROUTE)

    def runs(self, function: str, since: float) -> list[dict[str, Any]]:
        """The summaries that a function's runs have logged since then, a POSIX time."""
        events = self.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{function}", startTime=int(since * 1000)
        )["events"]
        lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        return [line["summary"] for line in lines if line.get("message") == "run"]

    def keep_logs(self) -> None:
        """What the functions have logged, beside the servers' own logs."""
        logs = self.client("logs")
        groups = [
            group
            for page in logs.get_paginator("describe_log_groups").paginate()
            for group in page["logGroups"]
        ]
        with (self.folder / "functions.log").open("w", encoding="utf-8") as file:
            for name in (group["logGroupName"] for group in groups):
                for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                    file.writelines(f"{name} {entry['message'].rstrip()}\n" for entry in page["events"])

    def invoke(self, function: str, event: object) -> Any:
        """A function's answer.

        Raises:
            NotShownError: it raised.
        """
        response = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        answer = json.load(response["Payload"])
        if "FunctionError" in response:
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


def until(condition: Callable[[], Any], awaited: str, seconds: float = 45) -> Any:
    """The condition's first true answer.

    Raises:
        NotShownError: there was none in time.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if answer := condition():
            return answer
        time.sleep(POLL)
    raise NotShownError(f"not within {seconds:.0f} s: {awaited}")
