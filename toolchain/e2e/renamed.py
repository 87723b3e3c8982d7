"""The first day by the README alone, in an account where every name is another one than the platform's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ops.doctor import samconfig, samconfig_edit
from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.e2e.commands import checkout, shell, typed
from toolchain.e2e.report import require
from toolchain.e2e.stacks import inventory
from toolchain.local.emulator import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolchain.e2e.environment import DeployedEnvironment
    from toolchain.e2e.report import Act

PREFIX, GROUP, HOOKS = "acme", "acme-egress", ("acme-up", "acme-down")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:acme-pager"
BUCKET = "acme-drift-reports"
ORIGIN = "https://oauth2:no-real-token@gitlab.acme.example/infra/nat-ops.git"
RUNBOOKS = "https://gitlab.acme.example/infra/nat-ops/-/blob/"
DOCTOR = ".venv/bin/tradai-ops doctor --env dev"
DRILL = ".venv/bin/tradai-ops drill --env dev"
# what the person who deploys decides; everything else is doctor's to find
OWN = {"NamePrefix": PREFIX, "AlertsTopicArn": TOPIC, "DriftReportBucket": BUCKET}
FOUND = (
    "VpcId",
    "PrivateRouteTableIds",
    "NatAsgName",
    "NatHookNames",
    "NatEipAllocationId",
    "RunbookBaseUrl",
)


class FirstDay:
    """The steps in their order; each leaves the account and samconfig.toml to the next."""

    def __init__(self, deployed: DeployedEnvironment) -> None:
        self.deployed = deployed
        self.tables: list[str] = []
        self.allocation = ""
        self.folder: Path = deployed.folder

    def acts(self) -> Iterator[tuple[str, Act]]:
        yield "renamed: a platform stands under names of its own", self.platform
        yield f"renamed: `{DOCTOR}` finds it from the default route", self.found
        yield "renamed: with --write it shows the difference, and a no leaves the file", self.refused
        yield "renamed: with a yes samconfig.toml has every parameter", self.written
        yield "renamed: `sam deploy` makes the stack, under its own prefix", self.deployed_under_prefix
        yield "renamed: doctor has nothing left to do first", self.ready
        yield f"renamed: `{DRILL}` is answered", self.drilled
        yield f"renamed: `{DRILL} --terminate` ends the NAT and measures", self.measured
        yield "renamed: the drift check keeps its report in the bucket that was named", self.reported

    def platform(self) -> str:
        """A NAT with another group, other hooks and tables, in a VPC of another range."""
        ec2: Any = self.deployed.client("ec2")
        auto_scaling: Any = self.deployed.client("autoscaling")
        vpc = ec2.create_vpc(CidrBlock="172.20.0.0/16")["Vpc"]["VpcId"]
        public, private = (
            ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
            for cidr in ("172.20.0.0/24", "172.20.16.0/20")
        )
        image = ec2.register_image(Name="acme-nat")["ImageId"]
        ec2.create_launch_template(
            LaunchTemplateName="acme-nat", LaunchTemplateData={"ImageId": image, "InstanceType": "t4g.nano"}
        )
        auto_scaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            MinSize=1,
            MaxSize=1,
            DesiredCapacity=1,
            VPCZoneIdentifier=public,
            LaunchTemplate={"LaunchTemplateName": "acme-nat", "Version": "$Latest"},
        )
        for name, kind in zip(HOOKS, ("LAUNCHING", "TERMINATING"), strict=True):
            auto_scaling.put_lifecycle_hook(
                AutoScalingGroupName=GROUP,
                LifecycleHookName=name,
                LifecycleTransition=f"autoscaling:EC2_INSTANCE_{kind}",
                HeartbeatTimeout=300,
                DefaultResult="CONTINUE",
            )
        nat = self.nat()
        ec2.modify_instance_attribute(InstanceId=nat, SourceDestCheck={"Value": False})
        self.allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.associate_address(AllocationId=self.allocation, InstanceId=nat)
        for _ in range(2):
            table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=nat)
            self.tables.append(table)
        ec2.associate_route_table(RouteTableId=self.tables[0], SubnetId=private)
        self.deployed.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        sns, queue = self.deployed.client("sns"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:acme-on-call"
        sns.create_topic(Name=TOPIC.rsplit(":", 1)[-1])
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue)
        self.folder = checkout(self.deployed, ORIGIN)
        text = (ROOT / "samconfig.toml").read_text(encoding="utf-8").replace("tradai-ops-dev", "acme-ops-dev")
        self.file.write_text(samconfig_edit.changed(text, "dev", OWN), encoding="utf-8")
        return f"{GROUP} in {vpc}, with {' and '.join(HOOKS)}; 2 tables, {self.allocation}"

    @property
    def file(self) -> Path:
        return self.folder / "samconfig.toml"

    def nat(self) -> str:
        groups = self.deployed.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[GROUP]
        )
        return str(groups["AutoScalingGroups"][0]["Instances"][0]["InstanceId"])

    def found(self) -> str:
        said = typed(self.deployed, DOCTOR, self.folder)
        missing = [name for name in FOUND if f"  {name}=" not in said]
        require(not missing, f"not proposed: {missing}; {said[-300:]}")
        require(f"NatAsgName={GROUP}" in said and f"NatHookNames={','.join(HOOKS)}" in said, said)
        require("no-real-token" not in said, "the remote's token is printed")
        return f"it proposes {', '.join(FOUND)}"

    def refused(self) -> str:
        before = self.file.read_text(encoding="utf-8")
        said = typed(self.deployed, DOCTOR, self.folder, more=" --write", answer="no\n")
        require("+" in said and f"NatAsgName={GROUP}" in said.split("@@", 1)[-1], "no difference is shown")
        require(self.file.read_text(encoding="utf-8") == before, "samconfig.toml changed after a no")
        return "the difference, then the question; nothing written"

    def written(self) -> str:
        typed(self.deployed, DOCTOR, self.folder, more=" --write", answer="yes\n")
        given = samconfig.parameters(self.file.read_text(encoding="utf-8"), "dev")
        require(set(given["PrivateRouteTableIds"].split(",")) == set(self.tables), given)
        require(given["NatEipAllocationId"] == self.allocation, given)
        require(given["RunbookBaseUrl"].startswith(RUNBOOKS), given["RunbookBaseUrl"])
        require("no-real-token" not in self.file.read_text(encoding="utf-8"), "the remote's token is written")
        return f"{len(given)} parameters; runbooks are read at {given['RunbookBaseUrl'][:60]}…"

    def deployed_under_prefix(self) -> str:
        said = typed(self.deployed, "sam deploy", self.folder)
        require("Successfully created/updated stack - acme-ops-dev" in said, said[-400:])
        known = ("aws-sam-cli", "tradai-shared-dev", "default")  # SAM's own, ministack's mistake, AWS's own
        foreign = {
            kind: strangers
            for kind, names in inventory(self.deployed).items()
            if (
                strangers := sorted(
                    name for name in names if not name.startswith(known) and PREFIX not in name
                )
            )
        }
        require(not foreign, f"names without the prefix: {foreign}")
        alarms = self.deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]
        relative = [alarm["AlarmName"] for alarm in alarms if RUNBOOKS not in alarm["AlarmDescription"]]
        require(alarms and not relative, f"relative links: {relative}")
        return f"every name begins with {PREFIX}; {len(alarms)} alarms with an absolute link"

    def ready(self) -> str:
        said = typed(self.deployed, DOCTOR, self.folder)
        todo = re.findall(r"^do +(.+)$", said, re.MULTILINE)
        require(not todo, todo)
        return said.strip().splitlines()[-1]

    def drilled(self) -> str:
        said = typed(self.deployed, DRILL, self.folder)
        require(f"gateway: {self.nat()}" in said, said[-400:])
        return f"the run of {PREFIX}-update-nat-routes-dev names {self.nat()} as the gateway"

    def measured(self) -> str:
        before = self.nat()
        said = typed(self.deployed, f"{DRILL} --terminate", self.folder, answer="yes\n")
        require("moved: every route" in said and self.nat() != before, said[-400:])
        kept = shell(self.deployed, "cat out/drill-dev-*.json", self.folder)
        require('"healed": true' in kept, kept[-300:])
        moved = re.search(r"every route ([\d.]+) s", said)
        return f"{before} ended after a yes; routes and address at {self.nat()} after {moved and moved[1]} s"

    def reported(self) -> str:
        event = {"mode": "report", "dry_run": False}
        answer = self.deployed.invoke(f"{PREFIX}-drift-check-dev", event)
        listed = self.deployed.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="drift/")
        require(listed.get("KeyCount"), f"{BUCKET} is empty: {answer}")
        return f"{listed['KeyCount']} objects below drift/ of {BUCKET}"
