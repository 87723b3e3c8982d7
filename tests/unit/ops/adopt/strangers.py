"""What somebody adds to an adopted account, or takes away, that no value of the configuration states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ops.adopt.drifts import Drift
    from tests.unit.ops.adopt.renamed_estate import Account


def beside(name: str) -> str:
    """A name in the same style: the component's first word is another one."""
    return name.replace("results", "ghost").replace("deployments", "ghost")


def stranger_table(account: Account) -> Drift:
    account.client("dynamodb").create_table(
        TableName=beside(account.truth.dynamodb.tables["deployments"].name),
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return ("tables", "unexpected table")


def stranger_bucket(account: Account) -> Drift:
    account.client("s3").create_bucket(
        Bucket=beside(account.truth.s3.buckets["results"].name),
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )
    return ("buckets", "unexpected bucket")


def database_in_public(account: Account) -> Drift:
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier=account.truth.rds.identifier, PubliclyAccessible=True, ApplyImmediately=True
    )
    return ("database", "publicly accessible")


def rule_gone(account: Account) -> Drift:
    rule = f"tradai-nat-instance-states-{account.truth.environment}"
    account.client("events").delete_rule(Name=rule)
    return ("nat", f"rule {rule}")


def database_stopped(account: Account) -> Drift:
    account.client("rds").stop_db_instance(DBInstanceIdentifier=account.truth.rds.identifier)
    return ("database", "status")


def remade(account: Account, component: str, start: str, projection: dict[str, Any]) -> str:
    """An index made anew, which holds something else of the items; its name."""
    name, dynamodb = account.truth.dynamodb.tables[component].name, account.client("dynamodb")
    described = dynamodb.describe_table(TableName=name)["Table"]
    index = next(each for each in described["GlobalSecondaryIndexes"] if each["IndexName"].startswith(start))
    again = {"IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": projection}
    for update in ({"Delete": {"IndexName": index["IndexName"]}}, {"Create": again}):
        dynamodb.update_table(
            TableName=name,
            AttributeDefinitions=described["AttributeDefinitions"],
            GlobalSecondaryIndexUpdates=[update],
        )
    return str(index["IndexName"])


def index_of_keys(account: Account) -> Drift:
    index = remade(account, "workflow-state", "status", {"ProjectionType": "KEYS_ONLY"})
    return ("tables", f"indexes.{index}.projection")


def index_of_fewer_attributes(account: Account) -> Drift:
    fewer = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["stage"]}
    return ("tables", f"indexes.{remade(account, 'deployments', 'by-who', fewer)}.attributes")


def database_deletable(account: Account) -> Drift:
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier=account.truth.rds.identifier, DeletionProtection=False, ApplyImmediately=True
    )
    return ("database", "deletion_protection")


def nat_in_another_group(account: Account) -> Drift:
    ids = account.built.ids
    account.client("ec2").modify_instance_attribute(InstanceId=ids["nat"], Groups=[ids["group:alb"]])
    return ("nat", "security group")


def schedule_off(account: Account) -> Drift:
    for name in (f"tradai-nat-reconcile-{account.truth.environment}", "tradai-nat-reconcile-dev"):
        account.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            State="DISABLED",  # of another environment it is nobody's here
            Target={
                "Arn": "arn:aws:lambda:eu-central-1:123456789012:function:a",
                "RoleArn": "arn:aws:iam::1:role/a",
            },
        )
    return ("nat", "disabled schedule")


STRANGERS: tuple[Callable[[Account], Drift], ...] = (
    stranger_table,
    stranger_bucket,
    database_in_public,
    rule_gone,
    database_stopped,
    index_of_keys,
    index_of_fewer_attributes,
    database_deletable,
    nat_in_another_group,
    schedule_off,
)
