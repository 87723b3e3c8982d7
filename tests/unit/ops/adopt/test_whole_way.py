"""From an unknown account to its drift: doctor, adopt with its questions answered, no finding, then drift.

Names and values are others than those of the tests beside this one. Then each action that the check makes is
denied, throttled and cut off in turn: nothing false is found, and what is missing rests on that action.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.findings import FindingStatus
from drift_check.observe import READ_OPERATIONS
from drift_check.scan import Scanner
from ops.adopt.account import RememberingObserver
from ops.doctor.diagnose import diagnose
from ops.doctor.observe import AccountReader
from ops.doctor.wanted import Wanted
from ops.identity import Identity
from tests.contract.stack import ACCOUNT, REGION
from tests.unit.ops.adopt.other_drifts import OTHER_DRIFTS
from tests.unit.ops.adopt.renamed_estate import ENV, Account, account
from tests.unit.ops.adopt.strangers import STRANGERS
from tests.unit.ops.adopt.test_faults import FAULTS, operation_name
from tests.unit.ops.adopt.test_renamed_account import knowing
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.parameters import with_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.scan import Scan
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.overrides import OverrideFile

pytestmark = pytest.mark.any_python

IDENTITY = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/somebody", REGION)
# Values beside the names, of every kind that adopt writes.
VALUES: dict[str, Any] = {
    "network.vpc.cidr": "172.20.0.0/16",
    **{
        f"network.subnets.{tier}-{number}.cidr": f"172.20.{start + number}.0/24"
        for tier, start in (("public", 0), ("private", 10), ("database", 20))
        for number in (1, 2)
    },
    "nat.group.max_size": 2,
    "rds.version": "16.4",
    "rds.backup_retention_days": 21,
    "rds.deletion_protection": True,
    "nat.instance_type": "t4g.medium",
    "nat.lifecycle_hooks.terminate": {
        "name": "quant-nat-ending",
        "transition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "heartbeat_seconds": 120,
    },
    "ecs.services.backend-api.desired_count": 2,
    "ecs.services.mlflow.memory_mb": 2048,
    "lambdas.orphan-scanner.memory_mb": 512,
    "cognito.password_min_length": 16,
    "network.endpoints.interface_count": 0,
    "network.endpoints.gateway": ["s3"],
    "s3.buckets.logs.versioning": False,
    "s3.buckets.logs.lifecycle": ["all: expire 90 days"],
    "s3.buckets.results.tls_only": False,
    "dynamodb.tables.health-state.ttl.attribute": "gone_at",
    "dynamodb.tables.shadow-test-state.key.partition.name": "shadow",
    "dynamodb.tables.deployments.indexes.by-who": {
        "partition": {"name": "who", "type": "S"},
        "projection": "INCLUDE",
        "attributes": ["stage", "model"],
    },
    "sqs.max_receive_count": 7,
    "log_retention_days": 120,
    "required_tags": {"Project": ["quant"], "Environment": ["live"], "ManagedBy": ["hand", "pulumi"]},
}


def as_quant(name: str) -> str:
    """As a house that puts the environment first, and ends in a region and a number."""
    middle = name.removeprefix("tradai").replace("-prod", "").replace("/prod", "").strip("-/")
    return f"live-quant-{middle.replace('/', '-') or 'platform'}-euc1-042"


def doctored(made: Account) -> dict[str, str]:
    """The parameters of the stack: two that somebody chose at the deployment, and what doctor finds."""
    nat = made.truth.nat
    wanted = Wanted(ENV, "tradai-ops-prod", {"NatFunctionName": nat.function, "NatAlarmName": nat.alarm})
    with without_targets(made.client("autoscaling")):
        diagnosis = diagnose(AccountReader(made.client).read(IDENTITY, wanted), wanted)
    return {**diagnosis.parameters, **wanted.parameters}


@contextmanager
def without_targets(autoscaling: Any) -> Iterator[None]:
    """moto answers with a queue of its own for hooks that notify nobody."""

    def remove(parsed: dict[str, Any], **_: Any) -> None:
        for hook in parsed.get("LifecycleHooks", []):
            hook.pop("NotificationTargetARN", None)

    name = "after-call.auto-scaling.DescribeLifecycleHooks"
    autoscaling.meta.events.register(name, remove)
    try:
        yield
    finally:
        autoscaling.meta.events.unregister(name, remove)


def scaled(made: Account) -> None:
    """A service that has more tasks than its definition in code says, since it scales by itself."""
    ecs = made.truth.ecs
    name = ecs.services["backend-api"].name
    made.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{ecs.cluster}/{name}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=6,
    )
    made.client("ecs").update_service(cluster=ecs.cluster, service=name, desiredCount=5)


class Way:
    """One account on its way; what each step needs of the one before."""

    def __init__(self, made: Account) -> None:
        scaled(made)
        self.made = Account(made.client, made.built, made.truth, doctored(made))
        self.file: OverrideFile | None = None

    @property
    def config(self) -> CanonicalConfig:
        assert self.file
        return build(ENV, with_parameters(self.file, self.made.parameters, ENV))

    def scan(self, observer: RememberingObserver) -> Scan:
        return Scanner(self.config, checks.ALL, observer).scan()


@pytest.fixture(scope="module")
def way() -> Iterator[Way]:
    with account(as_quant, VALUES) as made:
        yield Way(made)


def attributes(scan: Scan) -> list[tuple[str, str]]:
    return sorted((each.check, each.attribute) for each in scan.findings if each.waiver is None)


def test_doctor_adopt_no_finding_then_every_drift_and_none_false_whatever_fails(way: Way) -> None:
    assert way.made.parameters["NatHookNames"].split(",") == [
        way.made.truth.nat.lifecycle_hooks["launch"].name,
        "quant-nat-ending",
    ]
    outcome = way.made.adopt(knowing(way.made))
    assert not outcome.unread
    assert not outcome.refused
    way.file = outcome.file
    assert attributes(way.scan(RememberingObserver(way.made.client))) == []
    # no page says either of them: what protects is written down, and what is off is no wish
    assert (way.config.rds.deletion_protection, way.config.rds.storage_encrypted) == (True, None)

    clock.sleep(7200)
    expected = sorted(drift(way.made) for drift in (*OTHER_DRIFTS, *STRANGERS))
    assert len(expected) >= 30
    drifted = way.scan(RememberingObserver(way.made.client))
    assert attributes(drifted) == expected
    assert all(finding.is_actionable for finding in drifted.findings if finding.waiver is None)

    faulty = Faulty(way.made)
    for action in READ_OPERATIONS:
        for fault in FAULTS:
            told_with(way, faulty, drifted, action, fault)


class Faulty:
    """The account's clients, of which one operation fails."""

    def __init__(self, made: Account) -> None:
        self.made, self.operation, self.fault = made, "", FAULTS["denied"]

    def client(self, service: str) -> Any:
        client = self.made.client(service)
        client.meta.events.register("before-call.*.*", self.refuse, unique_id="a fault on the way")
        return client

    def refuse(self, model: Any, **_: Any) -> None:
        if model.name == self.operation:
            raise self.fault


def told_with(way: Way, faulty: Faulty, drifted: Scan, action: str, fault: str) -> None:
    """One action fails: the others' answers are those of before."""
    faulty.operation, faulty.fault = operation_name(action), FAULTS[fault]
    whole = drifted.reads.answers
    known = {call: read for call, read in whole.items() if call.action != action}
    scan = way.scan(RememberingObserver(faulty.client, known=known))
    by_id = {each.finding.id: each for each in drifted.assessed}
    now = {finding.id: finding for finding in scan.findings}
    new = [finding for identifier, finding in now.items() if identifier not in by_id]
    assert {finding.status for finding in new} <= {FindingStatus.UNKNOWN}, (action, fault)
    assert {finding.attribute for finding in new} <= {action}, (action, fault)
    lost = [by_id[identifier] for identifier in by_id if identifier not in now]
    assert all(action in {call.action for call in each.sources} for each in lost), (action, fault)
    was_asked = any(call.action == action for call in whole)
    assert bool(new) == was_asked, (action, fault)
