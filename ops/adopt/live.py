"""Lists the live resources of each kind that a configured name is missing for.

A listing that fails gives no candidates, and is named: without it nothing is proposed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import tag_map
from drift_check.observe import SERVICES_A_CALL
from drift_check.observe.observations import Known
from drift_check.observe.observer import OUT_OF_TIME
from ops.adopt import traffic
from ops.adopt.model import Candidate, UnreadError
from ops.adopt.names import Kind
from ops.calls import call
from tradai_shared import clock
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from drift_check.observe.observations import Reads
    from tradai_shared.config.models import CanonicalConfig


@dataclass(slots=True)
class Lister:
    """Lists with the given clients what the scan has not read. No call begins after ``deadline``."""

    config: CanonicalConfig
    reads: Reads
    client: Callable[[str], Any]
    deadline: datetime
    unread: set[str] = field(default_factory=set)
    listed: dict[Kind, list[Candidate]] = field(default_factory=dict)

    def candidates(self, kind: Kind) -> list[Candidate]:
        """All of a kind; none where a call failed."""
        if kind not in self.listed:
            try:
                self.listed[kind] = list(self._list(kind))
            except UnreadError as error:
                self.unread.add(str(error))
                return []
        return self.listed[kind]

    def _list(self, kind: Kind) -> Iterable[Candidate]:  # noqa: C901, PLR0911 - one case a kind
        match kind:
            case Kind.VPC:
                return traffic.vpcs(self.read)
            case Kind.SUBNET:
                return traffic.subnets(self.config, self.read)
            case Kind.GROUP:
                return traffic.groups(self.config, self.read, self)
            case Kind.TABLE:
                return self._tables()
            case Kind.BUCKET:
                buckets = self.ask("s3:ListAllMyBuckets", "Buckets")
                return self.tagged("s3:::", (bucket["Name"] for bucket in buckets))
            case Kind.DATABASE:
                return self._databases()
            case Kind.POOL:
                pools = self.ask("cognito-idp:ListUserPools", "UserPools", MaxResults=60)
                return [Candidate(pool["Name"]) for pool in pools]
            case Kind.SECRET:
                secrets = self.ask("secretsmanager:ListSecrets", "SecretList")
                return [Candidate(secret["Name"], tag_map(secret.get("Tags"))) for secret in secrets]
            case Kind.TOPIC:
                arns = [topic["TopicArn"] for topic in self.read("sns:ListTopics")]
                return self.tagged(":", (arn.rpartition(":")[2] for arn in arns))
            case Kind.CLUSTER:
                arns = self.ask("ecs:ListClusters", "clusterArns")
                return self.tagged(":cluster/", (arn.rpartition("/")[2] for arn in arns))
            case Kind.SERVICE:
                return self._services()
            case Kind.FUNCTION:
                return self._functions()

    def read(self, action: str) -> list[Any]:
        """What the scan has read.

        Raises:
            UnreadError: it could not.
        """
        read = self.reads.get(action)
        if not isinstance(read, Known):
            raise UnreadError(f"{action} failed with {read.code}")
        return list(read.value or [])

    def ask(self, action: str, key: str, **request: object) -> list[Any]:
        """What the answer holds under ``key``, of all pages; what is one object is one item.

        Raises:
            UnreadError: it failed, or the time is up.
        """
        if clock.now() > self.deadline:
            raise UnreadError(f"{action} failed with {OUT_OF_TIME}")
        try:
            answer = call(self.client, action, key, **request)
        except AwsError as error:
            raise UnreadError(f"{action} failed with {error.code}") from None
        return answer if isinstance(answer, list) else [answer]

    def tagged(self, arn_part: str, names: Iterable[str]) -> Iterator[Candidate]:
        """With the tags that the tagging API knows; without, where it does not answer."""
        read = self.reads.get("tag:GetResources")
        tags = {
            mapping["ResourceARN"]: tag_map(mapping["Tags"])
            for mapping in (read.value if isinstance(read, Known) else ())
        }
        for name in names:
            end = f"{arn_part}{name}"
            yield Candidate(name, next((tags[arn] for arn in tags if arn.endswith(end)), {}))

    def _tables(self) -> Iterator[Candidate]:
        for candidate in self.tagged(":table/", self.read("dynamodb:ListTables")):
            (table,) = self.ask("dynamodb:DescribeTable", "Table", TableName=candidate.name)
            keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
            indexes = sorted(index["IndexName"] for index in table.get("GlobalSecondaryIndexes", []))
            traits = {"partition": keys["HASH"], "sort": keys.get("RANGE"), "indexes": indexes}
            yield Candidate(candidate.name, candidate.tags, traits)

    def _databases(self) -> Iterator[Candidate]:
        for database in self.ask("rds:DescribeDBInstances", "DBInstances"):
            traits = {"engine": database["Engine"], "instance_class": database["DBInstanceClass"]}
            yield Candidate(database["DBInstanceIdentifier"], tag_map(database.get("TagList")), traits)

    def _functions(self) -> Iterator[Candidate]:
        functions = {each["FunctionName"]: each for each in self.read("lambda:ListFunctions")}
        for candidate in self.tagged(":function:", functions):
            described = functions[candidate.name]
            traits = {"timeout_seconds": described["Timeout"], "memory_mb": described["MemorySize"]}
            yield Candidate(candidate.name, candidate.tags, traits)

    def _services(self) -> Iterator[Candidate]:
        cluster = self.config.ecs.cluster
        arns = self.ask("ecs:ListServices", "serviceArns", cluster=cluster)
        for start in range(0, len(arns), SERVICES_A_CALL):
            for service in self.ask(
                "ecs:DescribeServices",
                "services",
                cluster=cluster,
                services=arns[start : start + SERVICES_A_CALL],
                include=["TAGS"],
            ):
                if service["status"] != "INACTIVE":
                    yield self._service(service)

    def _service(self, service: dict[str, Any]) -> Candidate:
        traits: dict[str, Any] = {}
        if service.get("taskDefinition"):
            (definition,) = self.ask(
                "ecs:DescribeTaskDefinition", "taskDefinition", taskDefinition=service["taskDefinition"]
            )
            ports = [
                mapping["containerPort"]
                for container in definition.get("containerDefinitions", [])
                for mapping in container.get("portMappings", [])
            ]
            sizes = {"cpu": definition.get("cpu"), "memory_mb": definition.get("memory")}
            traits = {"port": next(iter(ports), None)}
            traits |= {name: int(value) for name, value in sizes.items() if value}
        return Candidate(service["serviceName"], tag_map(service.get("tags")), traits)
