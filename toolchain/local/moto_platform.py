"""The platform on moto's server: the AWS that a built function calls on this machine."""

from __future__ import annotations

import logging
import os
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto.autoscaling.models import LifecycleHook
from moto.ec2.models.instances import Instance
from moto.server import ThreadedMotoServer

from simulator.estate import Estate, data
from simulator.moto_patches import dynamodb, services
from simulator.moto_patches.network import network, release
from simulator.moto_patches.patcher import MotoPatch
from simulator.scenario.platform import Platform, Standby, build
from simulator.scenario.reaper_table import fill
from toolchain.build.sample_account import AUDIT_BUCKET, REGION
from tradai_shared.config import canonical_config
from tradai_shared.config.models.base import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradai_shared.config.naming import Environment

EXPIRED, LIVE = 6, 14  # items in every table that may be reaped
GONE = {"stopping": "stop_instances", "stopped": "stop_instances"}
GONE |= {"shutting-down": "terminate_instances", "terminated": "terminate_instances"}

deaths = MotoPatch()
hooks = MotoPatch()
_terminate = Instance.terminate
_new_hook = LifecycleHook.__init__


@deaths.of(Instance, "terminate")
def terminate(instance: Any, *arguments: Any, **named: Any) -> object:
    """An address is free again when its holder is terminated."""
    ended = _terminate(instance, *arguments, **named)
    for elastic in instance.ec2_backend.addresses:
        if elastic.eni is not None and elastic.eni.instance is instance:
            release(elastic)
    return ended


@hooks.of(LifecycleHook, "__init__")
def without_target(hook: Any, *arguments: Any, **named: Any) -> None:
    """A hook that was given no target notifies nobody; moto answers with a queue of its own."""
    _new_hook(hook, *arguments, **named)
    hook.notification_target_arn = hook.role_arn = None


@dataclass(frozen=True, slots=True)
class MotoPlatform:
    """The platform on moto's server, with the server's address."""

    endpoint: str
    platform: Platform

    def client(self, service: str) -> Any:
        with calling(self.endpoint):
            return boto3.client(service)  # type: ignore[call-overload]  # the name is a variable

    @property
    def nat(self) -> str:
        """The instance that the group has now."""
        groups = self.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        return str(groups[0]["Instances"][0]["InstanceId"])

    def default_routes(self) -> list[str | None]:
        """The instances that the private tables' 0.0.0.0/0 point at."""
        tables = self.client("ec2").describe_route_tables(RouteTableIds=self.platform.tables)["RouteTables"]
        routes = [route for table in tables for route in table["Routes"]]
        default = [route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
        return [route.get("InstanceId") for route in default]

    def let_happen(self, event: Any) -> None:
        """Stop or terminate the instance of an event that says so, since the function believes EC2 alone."""
        detail = event.get("detail", {})
        if detail.get("state") in GONE:
            getattr(self.client("ec2"), GONE[detail["state"]])(InstanceIds=[detail["instance-id"]])


@contextmanager
def moto_platform(
    environment: Environment,
    tables: int = 2,
    address: str = "127.0.0.1",
    standby: Standby = Standby.NONE,
) -> Iterator[MotoPlatform]:
    """A new platform for the duration of the context, on an address of this machine."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would write a line a request
    server = ThreadedMotoServer(ip_address=address, port=0, verbose=False)
    with network.applied(), deaths.applied(), services.estate.applied(), dynamodb.strict():
        server.start()
        try:
            host, port = server.get_host_and_port()
            endpoint = f"http://{host}:{port}"
            reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310 - loopback
            urllib.request.urlopen(reset).close()  # noqa: S310 - the same; moto's state is the process' own
            with calling(endpoint):
                platform = build(environment, tables, launches_first=False, standby=standby)
            world = MotoPlatform(endpoint, platform)
            fill_tables(Estate(canonical_config(environment), world.client))
            yield world
        finally:
            server.stop()


def fill_tables(estate: Estate) -> None:
    """The platform's tables, those that may be reaped with items that have expired and items that live."""
    data.tables(estate)
    estate.client("s3").create_bucket(
        Bucket=AUDIT_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    now = int(time.time())
    for table in estate.config.dynamodb.tables.values():
        if table.ttl is None or not table.may_be_reaped:
            continue
        keys = [key for key in (table.key.partition, table.key.sort) if key]
        items = [
            {key.name: {str(key.type): str(number)} for key in keys}
            | {table.ttl.attribute: {"N": str(now - 10 * DAY if number < EXPIRED else now + DAY)}}
            for number in range(EXPIRED + LIVE)
        ]
        fill(estate.client("dynamodb"), table.name, items)


def variables(endpoint: str) -> dict[str, str]:
    """What points a process' AWS calls at the endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


@contextmanager
def calling(endpoint: str) -> Iterator[None]:
    """Clients made inside, and only they, call the endpoint."""
    with patch.dict(os.environ, variables(endpoint)), patch.object(boto3, "DEFAULT_SESSION", None):
        yield
