"""Scale-in protection: which members a group may end that are not broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def unprotected(members: Iterable[Any]) -> list[Any]:
    """Those of moto's members that scale-in may end; the protection begins in service.

    An instance refresh waits an hour for the others to lose it, by default, and fails; a failed health check
    and TerminateInstanceInAutoScalingGroup end them all the same. Source:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
    """
    return [it for it in members if not (it.protected_from_scale_in and it.lifecycle_state == "InService")]
