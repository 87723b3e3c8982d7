"""The check is switched off by the instance; of several interfaces, at the one that routes lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.stubbed_aws import CHECK
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from tests.unit.update_nat_routes.stubbed_aws import Aws

SEVERAL = "There are multiple interfaces attached to instance 'i-a'. Please specify an interface ID instead."


def test_the_interface_is_named_where_the_instance_has_several(aws: Aws) -> None:
    aws.refuses("ec2:modify_instance_attribute", "InvalidInstanceID", SEVERAL)
    interface = {"NetworkInterfaceId": "eni-a", "SourceDestCheck": {"Value": False}}
    aws.answers("ec2:modify_network_interface_attribute", interface)
    assert aws.apply(CHECK)[0].status is Status.DONE


def test_a_role_that_may_change_no_interface_is_told_with_the_parameter_that_it_needs(aws: Aws) -> None:
    aws.refuses("ec2:modify_instance_attribute", "InvalidInstanceID", SEVERAL)
    aws.refuses("ec2:modify_network_interface_attribute", "UnauthorizedOperation", "not authorized")
    (outcome,) = aws.apply(CHECK)
    assert outcome.status is Status.FAILED
    assert "i-a has several interfaces, which needs the parameter VpcId" in outcome.detail
    assert "ec2:ModifyNetworkInterfaceAttribute" in outcome.detail


@pytest.mark.parametrize("code", ["InvalidInstanceID", "UnauthorizedOperation"])
def test_another_refusal_is_no_reason_to_name_the_interface(aws: Aws, code: str) -> None:
    aws.refuses("ec2:modify_instance_attribute", code, "for another reason")
    (outcome,) = aws.apply(CHECK)
    assert outcome.status is Status.FAILED
    assert "ec2:ModifyInstanceAttribute" in outcome.detail
