"""The whole configuration of one environment."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from pydantic import PrivateAttr
from typing_extensions import override

from tradai_shared.config.models.base import Immutable, Model, Name, Named, Text
from tradai_shared.config.models.data import S3, Database, DynamoDb
from tradai_shared.config.models.nat import Nat
from tradai_shared.config.models.network import Network
from tradai_shared.config.models.services import (
    Ecs,
    Function,
    Queues,
    Secret,
    ServiceEnvironment,
    Topic,
    UserPool,
    Waf,
    Workflow,
)
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import Annotations, Provenance

# In days, as CloudWatch Logs knows them.
Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip


class ComputeMode(StrEnum):
    CONSOLIDATED_EC2 = "consolidated-ec2"
    FARGATE = "fargate"


class Document(Model):
    """The platform's canonical document that these values mirror."""

    version: Text
    issued: date
    authority: Text  # the platform's own file, which wins over every document
    change_rule: Text
    checklist: tuple[Text, ...]


class Naming(Model):
    """Patterns of names; ``{env}`` is the environment."""

    resource: Immutable[Text]  # buckets are named by it
    secret: Text
    alarm: Text
    topic: Text


class Conventions(Model):
    """How the platform's own functions behave, and so do ours."""

    rules: tuple[Text, ...]
    variables: tuple[Name, ...]


class CanonicalConfig(Model):
    """Everything that is known about one environment of the platform."""

    environment: Environment
    region: Name
    availability_zones: tuple[Name, ...]
    compute_mode: ComputeMode
    log_retention_days: Retention
    required_tags: Named[tuple[Text, ...]]  # each with the values that are accepted
    naming: Naming
    network: Network
    nat: Nat
    dynamodb: DynamoDb
    s3: S3
    rds: Database
    cognito: UserPool
    secrets: Named[Secret]
    sns: Named[Topic]
    sqs: Queues
    ecs: Ecs
    service_environment: ServiceEnvironment
    workflows: Named[Workflow]
    model_alarms: tuple[Name, ...]
    lambdas: Named[Function]
    waf: Waf
    conventions: Conventions
    document: Document

    _annotations: Annotations = PrivateAttr()

    @override
    def model_post_init(self, context: Any, /) -> None:
        """Keep what is known about the values beside them."""
        self._annotations = context or Annotations()

    @property
    def annotations(self) -> Annotations:
        """Read it through ``paths``: provenance_of, source_of, is_absent, is_judged."""
        return self._annotations

    @property
    def provenances(self) -> Mapping[str, Provenance]:
        """The provenance of the values by path; read it through ``paths.provenance_of``."""
        return MappingProxyType(dict(self._annotations.provenance))
