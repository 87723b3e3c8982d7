"""Every AWS call that any test makes through a function's code, held against that function's role.

Whose call it is, the call stack says: the innermost of our packages. The role is that of the deployment whose
variables the call was made under, since these are all that an execution environment knows. That a role allows
no more than is needed is proved in tests/contract/permissions, from runs that do all that a function can do.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from simulator.engine import interceptor
from tests.contract.permissions.moto_resources import platform_vpc
from tests.contract.permissions.policy import Need, Statement, allowed, statements
from tests.contract.permissions.recorder import Recorder
from tests.contract.permissions.roles import deployed
from tests.contract.stack import ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = {
    "update_nat_routes.": "UpdateNatRoutesRole",
    "drift_check.": "DriftCheckRole",
    "ttl_reaper.": "TtlReaperRole",
}
# a function without a role here, and why no call of its own has to be checked
EXEMPT = {"egress_probe": "it calls no AWS service; an import contract keeps boto3 out of it"}
# what a test stages while a function calls, a writer that renews an item for example, is not the function's
OTHERS = ("tests.", "simulator.", "toolchain.", "benchmarks.", "ops.")
LISTENING = (__name__, Recorder.__module__, interceptor.__name__)
# the function's variables that its role depends on, and where the template has them from
GIVEN = {
    "NAT_ASG_NAME": "NatAsgName",
    "NAT_EIP_ALLOCATION_ID": "NatEipAllocationId",
    "NAT_STANDBY_ASG_NAME": "NatStandbyAsgName",
    "NAT_STANDBY_EIP_ALLOCATION_ID": "NatStandbyEipAllocationId",
    "NAT_FALLBACK_GATEWAY_ID": "NatFallbackGatewayId",
    "PRIVATE_ROUTE_TABLE_IDS": "PrivateRouteTableIds",
    "SNS_ALERTS_TOPIC_ARN": "AlertsTopicArn",
    "DRIFT_REPORT_BUCKET": "DriftReportBucket",
    "REAPER_AUDIT_BUCKET": "ReaperBucket",  # no parameter: the stack makes it
}


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A question to IAM, whose role it is put to, and in which deployments that may be."""

    role: str
    need: Need
    environments: tuple[str, ...]
    given: tuple[tuple[str, str], ...]

    @property
    def allowed(self) -> bool:
        return any(allowed(policy(self.role, env, self.given), self.need) for env in self.environments)


@dataclass
class RoleEnforcer:
    """What was recorded and is not checked yet."""

    recorded: set[CheckedCall] = field(default_factory=set)
    on: bool = True

    def record(self, asked: list[Need]) -> None:
        """Note it where a function calls; a call outside any environment may be of each."""
        if role := calling():
            env = os.environ.get("ENVIRONMENT", "")
            environments = (env,) if env in ENVIRONMENTS else ENVIRONMENTS
            given = tuple(
                (GIVEN[name], os.environ[name]) for name in sorted(GIVEN.keys() & os.environ.keys())
            )
            given = (*given, ("VpcId", platform_vpc()))
            self.recorded |= {CheckedCall(role, need, environments, given) for need in asked}

    def judge(self) -> None:
        """Forget what was recorded.

        Raises:
            AssertionError: a role does not allow some of it.
        """
        recorded, self.recorded = self.recorded, set()
        refused = sorted(
            f"{call.role}: {call.need.action} on {call.need.resource}"
            for call in recorded
            if not call.allowed
        )
        assert not refused, "calls that template.yaml does not allow:\n" + "\n".join(refused)

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Record all of botocore's calls, those within a simulated world too."""
        recorder = Recorder()
        recorder.listens = lambda: self.on and calling() is not None
        recorder.report = self.record
        # a world puts its own in botocore's place
        with recorder.connected(), patch.object(interceptor, "_call", recorder.around(interceptor._call)):
            yield


def calling() -> str | None:
    """The role of the function whose code calls."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(OTHERS) and name not in LISTENING:
            return None
        if by_package := next((role for package, role in ROLES.items() if name.startswith(package)), None):
            return by_package
        frame = frame.f_back
    return None


@cache
def policy(role: str, env: str, given: tuple[tuple[str, str], ...]) -> list[Statement]:
    """A deployment's role. Probe, healing and Security Hub are on: what each adds is tested apart."""
    known = dict(given)
    bucket = known.pop("ReaperBucket", None)
    switched_on = {"DriftMode": "heal", "DriftSecurityHub": "true", "EgressProbe": "true"}
    own = "own" if known.get("NatStandbyEipAllocationId") else "shared"
    stack = deployed(env, NatStandbyAddress=own, **switched_on, **known)
    if bucket:
        stack.template.values |= {"ReaperBucket": bucket, "ReaperBucket.Arn": f"arn:aws:s3:::{bucket}"}
    return statements(stack.statements(role))
