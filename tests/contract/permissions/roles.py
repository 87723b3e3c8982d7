"""The roles as CloudFormation would make them, and what the Lambda service does in a function's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.permissions.arns import EVERYTHING, arn
from tests.contract.permissions.policy import Need
from tests.contract.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

# What attaches a function to a VPC; Lambda asks for them without a resource.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
ATTACHING = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def deployed(env: str = "prod", **parameters: str) -> Stack:
    """A stack whose resources have the ARNs that AWS would give them."""
    stack = Stack(env, **parameters)
    values = stack.template.values
    for name in sorted(stack.made):
        values |= {key: text for key, text in _given(stack, name) if text}
    return stack


def _given(stack: Stack, name: str) -> Iterator[tuple[str, str]]:
    """What Ref and GetAtt answer for a resource."""
    match stack.raw[name]["Type"]:
        case "AWS::Serverless::Function":
            function = stack.template.resolve(stack.raw[name]["Properties"]["FunctionName"])
            yield name, function
            yield f"{name}.Arn", arn("lambda", f"function:{function}")
        case "AWS::Logs::LogGroup":
            group = stack[name]["LogGroupName"]
            yield name, group
            yield f"{name}.Arn", arn("logs", f"log-group:{group}:*")
        case "AWS::SQS::Queue":
            yield f"{name}.Arn", arn("sqs", stack[name]["QueueName"])
        case "AWS::S3::Bucket":
            bucket = f"tradai-ops-{name.lower()}-1a2b3c4d5e6f"  # CloudFormation's own way of naming
            yield name, bucket
            yield f"{name}.Arn", f"arn:aws:s3:::{bucket}"
        case "AWS::EC2::EIP":
            yield f"{name}.AllocationId", "eipalloc-0abcdef1234567890"


def by_lambda(stack: Stack, function: str) -> Iterator[Need]:
    """What the Lambda service does with the function's role: its log, its failures, its place in a VPC."""
    made = stack[function]
    stream = stack.template.values[f"{_log_group(stack, function)}.Arn"].removesuffix("*")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Need(action, f"{stream}log-stream:2026/11/22/[$LATEST]0123456789abcdef")
    failed = made.get("EventInvokeConfig", {}).get("DestinationConfig", {}).get("OnFailure")
    if failed:
        action = {"SQS": "sqs:SendMessage", "Lambda": "lambda:InvokeFunction"}[failed["Type"]]
        yield Need(action, failed["Destination"])
    for action in ATTACHING if "VpcConfig" in made else ():
        yield Need(action, EVERYTHING)


def _log_group(stack: Stack, function: str) -> str:
    group: Any = stack.raw[function]["Properties"]["LoggingConfig"]["LogGroup"]
    return str(group["Ref"])
