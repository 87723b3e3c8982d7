"""EC2's status checks of the group's members, read once a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import AccessDenied, AwsError

if TYPE_CHECKING:
    from datetime import datetime

    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import InstanceStatusSummaryTypeDef

    from update_nat_routes.model import Observed


def impaired_members(ec2: EC2Client, observed: Observed) -> dict[str, datetime | None]:
    """Those whose status checks fail, and since when; "initializing" and the like say nothing.

    Raises:
        AccessDenied: the role may not read them. Any other failure says nothing either, and the next minute
            reads again.
    """
    members = [member.instance_id for member in observed.group.members] if observed.group else []
    try:
        return _impaired(ec2, [name for name in members if name in observed.instances])
    except AccessDenied:
        raise
    except AwsError:
        return {}


@whole_answer("ec2:DescribeInstanceStatus")
def _impaired(ec2: EC2Client, ids: list[str]) -> dict[str, datetime | None]:
    with translate_errors("ec2:DescribeInstanceStatus"):
        answer = ec2.describe_instance_status(InstanceIds=ids)
    return {
        status["InstanceId"]: _since(check)
        for status in answer["InstanceStatuses"]
        for check in (status.get("SystemStatus", {}), status.get("InstanceStatus", {}))
        if check.get("Status") == "impaired"
    }


def _since(check: InstanceStatusSummaryTypeDef) -> datetime | None:
    details = check.get("Details", [])
    return next((detail["ImpairedSince"] for detail in details if "ImpairedSince" in detail), None)
