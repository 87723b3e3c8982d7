"""Where the platform keeps its data: DynamoDB, S3, RDS."""

from enum import StrEnum

from tradai_shared.config.models.base import Immutable, Model, Name, Named, Positive, Text, Unspecified


class AttributeType(StrEnum):
    STRING = "S"
    NUMBER = "N"
    BINARY = "B"


class BillingMode(StrEnum):
    PAY_PER_REQUEST = "PAY_PER_REQUEST"
    PROVISIONED = "PROVISIONED"


class BucketEncryption(StrEnum):
    SSE_S3 = "SSE-S3"
    SSE_KMS = "SSE-KMS"


class KeyAttribute(Model):
    name: Name
    type: AttributeType


class TableKey(Model):
    partition: Immutable[KeyAttribute]
    sort: Immutable[KeyAttribute | None] = None


class Projection(StrEnum):
    """What an index holds of each item."""

    ALL = "ALL"
    KEYS_ONLY = "KEYS_ONLY"
    INCLUDE = "INCLUDE"


class Index(Model):
    """A global secondary index."""

    partition: KeyAttribute
    sort: KeyAttribute | None = None
    projection: Unspecified[Projection] = None
    attributes: Unspecified[tuple[Text, ...]] = None  # beside the keys, of a projection that includes some


class TimeToLive(Model):
    attribute: Name
    lifetime_seconds: Unspecified[Positive] = None  # that writers give an item


class Table(Model):
    name: Name
    key: TableKey
    indexes: Named[Index]
    ttl: TimeToLive | None = None  # None: TTL is off
    point_in_time_recovery: bool
    billing_mode: BillingMode
    encrypted: bool
    deletion_protection: bool
    may_be_reaped: bool
    written_here_only: bool = False  # of a global table: no other region writes it
    note: str = ""


class DynamoDb(Model):
    tables: Named[Table]


class Bucket(Model):
    name: Immutable[Name]
    encryption: BucketEncryption
    public_access_blocked: bool
    versioning: Unspecified[bool] = None
    tls_only: Unspecified[bool] = None  # its policy refuses requests over plain HTTP
    lifecycle: Unspecified[tuple[Text, ...]] = None  # "logs/: expire 30 days", an enabled rule each


class S3(Model):
    buckets: Named[Bucket]


class Database(Model):
    identifier: Name
    engine: Name
    version: Text
    instance_class: Name
    multi_az: bool
    backup_retention_days: Positive
    deletion_protection: Unspecified[bool] = None
    storage_encrypted: Unspecified[bool] = None
    ssl_enforced: bool
    ssl_parameter: Name  # of the parameter group that the instance uses
