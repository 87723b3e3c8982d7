"""Thirty more changes by hand, each with the finding that it must give: what the first thirty leave out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.unit.ops.adopt.drifts import Drift, table
from tests.unit.ops.adopt.network_drifts import (
    database_shut,
    endpoint_gone,
    flow_logs_off,
    healing_suspended,
    last_hook_gone,
    metadata_open,
    open_by_halves,
    route_gone,
    rule_off,
    stranger_holds,
    subnet_elsewhere,
    without_address,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ops.adopt.renamed_estate import Account


def bucket(account: Account, component: str) -> str:
    return account.truth.s3.buckets[component].name


def index_dropped(account: Account) -> Drift:
    account.client("dynamodb").update_table(
        TableName=table(account, "workflow-state"),
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "trace_id-index"}}],
    )
    return ("tables", "indexes.trace_id-index")


def ttl_off(account: Account) -> Drift:
    account.client("dynamodb").update_time_to_live(
        TableName=table(account, "idempotency"),
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "expiration"},
    )
    return ("tables", "ttl")


def other_key(account: Account) -> Drift:
    """A table made anew with another sort key."""
    name, dynamodb = table(account, "config-versions"), account.client("dynamodb")
    tags = [{"Key": key, "Value": values[0]} for key, values in account.truth.required_tags.items()]
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)
    keys = (("strategy_name", "HASH"), ("version", "RANGE"))
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": role} for key, role in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
        Tags=tags,
    )
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return ("tables", "key.sort")


def versions_suspended(account: Account) -> Drift:
    account.client("s3").put_bucket_versioning(
        Bucket=bucket(account, "configs"), VersioningConfiguration={"Status": "Suspended"}
    )
    return ("buckets", "versioning")


def plain_http(account: Account) -> Drift:
    account.client("s3").delete_bucket_policy(Bucket=bucket(account, "arcticdb"))
    return ("buckets", "tls_only")


def objects_expire(account: Account) -> Drift:
    rule = {"Status": "Enabled", "Filter": {"Prefix": "models/"}, "Expiration": {"Days": 1}}
    account.client("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket(account, "mlflow"), LifecycleConfiguration={"Rules": [rule]}
    )
    return ("buckets", "lifecycle")


def block_half_off(account: Account) -> Drift:
    account.client("s3").put_public_access_block(
        Bucket=bucket(account, "results"),
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True},
    )
    return ("buckets", "public_access_blocked")


def ssl_off(account: Account) -> Drift:
    rds = account.truth.rds
    account.client("rds").modify_db_parameter_group(
        DBParameterGroupName=f"{rds.identifier}-parameters",
        Parameters=[{"ParameterName": rds.ssl_parameter, "ParameterValue": "0", "ApplyMethod": "immediate"}],
    )
    return ("database", "ssl_enforced")


def pool_unprotected(account: Account) -> Drift:
    account.client("cognito-idp").update_user_pool(
        UserPoolId=account.built.ids["pool"],
        DeletionProtection="INACTIVE",
        MfaConfiguration=str(account.truth.cognito.mfa),
        Policies={"PasswordPolicy": {"MinimumLength": account.truth.cognito.password_min_length}},
        UserPoolTags={key: values[0] for key, values in account.truth.required_tags.items()},
    )
    return ("access", "deletion_protection")


def secret_gone(account: Account) -> Drift:
    name = list(account.truth.secrets.values())[-1].name
    account.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    return ("access", "existence")


def api_unfiltered(account: Account) -> Drift:
    stage = f"arn:aws:apigateway:eu-central-1::/restapis/{account.built.ids['api']}/stages/live"
    account.client("wafv2").disassociate_web_acl(ResourceArn=stage)
    return ("access", "associated_with")


def stranger_listens(account: Account) -> Drift:
    elb, ids = account.client("elbv2"), account.built.ids
    (made,) = elb.create_load_balancer(
        Name="back-door",
        Subnets=[ids["subnet:public-1"], ids["subnet:public-2"]],
        SecurityGroups=[ids["group:ecs"]],
    )["LoadBalancers"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=8080, DefaultActions=[answer]
    )
    return ("access", "unexpected listener")


def _queue(account: Account, attribute: str, value: str) -> None:
    sqs = account.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if (attribute in attributes) and ("RedrivePolicy" in attributes) == (attribute == "RedrivePolicy"):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: value})


def dead_letters_for_a_day(account: Account) -> Drift:
    _queue(account, "MessageRetentionPeriod", "86400")
    return ("messaging", "dead_letter_retention_days")


def more_receives(account: Account) -> Drift:
    sqs = account.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if "RedrivePolicy" in attributes:
            policy = json.loads(attributes["RedrivePolicy"]) | {"maxReceiveCount": 99}
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    return ("messaging", "max_receive_count")


def failover_cut_off(account: Account) -> Drift:
    account.client("lambda").update_function_configuration(FunctionName=account.truth.nat.function, Timeout=3)
    return ("functions", "failover time-out")


def logs_for_ever(account: Account) -> Drift:
    name = account.truth.lambdas["data-collection-proxy"].name
    account.client("logs").delete_retention_policy(logGroupName=f"/aws/lambda/{name}")
    return ("logs", "log_retention_days")


def _revised(account: Account, key: str, change: Callable[[Any], None]) -> None:
    ecs, truth = account.client("ecs"), account.truth.ecs
    name = truth.services[key].name
    definition = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    kept = ("family", "cpu", "memory", "requiresCompatibilities", "networkMode", "containerDefinitions")
    revised = {field: definition[field] for field in kept if field in definition}
    change(revised)
    made = ecs.register_task_definition(**revised)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=truth.cluster, service=name, taskDefinition=made)


def larger_task(account: Account) -> Drift:
    _revised(account, "mlflow", lambda definition: definition.update(memory="4096"))
    return ("services", "memory_mb")


def state_in_another_table(account: Account) -> Drift:
    def change(definition: Any) -> None:
        for variable in definition["containerDefinitions"][0]["environment"]:
            if variable["value"] == table(account, "workflow-state"):
                variable["value"] = "elsewhere"

    _revised(account, "live-trading", change)
    names = account.truth.service_environment.workflow_table
    return ("services", "environment." + " or ".join(names))


def no_task(account: Account) -> Drift:
    ecs = account.truth.ecs
    account.client("ecs").update_service(
        cluster=ecs.cluster, service=ecs.services["mlflow"].name, desiredCount=0
    )
    return ("services", "desired_count")


def beyond_its_bounds(account: Account) -> Drift:
    """Of the service that scales by itself between 1 and 6."""
    ecs = account.truth.ecs
    account.client("ecs").update_service(
        cluster=ecs.cluster, service=ecs.services["backend-api"].name, desiredCount=40
    )
    return ("services", "desired_count")


OTHER_DRIFTS: tuple[Callable[[Account], Drift], ...] = (
    index_dropped,
    ttl_off,
    other_key,
    versions_suspended,
    plain_http,
    objects_expire,
    block_half_off,
    ssl_off,
    pool_unprotected,
    secret_gone,
    api_unfiltered,
    stranger_listens,
    dead_letters_for_a_day,
    more_receives,
    failover_cut_off,
    logs_for_ever,
    larger_task,
    state_in_another_table,
    no_task,
    beyond_its_bounds,
    open_by_halves,
    database_shut,
    route_gone,
    endpoint_gone,
    flow_logs_off,
    subnet_elsewhere,
    healing_suspended,
    stranger_holds,
    last_hook_gone,
    without_address,
    metadata_open,
    rule_off,
)
