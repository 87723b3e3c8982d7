"""Corrections of moto for the rest of the estate: what it forgets, and what it accepts though AWS refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any

from joserfc.jwk import RSAKey
from moto.apigateway.models import apigateway_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.cognitoidp.models import CognitoIdpBackend, cognitoidp_backends
from moto.core.exceptions import JsonRESTError
from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.monitoring import Monitoring
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.events.models import EventsBackend
from moto.rds.responses import RDSResponse
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.sqs.models import sqs_backends

from simulator.moto_patches.patcher import MotoPatch
from tradai_shared import clock

estate = MotoPatch()

NO_TABLE = "ResourceNotFoundException"
TTL_RESTS = timedelta(hours=1)
VALIDATION = "ValidationException"
USER_POOL_DEFAULTS = {"MfaConfiguration": "OFF", "DeletionProtection": "INACTIVE"}

_import_key = RSAKey.import_key
_register_image = AmisResponse.register_image
_create_service = EC2ContainerServiceResponse.create_service
_resources = ResourceGroupsTaggingAPIBackend._get_resources_generator
_get_resources = ResourceGroupsTaggingAPIBackend.get_resources
_tag_resources = ResourceGroupsTaggingAPIBackend.tag_resources
_untag_resources = ResourceGroupsTaggingAPIBackend.untag_resources
_tagged_buses = EventsBackend.iter_tagged_resources
_update_ttl = DynamoDBBackend.update_time_to_live
_describe_ttl = DynamoDBBackend.describe_time_to_live
_update_table = DynamoHandler.update_table
_describe_parameters = RDSResponse.describe_db_parameters
_update_pool = CognitoIdpBackend.update_user_pool


@estate.of(RSAKey, "import_key")
def import_key(key: dict[str, Any]) -> RSAKey:
    """Moto has one private key for all user pools, and works its factors out anew for each."""
    return _imported(json.dumps(key))


@cache
def _imported(key: str) -> RSAKey:
    return _import_key(json.loads(key))


# What moto forgets
@estate.of(AmisResponse, "register_image")
def register_image(self: Any) -> Any:
    """The image keeps its architecture."""
    result = _register_image(self)
    image = self.ec2_backend.amis[result.result["ImageId"]]
    image.architecture = self._get_param("Architecture") or image.architecture
    return result


@estate.of(Monitoring, "monitor_instances")
def monitor_instances(self: Any) -> Any:
    """Detailed monitoring can be switched on."""
    for instance_id in self._get_param("InstanceIds", []):
        self.ec2_backend.get_instance(instance_id).monitoring_state = "enabled"
    return ActionResult({})


@estate.of(EC2ContainerServiceResponse, "create_service")
def create_service(self: Any) -> Any:
    """The service shows its capacity providers."""
    result = _create_service(self)
    result.result["service"].capacity_provider_strategy = self._get_param("capacityProviderStrategy")
    return result


@estate.of(AutoScalingResponse, "describe_notification_configurations")
def describe_notification_configurations(_: Any) -> Any:
    """A group without notifications has an empty list; moto does not know the call."""
    return ActionResult({"NotificationConfigurations": []})


@estate.of(ResourceGroupsTaggingAPIBackend, "_get_resources_generator")
def get_resources(self: Any, *arguments: Any, **named: Any) -> Any:
    """A kind may be named as finely as AWS names it, and a log group's ARN has no star."""
    kinds = named.get("resource_type_filters") or []
    named["resource_type_filters"] = [kind.removesuffix(":log-group") for kind in kinds]
    for resource in _resources(self, *arguments, **named):
        resource.arn = resource.arn.removesuffix(":*")
        yield resource
    if "cognito-idp:userpool" in kinds:
        for pool in cognitoidp_backends[self.account_id][self.region_name].user_pools.values():
            if tags := _pool_tags(pool):
                yield TaggedResource(pool.arn, tags, "cognito-idp:userpool")


@estate.of(ResourceGroupsTaggingAPIBackend, "get_resources")
def get_pages(self: Any, **asked: Any) -> Any:
    """Pages are of resources; how many tags these have is no limit."""
    return _get_resources(self, **(asked | {"tags_per_page": 1_000_000}))


@estate.of(ResourceGroupsTaggingAPIBackend, "tag_resources")
def tag_resources(self: Any, resource_arns: list[str], tags: dict[str, str]) -> Any:
    """User pools, queues and REST APIs can be tagged too."""
    own = {arn: present for arn in resource_arns if (present := _tags_of(self, arn)) is not None}
    for present in own.values():
        present.update(tags)
    return _tag_resources(self, [arn for arn in resource_arns if arn not in own], tags)


@estate.of(ResourceGroupsTaggingAPIBackend, "untag_resources")
def untag_resources(self: Any, resource_arn_list: list[str], tag_keys: list[str]) -> Any:
    """The same the other way."""
    own = {arn: tags for arn in resource_arn_list if (tags := _tags_of(self, arn)) is not None}
    for present in own.values():
        for key in tag_keys:
            present.pop(key, None)
    return _untag_resources(self, [arn for arn in resource_arn_list if arn not in own], tag_keys)


def _tags_of(backend: Any, arn: str) -> dict[str, str] | None:
    """The tags themselves, of what moto's tagging API does not know."""
    name, account, region = arn.rpartition("/")[2], backend.account_id, backend.region_name
    tags: dict[str, str] | None = None
    if ":userpool/" in arn:
        tags = _pool_tags(cognitoidp_backends[account][region].user_pools[name])
    elif "/restapis/" in arn:
        tags = apigateway_backends[account][region].apis[name].tags
    elif ":sqs:" in arn:
        tags = sqs_backends[account][region].queues[arn.rpartition(":")[2]].tags
    return tags


def _pool_tags(pool: Any) -> dict[str, str]:
    tags: dict[str, str] = pool.extended_config.setdefault("UserPoolTags", {})
    return tags


@estate.of(EventsBackend, "iter_tagged_resources")
def tagged_rules(self: Any) -> Any:
    """Rules have tags, not only buses."""
    yield from _tagged_buses(self)
    for bus in self.event_buses.values():
        for rule in bus.rules.values():
            if tags := self.tagger.get_tag_dict_for_resource(rule.arn):
                yield TaggedResource(rule.arn, tags, "events:rule")


@estate.of(RDSResponse, "describe_db_parameters")
def describe_db_parameters(self: Any) -> Any:
    """The filter parameter-name is honoured."""
    result = _describe_parameters(self)
    names = {name for condition in self.params.get("Filters", []) for name in condition["Values"]}
    parameters = [
        parameter
        for parameter in result.result["Parameters"]
        if not names or parameter["ParameterName"] in names
    ]
    return ActionResult({"Parameters": parameters})


# What moto accepts
@estate.of(DynamoDBBackend, "describe_time_to_live")
def describe_time_to_live(self: Any, table_name: str) -> Any:
    """A table that does not exist has AWS's own code."""
    if table_name not in self.tables:
        raise JsonRESTError(NO_TABLE, f"Table: {table_name} not found")
    return _describe_ttl(self, table_name)


@estate.of(DynamoDBBackend, "update_time_to_live")
def update_time_to_live(self: Any, table_name: str, ttl_spec: dict[str, Any]) -> None:
    """Once an hour a table; enabled stays on its attribute; what is already so is refused."""
    if table_name not in self.tables:
        raise JsonRESTError(NO_TABLE, f"Table: {table_name} not found")
    table = self.tables[table_name]
    on = table.ttl.get("TimeToLiveStatus") == "ENABLED"
    if on == ttl_spec["Enabled"]:
        raise JsonRESTError(VALIDATION, f"TimeToLive is already {'enabled' if on else 'disabled'}")
    if on and table.ttl.get("AttributeName") != ttl_spec["AttributeName"]:
        raise JsonRESTError(VALIDATION, "TimeToLive is active on a different AttributeName")
    changed = getattr(table, "ttl_changed", None)
    if changed and clock.now() - changed < TTL_RESTS:
        message = "Time to live has been modified multiple times within a fixed interval"
        raise JsonRESTError(VALIDATION, message)
    _update_ttl(self, table_name, ttl_spec)
    table.ttl_changed = clock.now()


@estate.of(DynamoHandler, "update_table")
def update_table(self: Any) -> Any:
    """One index a call, described by its own attributes alone; deletion protection alone in its call."""
    indexes = self.body.get("GlobalSecondaryIndexUpdates", [])
    if len(indexes) > 1:
        message = "Only 1 online index can be created or deleted simultaneously per table"
        raise JsonRESTError("LimitExceededException", message)
    if "DeletionProtectionEnabled" in self.body and len(self.body) > 2:  # noqa: PLR2004 - with TableName
        raise JsonRESTError(VALIDATION, "DeletionProtectionEnabled must be the only change of its call")
    if "AttributeDefinitions" in self.body:
        table = self.dynamodb_backend.tables[self.body["TableName"]]
        given = {
            definition["AttributeName"]: definition
            for definition in [*table.attr, *self.body["AttributeDefinitions"]]
        }
        self.body["AttributeDefinitions"] = list(given.values())
    return _update_table(self)


@estate.of(CognitoIdpBackend, "update_user_pool")
def update_user_pool(self: Any, user_pool_id: str, extended_config: dict[str, Any]) -> None:
    """What is not given is reset."""
    _update_pool(self, user_pool_id, USER_POOL_DEFAULTS | extended_config)
