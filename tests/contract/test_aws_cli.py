"""The AWS CLI's commands of the pages, typed as they stand against moto's server.

`.tools/aws` has version 1, the one that a package index carries; the pages are written for version 2. They
differ in one option that the pages use: version 1 takes a payload as it is and has no --cli-binary-format.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from moto.awslambda.models import LambdaFunction

from simulator.scenario.platform import Standby
from tests.contract.stack import ROOT
from tests.contract.test_runbook_commands import PAGES as RUNBOOKS
from tests.contract.test_runbook_commands import blocks
from toolchain.local.moto_platform import moto_platform, variables
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolchain.local.moto_platform import MotoPlatform

AWS = ROOT / ".tools/aws/bin/aws"
OTHERS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRAPPER = """#!/usr/bin/env bash
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --cli-binary-format) [ "$2" = raw-in-base64-out ] || exit 99; shift ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
{aws} --endpoint-url "$AWS_ENDPOINT_URL" "${{arguments[@]}}" 2>"{folder}/err"
code=$?
cat "{folder}/err" >&2
echo "$code ${{arguments[0]}} ${{arguments[1]}} $(tr '\\n' ' ' <"{folder}/err")" >>"{folder}/calls"
exit $code
"""
NOT_IN_MOTO = {  # the command line accepts these and sends them; the server has no answer
    "autoscaling start-instance-refresh",
    "cloudtrail lookup-events",
    "lambda get-account-settings",
    "stepfunctions get-execution-history",
}
NEEDS_A_PLUGIN = {"ssm start-session"}  # the Session Manager plugin, which no package index has
NAMED = ("aws securityhub batch-import-findings",)  # a page says what it takes, and does not type it
INVALID = re.compile(r"usage:|Unknown options|Parameter validation|Invalid (type|choice)|Error parsing")

pytestmark = [
    pytest.mark.any_python,
    pytest.mark.skipif(
        not AWS.exists(), reason="the AWS CLI is not at hand: make .tools/aws/.ready installs it"
    ),
    pytest.mark.skipif(shutil.which("jq") is None, reason="jq, which the runbooks pipe into, is not at hand"),
]


@dataclass(frozen=True)
class Account:
    """A simulated account, and what to put where a page has a gap to fill in."""

    platform: MotoPlatform
    gaps: dict[str, str]

    def filled(self, text: str) -> str:
        for gap, value in sorted(self.gaps.items(), key=lambda each: -len(each[0])):  # eni-… before i-…
            text = text.replace(gap, value)
        return text


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    patched = pytest.MonkeyPatch()
    answer = '{"success": true, "data": {"summary": {"open": 0}, "results": []}}'
    patched.setattr(LambdaFunction, "invoke", lambda *_, **__: answer.encode())
    with patched.context(), moto_platform(Environment.DEV, standby=Standby.SHARED) as platform:
        yield furnish(platform)
    patched.undo()


def furnish(platform: MotoPlatform) -> Account:
    """What the stack and the platform have beside the NAT."""
    ec2, sqs, scheduler = (platform.client(name) for name in ("ec2", "sqs", "scheduler"))
    role = platform.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = {"Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": b"x"}, "Role": role}
    for name in ("tradai-update-nat-routes-dev", "tradai-drift-check-dev"):
        platform.client("lambda").create_function(FunctionName=name, **code)
    queue = sqs.create_queue(QueueName="tradai-ops-dead-letters-dev")["QueueUrl"]
    for body in ('{"action": "reconcile"}', '{"mode": "report"}'):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    platform.client("logs").create_log_group(logGroupName="/aws/lambda/tradai-ttl-reaper-dev")
    pattern = '{"source": ["aws.autoscaling"]}'
    platform.client("events").put_rule(Name="platform-nat-events", EventPattern=pattern)
    target = {"Arn": "arn:aws:lambda:eu-central-1:123456789012:function:x", "RoleArn": role}
    scheduler.create_schedule_group(Name="tradai-ops-dev")
    scheduler.create_schedule(
        Name="tradai-nat-reconcile-dev",
        GroupName="tradai-ops-dev",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    machine = platform.client("stepfunctions").create_state_machine(
        name="tradai-reap-dev", definition='{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}', roleArn=role
    )["stateMachineArn"]
    for name in "ab":
        platform.client("stepfunctions").start_execution(stateMachineArn=machine, name=name)
    subnet, table = platform.platform.subnet, platform.platform.tables[0]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=platform.nat)
    spare = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=spare)["NatGateway"]["NatGatewayId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    held = ec2.allocate_address(Domain="vpc")["AllocationId"]
    association = ec2.associate_address(AllocationId=held, NetworkInterfaceId=interface)["AssociationId"]
    (described,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    return Account(
        platform,
        {
            "i-…": platform.nat,
            "rtb-…": table,
            "eni-…": interface,
            "nat-…": gateway,
            "subnet-…": subnet,
            "vpc-…": described["VpcId"],
            "eipassoc-…": association,
            "eipalloc-…": ec2.allocate_address(Domain="vpc")["AllocationId"],
            "--name …": "--name platform-nat-events",
            "--name NAME": "--name platform-nat-events",
            "--receipt-handle …": f"--receipt-handle {handle}",
        },
    )


def inline(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    spans = re.findall(r"(?<!`)`(aws [a-z0-9]+ [a-z-]+[^`\n]*)`", text)
    return [span for span in spans if not span.startswith(NAMED)]


def typed(page: Path) -> str:
    """What a reader types: a runbook's blocks as a whole, of another page the AWS CLI's commands alone."""
    parts = [block for block in blocks(page) if "aws " in block]
    if page not in RUNBOOKS:
        parts = [
            line
            for block in parts
            for line in block.replace("\\\n", " ").splitlines()
            if re.match(r"([A-Z]+=\$\()?aws ", line)
        ]
    return "\n".join(part.strip() for part in [*parts, *inline(page)])


@pytest.mark.parametrize(
    "page", [page for page in [*RUNBOOKS, *OTHERS] if typed(page)], ids=lambda page: page.stem
)
def test_every_command_of_a_page_is_accepted(account: Account, page: Path, tmp_path: Path) -> None:
    wrapper = tmp_path / "bin/aws"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(aws=AWS, folder=tmp_path))
    wrapper.chmod(0o755)
    environment = {
        **variables(account.platform.endpoint),
        "AWS_MAX_ATTEMPTS": "1",
        "PATH": f"{wrapper.parent}:{os.defpath}",
        "HOME": str(tmp_path),
        "TRADAI_ENV": "dev",
        "GROUP": account.platform.platform.group,
    }
    script = f"tradai-ops() {{ :; }}\n{account.filled(typed(page))}\n"
    done = subprocess.run(  # noqa: S603 - the text of the pages
        ["/bin/bash", "-c", script],
        env=environment,
        input="yes\n" * 5,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert not re.search(r"bash: .*(syntax error|command not found|unexpected EOF)", done.stderr)
    assert "jq: error" not in done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert len(calls) == len(re.findall(r"\baws [a-z0-9]+ [a-z-]+", account.filled(typed(page))))
    for call in calls:
        code, service, operation, said = (call + " ").split(" ", 3)
        assert not INVALID.search(said), call
        expected_to_fail = f"{service} {operation}" in NOT_IN_MOTO | NEEDS_A_PLUGIN
        assert code == "0" or expected_to_fail, call
