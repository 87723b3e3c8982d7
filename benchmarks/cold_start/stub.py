"""A stand-in for EC2 and Auto Scaling on loopback: the ten calls of one failover, answered from memory.

A group with a successor in Pending:Wait and two tables whose default routes lead to its predecessor. They
move as they are told to, so that the function's read-back finds what it wrote. ``/reset`` begins anew.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs

from typing_extensions import override

GROUP, TABLES = "tradai-nat-asg-dev", ("rtb-0a", "rtb-0b")
DEAD, FRESH = "0dead0dead0dead00", "0123456789abcdef0"
ALLOCATION, ADDRESS = "eipalloc-0a", "203.0.113.24"
EC2 = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
AUTO_SCALING = 'xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"'


class World:
    """What the calls may change."""

    def __init__(self) -> None:
        self.targets = dict.fromkeys(TABLES, DEAD)
        self.holder = ""
        self.check = "true"
        self.launched = (datetime.now(UTC) - timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def answer(self, given: dict[str, str]) -> str:
        match given["Action"]:
            case "DescribeAutoScalingGroups":
                return self.group()
            case "DescribeInstances":
                return self.instances()
            case "DescribeRouteTables":
                return self.tables()
            case "DescribeNetworkInterfaces":
                return f"<networkInterfaceSet><item>{self.interface()}</item></networkInterfaceSet>"
            case "ReplaceRoute":
                self.targets[given["RouteTableId"]] = given["NetworkInterfaceId"].removeprefix("eni-")
            case "AssociateAddress":
                self.holder = given["NetworkInterfaceId"].removeprefix("eni-")
            case "ModifyInstanceAttribute":
                self.check = "false"
            case "CompleteLifecycleAction":
                return ""
            case unknown:
                raise NotImplementedError(unknown)
        return "<return>true</return>"

    def group(self) -> str:
        member = (
            f"<member><InstanceId>i-{FRESH}</InstanceId><AvailabilityZone>eu-central-1a</AvailabilityZone>"
            "<LifecycleState>Pending:Wait</LifecycleState><HealthStatus>Healthy</HealthStatus>"
            "<ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>"
        )
        return (
            f"<AutoScalingGroups><member><AutoScalingGroupName>{GROUP}</AutoScalingGroupName>"
            "<MinSize>1</MinSize><MaxSize>1</MaxSize><DesiredCapacity>1</DesiredCapacity>"
            "<DefaultCooldown>300</DefaultCooldown><HealthCheckType>EC2</HealthCheckType>"
            f"<Instances>{member}</Instances><SuspendedProcesses/></member></AutoScalingGroups>"
        )

    def interface(self) -> str:
        carried = (
            f"<association><allocationId>{ALLOCATION}</allocationId><publicIp>{ADDRESS}</publicIp>"
            "<ipOwnerId>123456789012</ipOwnerId></association>"
        )
        return (
            f"<networkInterfaceId>eni-{FRESH}</networkInterfaceId><sourceDestCheck>{self.check}</sourceDestCheck>"
            "<attachment><attachmentId>eni-attach-0a</attachmentId><deviceIndex>0</deviceIndex></attachment>"
            f"{carried if self.holder == FRESH else ''}"
        )

    def instances(self) -> str:
        def one(name: str, code: int, state: str, interfaces: str) -> str:
            return (
                f"<item><reservationId>r-{name}</reservationId><instancesSet><item><instanceId>i-{name}</instanceId>"
                f"<instanceState><code>{code}</code><name>{state}</name></instanceState>"
                f"<launchTime>{self.launched}</launchTime><instanceType>t4g.nano</instanceType>"
                f"<networkInterfaceSet>{interfaces}</networkInterfaceSet><tagSet><item><key>Name</key>"
                "<value>tradai-nat-prod</value></item></tagSet></item></instancesSet></item>"
            )

        gone, fresh = (
            one(DEAD, 48, "terminated", ""),
            one(FRESH, 16, "running", f"<item>{self.interface()}</item>"),
        )
        return f"<reservationSet>{gone}{fresh}</reservationSet>"

    def tables(self) -> str:
        def one(table: str, target: str) -> str:
            state = "active" if target == FRESH else "blackhole"
            return (
                f"<item><routeTableId>{table}</routeTableId><vpcId>vpc-0a</vpcId><routeSet>"
                "<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>"
                "<state>active</state></item><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>"
                f"<instanceId>i-{target}</instanceId><networkInterfaceId>eni-{target}</networkInterfaceId>"
                f"<state>{state}</state></item></routeSet></item>"
            )

        return f"<routeTableSet>{''.join(one(*pair) for pair in self.targets.items())}</routeTableSet>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: ClassVar[World] = World()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        action, inner = given["Action"], self.world.answer(given)
        if given["Version"] == "2016-11-15":
            answer = f"<{action}Response {EC2}><requestId>r-0</requestId>{inner}</{action}Response>"
        else:
            answer = (
                f"<{action}Response {AUTO_SCALING}><{action}Result>{inner}</{action}Result>"
                f"<ResponseMetadata><RequestId>r-0</RequestId></ResponseMetadata></{action}Response>"
            )
        self.tell(answer.encode())

    def do_GET(self) -> None:
        type(self).world = World()
        self.tell(b"")

    def tell(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        """Nothing: it would only cost."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
        sys.exit()
