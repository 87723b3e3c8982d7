"""EC2's status checks of the group's members, read once a minute."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import AccessDenied, AwsError
from update_nat_routes.model import DeniedRead

if TYPE_CHECKING:
    from datetime import datetime

    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import InstanceStatusSummaryTypeDef

    from update_nat_routes.model import Observed


def with_status_checks(ec2: EC2Client, observed: Observed) -> Observed:
    """Add the members whose status checks fail, and since when; "initializing" and the like say nothing.

    A read that fails shows nothing either, and replaces nobody; a refused one is reported.
    """
    members = [member.instance_id for group in observed.groups for member in group.members]
    try:
        impaired = _impaired(ec2, [name for name in members if name in observed.instances])
        return replace(observed, impaired=impaired)
    except AccessDenied as error:
        denied = DeniedRead(error.action, str(error))
        return replace(observed, impaired={}, unread=(*observed.unread, denied))
    except AwsError:
        return replace(observed, impaired={})


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
