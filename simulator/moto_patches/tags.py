"""A resource's tags looked up. Moto matches the id of every tag that there is, for the same answer."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix


def own_tags(resource: Any) -> list[dict[str, str]]:
    """As DescribeTags with this resource's id; nothing where it has no id."""
    tags = resource.ec2_backend.tags.get(resource.id, {})
    kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource.id), "") if tags else ""
    return [
        {"resource_id": resource.id, "key": key, "value": value, "resource_type": kind}
        for key, value in tags.items()
    ]


def apply() -> None:
    """For this process."""
    TaggedEC2Resource.get_tags = own_tags
