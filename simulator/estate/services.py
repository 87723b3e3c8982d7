"""What runs and what surrounds it: Cognito, secrets, WAF, topics, queues, functions, logs, ECS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.estate.nat import code
from tradai_shared.config.models.base import DAY
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from simulator.estate import Estate
    from tradai_shared.config.models.services import Service

DEFAULT_SECONDS, DEFAULT_MB = 3, 128
FAILOVER_SECONDS = 270  # as template.yaml has it
TRADING = {"live-trading": "live", "dry-run-trading": "dry-run", "strategy-container": "backtest"}


def build(estate: Estate) -> None:
    user_pool(estate)
    secrets(estate)
    topics(estate)
    queues(estate)
    functions(estate)
    ecs(estate)
    web_acl(estate)


def user_pool(estate: Estate) -> None:
    cognito, desired = estate.client("cognito-idp"), estate.config.cognito
    made = cognito.create_user_pool(
        PoolName=desired.name,
        Policies={"PasswordPolicy": {"MinimumLength": desired.password_min_length}},
        DeletionProtection=str(desired.deletion_protection),
        UserPoolTags=estate.tag_map,
    )
    pool = estate.ids["pool"] = made["UserPool"]["Id"]
    token = {"SoftwareTokenMfaConfiguration": {"Enabled": desired.mfa != "OFF"}}
    cognito.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration=str(desired.mfa), **token)


def secrets(estate: Estate) -> None:
    for secret in estate.config.secrets.values():
        estate.client("secretsmanager").create_secret(
            Name=secret.name, SecretString="invented", Tags=estate.tags
        )


def topics(estate: Estate) -> None:
    for key, topic in estate.config.sns.items():
        made = estate.client("sns").create_topic(Name=topic.name, Tags=estate.tags)
        estate.ids[f"topic:{key}"] = made["TopicArn"]


def queues(estate: Estate) -> None:
    sqs, desired = estate.client("sqs"), estate.config.sqs
    end = ".fifo" if desired.fifo else ""
    fifo = {"FifoQueue": "true"} if desired.fifo else {}

    def queue(name: str, attributes: dict[str, str]) -> str:
        full = resource_name(name, estate.config.environment) + end
        made = sqs.create_queue(QueueName=full, Attributes=fifo | attributes, tags=estate.tag_map)
        url: str = made["QueueUrl"]
        return url

    retention = str(desired.dead_letter_retention_days * DAY)
    dead = queue("backtest-dlq", {"MessageRetentionPeriod": retention})
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": desired.max_receive_count}
    queue("backtest", {"RedrivePolicy": json.dumps(redrive)})


def functions(estate: Estate) -> None:
    lambda_, logs = estate.client("lambda"), estate.client("logs")
    role = estate.client("iam").create_role(
        RoleName=resource_name("function", estate.config.environment), AssumeRolePolicyDocument="{}"
    )["Role"]["Arn"]
    for function in estate.config.lambdas.values():
        is_failover = function.name == estate.config.nat.function
        if is_failover and not estate.deployed:
            continue
        lambda_.create_function(
            FunctionName=function.name,
            Runtime="python3.13",
            Role=role,
            Handler="app.lambda_handler",
            Code={"ZipFile": code()},
            Timeout=function.timeout_seconds or (FAILOVER_SECONDS if is_failover else DEFAULT_SECONDS),
            MemorySize=function.memory_mb or DEFAULT_MB,
            Tags=estate.tag_map,
        )
        group = f"/aws/lambda/{function.name}"
        logs.create_log_group(logGroupName=group, tags=estate.tag_map)
        logs.put_retention_policy(logGroupName=group, retentionInDays=estate.config.log_retention_days)


def ecs(estate: Estate) -> None:
    client, desired = estate.client("ecs"), estate.config.ecs
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in estate.tags]
    client.create_cluster(clusterName=desired.cluster, tags=tags)
    for key, service in desired.services.items():
        client.register_task_definition(
            family=service.name,
            cpu=str(service.cpu),
            memory=str(service.memory_mb),
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            containerDefinitions=[container(estate, key, service)],
        )
        provider = "FARGATE_SPOT" if service.spot else "FARGATE"
        client.create_service(
            cluster=desired.cluster,
            serviceName=service.name,
            taskDefinition=service.name,
            desiredCount=service.desired_count,
            capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}],
            tags=tags,
        )


def container(estate: Estate, key: str, service: Service) -> dict[str, Any]:
    variables = {}
    if key in TRADING:
        stated = estate.config.service_environment
        variables = {
            "STRATEGY": "PascalStrategy",
            "STRATEGY_ID": "pascal-btc",
            "TRADING_MODE": TRADING[key],
            stated.workflow_table[0]: estate.config.dynamodb.tables["workflow-state"].name,
        }
        variables |= {name: variable.value for name, variable in stated.variables.items() if variable.value}
    ports = [{"containerPort": service.port}] if service.port else []
    return {
        "name": key,
        "image": "tradai",
        "memory": service.memory_mb,
        "portMappings": ports,
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
    }


def web_acl(estate: Estate) -> None:
    """A REST API with one stage and the ACL before it."""
    api_gateway, waf = estate.client("apigateway"), estate.client("wafv2")
    env = estate.config.environment
    api = estate.ids["api"] = api_gateway.create_rest_api(
        name=resource_name("api", env), tags=estate.tag_map
    )["id"]
    root = api_gateway.get_resources(restApiId=api)["items"][0]["id"]
    api_gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    api_gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    api_gateway.create_deployment(restApiId=api, stageName="live")
    acl = waf.create_web_acl(
        Name=resource_name("api", env),
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={
            "SampledRequestsEnabled": False,
            "CloudWatchMetricsEnabled": False,
            "MetricName": "api",
        },
    )["Summary"]["ARN"]
    stage = f"arn:aws:apigateway:{estate.config.region}::/restapis/{api}/stages/live"
    waf.associate_web_acl(WebACLArn=acl, ResourceArn=stage)
