"""The data: tables, buckets, database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tradai_shared.config.models.data import BillingMode, BucketEncryption

if TYPE_CHECKING:
    from simulator.estate import Estate
    from tradai_shared.config.models.data import Index, KeyAttribute, Table, TableKey


def build(estate: Estate) -> None:
    tables(estate)
    buckets(estate)
    database(estate)


def tables(estate: Estate) -> None:
    dynamodb = estate.client("dynamodb")
    for table in estate.config.dynamodb.tables.values():
        dynamodb.create_table(**definition(table), Tags=estate.tags)
        if table.ttl:
            specification = {"Enabled": True, "AttributeName": table.ttl.attribute}
            dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
        if table.point_in_time_recovery:
            dynamodb.update_continuous_backups(
                TableName=table.name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )


def definition(table: Table) -> dict[str, Any]:
    keys: list[TableKey | Index] = [table.key, *table.indexes.values()]
    attributes = {
        key_attribute.name: str(key_attribute.type)
        for key in keys
        for key_attribute in (key.partition, key.sort)
        if key_attribute
    }
    indexes = [
        {
            "IndexName": name,
            "KeySchema": schema(index.partition, index.sort),
            "Projection": projection(index),
        }
        for name, index in table.indexes.items()
    ]
    made: dict[str, Any] = {
        "TableName": table.name,
        "KeySchema": schema(table.key.partition, table.key.sort),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
        ],
        "BillingMode": str(table.billing_mode),
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    if indexes:
        made["GlobalSecondaryIndexes"] = indexes
    if table.billing_mode is BillingMode.PROVISIONED:
        made["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    return made


def projection(index: Index) -> dict[str, Any]:
    made: dict[str, Any] = {"ProjectionType": str(index.projection or "ALL")}
    return made | ({"NonKeyAttributes": list(index.attributes)} if index.attributes else {})


def schema(partition: KeyAttribute, sort: KeyAttribute | None) -> list[dict[str, str]]:
    made = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    return [*made, {"AttributeName": sort.name, "KeyType": "RANGE"}] if sort else made


def buckets(estate: Estate) -> None:
    s3 = estate.client("s3")
    for bucket in estate.config.s3.buckets.values():
        s3.create_bucket(
            Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": estate.config.region}
        )
        algorithm = "AES256" if bucket.encryption is BucketEncryption.SSE_S3 else "aws:kms"
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        blocked = bucket.public_access_blocked
        s3.put_public_access_block(
            Bucket=bucket.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": blocked,
                "IgnorePublicAcls": blocked,
                "BlockPublicPolicy": blocked,
                "RestrictPublicBuckets": blocked,
            },
        )
        if bucket.versioning:
            s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        if bucket.tls_only:
            s3.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(tls_only(bucket.name)))
        if rules := [expiry(rule) for rule in bucket.lifecycle or ()]:
            s3.put_bucket_lifecycle_configuration(Bucket=bucket.name, LifecycleConfiguration={"Rules": rules})
        s3.put_bucket_tagging(Bucket=bucket.name, Tagging={"TagSet": estate.tags})


def tls_only(bucket: str) -> dict[str, Any]:
    """The policy of AWS's user guide."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def expiry(described: str) -> dict[str, Any]:
    """The rule ``logs/: expire 30 days``."""
    where, _, effect = described.partition(": ")
    return {
        "Status": "Enabled",
        "Filter": {"Prefix": "" if where == "all" else where},
        "Expiration": {"Days": int(effect.split()[1])},
    }


def database(estate: Estate) -> None:
    rds, desired = estate.client("rds"), estate.config.rds
    family = f"{desired.engine}{desired.version.partition('.')[0]}"
    group = f"{desired.identifier}-parameters"
    rds.create_db_parameter_group(
        DBParameterGroupName=group, DBParameterGroupFamily=family, Description="the platform's"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=group,
        Parameters=[
            {
                "ParameterName": desired.ssl_parameter,
                "ParameterValue": "1" if desired.ssl_enforced else "0",
                "ApplyMethod": "immediate",
            }
        ],
    )
    rds.create_db_instance(
        DBInstanceIdentifier=desired.identifier,
        Engine=desired.engine,
        EngineVersion=desired.version,
        DBInstanceClass=desired.instance_class,
        MultiAZ=desired.multi_az,
        BackupRetentionPeriod=desired.backup_retention_days,
        DeletionProtection=bool(desired.deletion_protection),
        StorageEncrypted=bool(desired.storage_encrypted),
        DBParameterGroupName=group,
        AllocatedStorage=20,
        MasterUsername="tradai",
        MasterUserPassword="invented-and-only-for-moto",
        Tags=estate.tags,
    )
