"""AWS calls by the actions that IAM knows: ``ec2:DescribeSubnets`` is ``describe_subnets`` of ``ec2``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name

from tradai_shared.aws.error_mapping import translate_errors

if TYPE_CHECKING:
    from collections.abc import Callable

# Where botocore has another name than IAM.
SERVICES = {"elasticloadbalancing": "elbv2", "states": "stepfunctions"}
OPERATIONS = {"s3:ListAllMyBuckets": "ListBuckets"}


def call(client: Callable[[str], Any], action: str, key: str = "", **request: object) -> Any:
    """The answer, or what it holds under ``key``: a list then has the items of all pages.

    Raises:
        AwsError: the call failed.
    """
    service, _, name = action.partition(":")
    made = client(SERVICES.get(service, service))
    operation = xform_name(OPERATIONS.get(action, name))
    with translate_errors(action):
        if key and made.can_paginate(operation):
            pages = made.get_paginator(operation).paginate(**request)
            return [item for page in pages for item in page.get(key, [])]
        answer = getattr(made, operation)(**request)
        return answer[key] if key else answer
