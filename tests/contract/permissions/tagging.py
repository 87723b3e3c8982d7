"""Tags of each kind that drift_check looks at, by its own call: moto's tagging API knows few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cognitoidp import cognitoidp_backends

from tests.contract.permissions.iam import arn
from tests.contract.stack import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.contract.estate import Live

TAG = "Project"


def tag(world: Live, resource: str, tags: dict[str, str]) -> None:
    """What TagResources does for one ARN."""
    service, last = resource.split(":")[2], resource.split(":", 5)[5]
    listed = [{"Key": name, "Value": value} for name, value in tags.items()]
    client: Any = world.client(service)
    match service:
        case "cognito-idp":
            pool_tags(world).update(tags)
        case "dynamodb" | "sns":
            client.tag_resource(ResourceArn=resource, Tags=listed)
        case "ecs":
            client.tag_resource(
                resourceArn=resource, tags=[{"key": name, "value": value} for name, value in tags.items()]
            )
        case "lambda":
            client.tag_resource(Resource=resource, Tags=tags)
        case "logs":
            client.tag_log_group(logGroupName=last.partition(":")[2], tags=tags)
        case "rds":
            client.add_tags_to_resource(ResourceName=resource, Tags=listed)
        case "secretsmanager":
            client.tag_resource(SecretId=resource, Tags=listed)
        case "sqs":
            client.tag_queue(QueueUrl=client.get_queue_url(QueueName=last)["QueueUrl"], Tags=tags)
        case _:
            raise NotImplementedError(resource)


def untag(world: Live) -> None:
    """One of each kind loses a required tag."""
    ids, client, config = world.ids, world.client, world.config
    gone = {"TagKeys": [TAG]}
    kinds = ("vpc", "subnet:private-1", "table:private", "group:nat", "nat")
    client("ec2").delete_tags(Resources=[ids[one] for one in kinds], Tags=[{"Key": TAG}])
    client("autoscaling").delete_tags(
        Tags=[{"ResourceId": config.nat.group.name, "ResourceType": "auto-scaling-group", "Key": TAG}]
    )
    pool_tags(world).pop(TAG)
    table = config.dynamodb.tables["deployments"].name
    client("dynamodb").untag_resource(ResourceArn=arn("dynamodb", f"table/{table}"), **gone)
    service = next(iter(config.ecs.services.values())).name
    client("ecs").untag_resource(
        resourceArn=arn("ecs", f"service/{config.ecs.cluster}/{service}"), tagKeys=[TAG]
    )
    function = next(iter(config.lambdas.values())).name
    client("lambda").untag_resource(Resource=arn("lambda", f"function:{function}"), **gone)
    client("logs").untag_log_group(logGroupName=f"/aws/lambda/{function}", tags=[TAG])
    client("rds").remove_tags_from_resource(ResourceName=arn("rds", f"db:{config.rds.identifier}"), **gone)
    client("secretsmanager").untag_resource(SecretId=next(iter(config.secrets.values())).name, **gone)
    client("sns").untag_resource(ResourceArn=ids["topic:alerts"], **gone)
    for url in client("sqs").list_queues()["QueueUrls"]:
        client("sqs").untag_queue(QueueUrl=url, **gone)


def pool_tags(world: Live) -> dict[str, str]:
    """Moto's own: it has no call for them."""
    pool = cognitoidp_backends[ACCOUNT][REGION].user_pools[world.ids["pool"]]
    found: dict[str, str] = pool.extended_config["UserPoolTags"]
    return found
