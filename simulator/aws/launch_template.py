"""Running an instance as a group's launch template says."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG


def run_instance(group: Any) -> Any:
    """Moto's instance, in the first of the group's subnets, with its tags; it is no member yet."""
    version = group.ec2_launch_template.get_version(group.launch_template_version)
    tags = {**version.instance_tags, **group.get_propagated_tags(), ASG_NAME_TAG: group.name}
    reservation = group.ec2_backend.run_instances(
        version.image_id,
        1,
        version.user_data,
        [],
        instance_type=version.instance_type,
        is_instance_type_default=False,
        security_group_ids=list(version.security_groups),
        tags={"instance": tags},
        subnet_id=group.vpc_zone_identifier.split(",")[0],
        region_name=group.region,
        associate_public_ip=None,
    )
    instance = reservation.instances[0]
    instance.autoscaling_group = group
    return instance
