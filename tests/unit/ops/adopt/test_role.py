"""An adopted account's role: with the parameters that adopt names it may read and heal other names."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from drift_check.events import Mode, Request
from drift_check.findings import Healing
from drift_check.history_store import COMPONENT, HistoryUse
from drift_check.reconcile import make_reconciler
from drift_check.settings import Allowed, Settings
from ops import drift_role as role
from ops.identity import Identity
from tests.contract.permissions.moto_resources import platform_vpc
from tests.contract.permissions.policy import Need, Statement, denied, statements
from tests.contract.permissions.recorder import Recorder
from tests.contract.permissions.roles import deployed
from tests.contract.stack import ACCOUNT, REGION, listed
from tests.unit.ops.adopt.renamed_estate import ENV, Account, account
from tests.unit.ops.adopt.test_renamed_account import VALUES, as_acme, knowing, unrelated, with_account_number
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.parameters import with_parameters
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.model import Report
    from ops.adopt.dialogue import Outcome
    from tradai_shared.config.models import CanonicalConfig

pytestmark = pytest.mark.any_python

IDENTITY = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/somebody", REGION)
MANAGED = ("DriftCheckAdoptedPolicy", "DriftCheckAdoptedHealsPolicy")


def policy_of(parameters: dict[str, str], mode: str) -> list[Statement]:
    """All that the function's role is given, by policies within it and beside it."""
    given = {name: text for name, text in parameters.items() if text}
    stack = deployed(str(ENV), DriftMode=mode, **{"VpcId": platform_vpc(), **given})
    beside = [
        statement | {"Action": listed(statement["Action"]), "Resource": listed(statement["Resource"])}
        for name in MANAGED
        if name in stack.made
        for statement in stack[name]["PolicyDocument"]["Statement"]
    ]
    return statements(stack.statements("DriftCheckRole") | {each["Sid"]: each for each in beside})


class Adopted:
    """An adopted account, what its runs need of IAM, and the parameters that adopt names."""

    def __init__(self, made: Account) -> None:
        self.made = made

    @cached_property
    def outcome(self) -> Outcome:
        return self.made.adopt(knowing(self.made))

    @cached_property
    def config(self) -> CanonicalConfig:
        return build(ENV, with_parameters(self.outcome.file, self.made.parameters, ENV))

    @cached_property
    def role(self) -> dict[str, str]:
        survey = self.outcome.survey
        return role.parameters(self.config, IDENTITY, survey.parameter_group, survey.pool_id)

    @property
    def parameters(self) -> dict[str, str]:
        return {**self.made.parameters, **self.role}

    def run(self, mode: Mode, approve: frozenset[str] = frozenset()) -> tuple[Report, set[Need]]:
        recorder, config = Recorder(), self.config
        with recorder.connected(), recorder.acting():
            report = make_reconciler(
                Settings(ENV, Allowed.HEAL, max_heals=50),
                Request(mode, approve=approve),
                config,
                self.made.client,
                use=HistoryUse.ALL,
                attended=True,
            ).run()
        return report, recorder.recorded


@pytest.fixture(scope="module", params=[as_acme, with_account_number, unrelated])
def adopted(request: pytest.FixtureRequest) -> Iterator[Adopted]:
    with account(request.param, VALUES) as made:
        yield Adopted(made)


def test_every_call_of_a_check_is_allowed_and_some_only_by_the_parameters(adopted: Adopted) -> None:
    report, needs = adopted.run(Mode.REPORT)
    assert not report.unknown
    assert not report.notes
    assert denied(policy_of(adopted.parameters, "report"), needs) == []
    without = {need.action.partition(":")[0] for need in denied(policy_of({}, "report"), needs)}
    assert without >= {"dynamodb", "ecs", "s3", "secretsmanager"}


def test_every_call_of_its_heals_is_allowed_and_none_in_a_deployment_that_reports(adopted: Adopted) -> None:
    policies = {mode: policy_of(adopted.parameters, mode) for mode in ("heal", "report")}
    clock.sleep(7200)
    spoil(adopted)
    clock.sleep(7200)  # so that nothing waits for the last write to settle
    report, needs = adopted.run(Mode.REPORT)
    approved = {finding.id for finding in report.open if finding.healing is Healing.ON_APPROVAL}
    assert len(approved) >= 3
    report, heals = adopted.run(Mode.HEAL, frozenset(approved))
    assert {outcome.status for outcome in report.heals} == {Status.DONE}
    assert len(report.heals) >= 8
    assert denied(policies["heal"], needs | heals) == []
    refused = denied(policies["report"], heals)
    assert {need.action for need in refused} >= {"dynamodb:UpdateTable", "rds:ModifyDBParameterGroup"}


def spoil(adopted: Adopted) -> None:
    """A resource of each kind that is healed by name."""
    made, truth = adopted.made, adopted.made.truth
    tables = truth.dynamodb.tables
    dynamodb: Any = made.client("dynamodb")
    dynamodb.update_table(TableName=tables["deployments"].name, DeletionProtectionEnabled=False)
    dynamodb.update_continuous_backups(
        TableName=tables["trading-state"].name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    off = {"Enabled": False, "AttributeName": "expires_at"}
    dynamodb.update_time_to_live(TableName=tables["notifications"].name, TimeToLiveSpecification=off)
    bucket = truth.s3.buckets["configs"].name
    made.client("s3").delete_public_access_block(Bucket=bucket)
    made.client("s3").delete_bucket_tagging(Bucket=bucket)
    made.client("secretsmanager").delete_secret(SecretId=truth.secrets["exchange-keys"].name)
    ssl = {"ParameterName": truth.rds.ssl_parameter, "ParameterValue": "0", "ApplyMethod": "immediate"}
    made.client("rds").modify_db_parameter_group(
        DBParameterGroupName=f"{truth.rds.identifier}-parameters", Parameters=[ssl]
    )
    made.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=made.built.ids["pool"], MfaConfiguration="OFF"
    )
    keys = list(truth.required_tags)
    made.client("ecs").untag_resource(
        resourceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{truth.ecs.cluster}", tagKeys=keys
    )
    made.client("rds").remove_tags_from_resource(
        ResourceName=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{truth.rds.identifier}", TagKeys=keys
    )


def test_the_parameters_fit_and_name_nothing_that_the_role_has_anyway(adopted: Adopted) -> None:
    arns = adopted.role[role.RESOURCES].split(",")
    assert len(adopted.role[role.RESOURCES]) <= role.MOST_CHARACTERS
    assert not [arn for arn in arns if re.search("[:/]tradai-", arn)]
    assert adopted.role[role.STATE_TABLE] == adopted.config.dynamodb.tables[COMPONENT].name


def test_the_platform_s_own_names_need_no_parameter() -> None:
    own: Callable[..., Any] = build
    assert role.parameters(own(ENV), IDENTITY) == {role.RESOURCES: "", role.STATE_TABLE: ""}


def test_names_that_are_too_long_are_given_by_what_they_begin_with() -> None:
    tables = {key: {"name": f"long-{'x' * 120}-{key}"} for key in build(ENV).dynamodb.tables}
    functions = {
        key: {"name": f"long-{key}-{'y' * 40}"[:64]}
        for key in build(ENV).lambdas
        if key != "update-nat-routes"
    }
    config = build(ENV, {"dynamodb": {"tables": tables}, "lambdas": functions})
    text = role.parameters(config, IDENTITY)[role.RESOURCES]
    assert len(text) <= role.MOST_CHARACTERS
    assert any(arn.endswith("*") for arn in text.split(","))
