"""Switching a source/destination check off: by the instance, or by the interface of one with several.

IAM can tell an instance of the group by its tag. Its interface has none that an adopted group would set, so
the role may change one in the VPC of the parameter VpcId alone, and none without that parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AccessDenied, PermanentError

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import AttributeBooleanValueTypeDef

    from update_nat_routes.actions import DisableSourceDestCheck

OFF: AttributeBooleanValueTypeDef = {"Value": False}
# Of AWS's code, InvalidInstanceID, this is one of several meanings.
SEVERAL_INTERFACES = "multiple interfaces"


def switch_off(ec2: EC2Client, action: DisableSourceDestCheck) -> None:
    try:
        with translate_errors("ec2:ModifyInstanceAttribute", shown=True):
            ec2.modify_instance_attribute(InstanceId=action.instance_id, SourceDestCheck=OFF)
    except PermanentError as error:
        if SEVERAL_INTERFACES not in error.message:
            raise
        _of_the_interface(ec2, action)


def _of_the_interface(ec2: EC2Client, action: DisableSourceDestCheck) -> None:
    try:
        with translate_errors("ec2:ModifyNetworkInterfaceAttribute", shown=True):
            ec2.modify_network_interface_attribute(
                NetworkInterfaceId=action.interface_id, SourceDestCheck=OFF
            )
    except AccessDenied as error:
        message = f"{action.instance_id} has several interfaces, which needs the parameter VpcId"
        raise AccessDenied(error.action, error.code, f"{message}: {error.message}") from error
