"""What moto knows of a resource that conditions of a policy ask for: its tags and its VPC."""

from __future__ import annotations

from moto.cognitoidp import cognitoidp_backends
from moto.ec2 import ec2_backends

from tests.contract.stack import ACCOUNT, REGION


def tags(resource_id: str) -> dict[str, str]:
    """Of an EC2 resource or a user pool as moto has them; the conditions are about no other kind."""
    pool = cognitoidp_backends[ACCOUNT][REGION].user_pools.get(resource_id)
    if pool:
        return dict(pool.extended_config.get("UserPoolTags", {}))
    own_tags: dict[str, str] = ec2_backends[ACCOUNT][REGION].tags.get(resource_id, {})
    return dict(own_tags)


def platform_vpc() -> str:
    """The VPC that doctor finds besides AWS's default one; empty where none is made."""
    made = ec2_backends[ACCOUNT][REGION].vpcs.values()
    return next((str(one.id) for one in made if not one.is_default), "")


def vpc(resource_id: str) -> str | None:
    """Of an interface or a security group: the kinds for which the table of EC2 knows ec2:Vpc."""
    backend = ec2_backends[ACCOUNT][REGION]
    if interface := backend.enis.get(resource_id):
        return str(interface.subnet.vpc_id)
    groups = [by_id[resource_id] for by_id in backend.groups.values() if resource_id in by_id]
    return str(groups[0].vpc_id) if groups else None
