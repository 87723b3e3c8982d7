"""The writes that healing may make; nothing else can be written. Each declares who may order it.

A finding is healed only by a remediation that its check proposed; without one nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from drift_check.findings import Healing

PUBLIC_ACCESS_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
AUTOMATIC, ON_APPROVAL = Healing.AUTOMATIC, Healing.ON_APPROVAL
# tag:TagResources asks for the service's own action too.
# https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
BEHIND_TAG_RESOURCES = (
    "apigateway:PUT",
    "cloudwatch:TagResource",
    "cognito-idp:TagResource",
    "dynamodb:TagResource",
    "ecs:TagResource",
    "events:TagResource",
    "lambda:TagResource",
    "logs:TagResource",
    "rds:AddTagsToResource",
    "secretsmanager:TagResource",
    "sns:TagResource",
    "sqs:TagQueue",
)


class Write:
    """What a remediation has unless it says otherwise."""

    healing: ClassVar[Healing] = AUTOMATIC
    permissions: ClassVar[tuple[str, ...]]
    warning: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class EnableTtl(Write):
    """Switch TTL on. DynamoDB then deletes what has expired, so it is counted first.

    ``expired`` is None for a count below both limits: the heal is then automatic. Otherwise it is the upper
    bound that a person approves, a power of two, so that an approval outlives a few more expired items.
    """

    table: str
    attribute: str
    recovery: bool | None = None  # whether point-in-time recovery could bring items back; None: not read
    expired: int | None = None
    permissions: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateTimeToLive", "dynamodb:Scan")
    warning: ClassVar[str] = "DynamoDB deletes items that have expired, within days"


@dataclass(frozen=True, slots=True)
class DisableTtl(Write):
    """Switch TTL off: the first half of moving it to another attribute, which AWS allows an hour later."""

    table: str
    attribute: str
    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateTimeToLive",)
    warning: ClassVar[str] = "nothing expires until TTL is switched on again, an hour later at the earliest"


@dataclass(frozen=True, slots=True)
class TableWrite(Write):
    """What needs no more than the table's name."""

    table: str


class EnableRecovery(TableWrite):
    """Switch point-in-time recovery on."""

    permissions: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateContinuousBackups",)
    warning: ClassVar[str] = "earlier recovery points are gone: recovery begins now"


class ProtectTable(TableWrite):
    """Switch deletion protection on, alone in its call."""

    permissions: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateTable",)


class ChargeOnDemand(TableWrite):
    """Change the billing mode to on-demand; AWS allows it four times in 24 hours."""

    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateTable",)
    warning: ClassVar[str] = "the table's bill changes"


@dataclass(frozen=True, slots=True)
class CreateIndex(Write):
    """Create a missing global secondary index; the table fills it in the background. One at a time."""

    table: str
    index: str
    partition: tuple[str, str]  # name and type
    sort: tuple[str, str] | None
    projection: str = "ALL"  # or KEYS_ONLY; no value states what INCLUDE would hold
    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateTable",)
    warning: ClassVar[str] = "the whole table is read and written once to fill it"


@dataclass(frozen=True, slots=True)
class AddTags(Write):
    """Add tags that are missing. Removes and replaces none."""

    arn: str
    tags: tuple[tuple[str, str], ...]
    permissions: ClassVar[tuple[str, ...]] = (
        "tag:TagResources",
        "s3:PutBucketTagging",
        "autoscaling:CreateOrUpdateTags",
        "ec2:CreateTags",
        *BEHIND_TAG_RESOURCES,
    )


@dataclass(frozen=True, slots=True)
class ReplaceTags(AddTags):
    """Give tags that have another value the required one; permissions may depend on the present one."""

    healing: ClassVar[Healing] = ON_APPROVAL
    warning: ClassVar[str] = "permissions or bills may depend on the present value"


@dataclass(frozen=True, slots=True)
class AuthorizeRule(Write):
    """Add a missing rule to a security group. ``peer`` is a CIDR or a group's id; no ports: every port."""

    group_id: str
    egress: bool
    protocol: str
    from_port: int | None
    to_port: int | None
    peer: str
    permissions: ClassVar[tuple[str, ...]] = (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
    )


@dataclass(frozen=True, slots=True)
class RevokeWorldOpen(Write):
    """Revoke, by rule id, the rules that let the internet into a group that must not be open.

    ``rules`` are these rules as (protocol, first port, last port, CIDR). No other rule is revoked, and none
    where the group would be left without a rule.
    """

    group_id: str
    rules: tuple[tuple[str, int | None, int | None, str], ...]
    permissions: ClassVar[tuple[str, ...]] = (
        "ec2:DescribeSecurityGroupRules",
        "ec2:RevokeSecurityGroupIngress",
    )
    warning: ClassVar[str] = "clients that came in by these rules are shut out"


@dataclass(frozen=True, slots=True)
class ReconcileRoutes(Write):
    """Invoke the failover function, which reads the routes and plans by its own rules."""

    function: str
    permissions: ClassVar[tuple[str, ...]] = ("lambda:InvokeFunction",)


@dataclass(frozen=True, slots=True)
class DisableSourceDestCheck(Write):
    """Let the NAT's interface forward what is not addressed to it."""

    interface_id: str
    permissions: ClassVar[tuple[str, ...]] = ("ec2:ModifyNetworkInterfaceAttribute",)


@dataclass(frozen=True, slots=True)
class EnableRule(Write):
    """Enable an EventBridge rule as it is; its pattern and targets are not touched."""

    rule: str
    permissions: ClassVar[tuple[str, ...]] = ("events:EnableRule",)


@dataclass(frozen=True, slots=True)
class BlockPublicAccess(Write):
    """Switch all four blocks of a bucket on."""

    bucket: str
    permissions: ClassVar[tuple[str, ...]] = ("s3:PutBucketPublicAccessBlock",)
    warning: ClassVar[str] = "public readers lose their access"


@dataclass(frozen=True, slots=True)
class ForceSsl(Write):
    """Make the database's own parameter group demand SSL."""

    parameter_group: str
    parameter: str
    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = ("rds:ModifyDBParameterGroup",)
    warning: ClassVar[str] = "clients that connect without SSL are refused"


@dataclass(frozen=True, slots=True)
class RequireMfa(Write):
    """Set the user pool's MFA alone; UpdateUserPool would reset what it is not given."""

    pool_id: str
    mfa: str
    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = (
        "cognito-idp:GetUserPoolMfaConfig",
        "cognito-idp:SetUserPoolMfaConfig",
    )
    warning: ClassVar[str] = "users without a second factor must set one up to sign in"


@dataclass(frozen=True, slots=True)
class RestoreSecret(Write):
    """Cancel a secret's scheduled deletion."""

    secret: str
    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = ("secretsmanager:RestoreSecret",)
    warning: ClassVar[str] = "a person may have deleted it on purpose"


@dataclass(frozen=True, slots=True)
class ResizeGroup(Write):
    """Set one of the NAT group's sizes, and never one that would end an instance.

    Auto Scaling lowers the desired capacity to a lower maximum. Source: UpdateAutoScalingGroup, MaxSize.
    """

    group: str
    size: str  # MinSize, MaxSize or DesiredCapacity
    value: int
    healing: ClassVar[Healing] = ON_APPROVAL
    permissions: ClassVar[tuple[str, ...]] = ("autoscaling:UpdateAutoScalingGroup",)
    warning: ClassVar[str] = "an instance may be launched"


Remediation: TypeAlias = (
    EnableTtl
    | DisableTtl
    | EnableRecovery
    | ProtectTable
    | ChargeOnDemand
    | CreateIndex
    | AddTags
    | ReplaceTags
    | AuthorizeRule
    | RevokeWorldOpen
    | ReconcileRoutes
    | DisableSourceDestCheck
    | EnableRule
    | BlockPublicAccess
    | ForceSsl
    | RequireMfa
    | RestoreSecret
    | ResizeGroup
)


def healing_of(remediations: tuple[Remediation, ...]) -> Healing:
    """Who may order several writes together: automatic only where each of them is."""
    if not remediations:
        return Healing.NEVER
    healings = {remediation.healing for remediation in remediations}
    return AUTOMATIC if healings == {AUTOMATIC} else ON_APPROVAL
