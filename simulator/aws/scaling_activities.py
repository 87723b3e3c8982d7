"""Scaling activities: of a group, finished and in progress, with the events that they emit."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.aws.event_bridge import EventBus
    from simulator.engine.context import SimulationContext

KEPT = 100  # AWS keeps six weeks


@dataclass
class Activity:
    """One activity, with the attributes that DescribeScalingActivities shows."""

    activity_id: str
    auto_scaling_group_name: str
    instance_id: str
    description: str
    cause: str
    start_time: datetime
    details: str
    status_code: str = "InProgress"
    status_message: str | None = None
    end_time: datetime | None = None
    progress: int = 0


@dataclass
class Activities:
    """The activities of one group, the newest first, as AWS lists them."""

    group: Any  # moto's
    stage: SimulationContext
    bus: EventBus
    all: list[Activity] = field(default_factory=list)

    def begin(self, what: str, instance: Any, why: str) -> Activity:
        now = self.stage.clock.now()
        verb = "started" if what.startswith("Launching") else "taken out of service"
        activity = Activity(
            activity_id=self.bus.new_id(),
            auto_scaling_group_name=self.group.name,
            instance_id=instance.id,
            description=f"{what}: {instance.id}",
            cause=f"At {now:%Y-%m-%dT%H:%M:%SZ} an instance was {verb} in response to {why}.",
            start_time=now,
            details=json.dumps(
                {"Subnet ID": instance.subnet_id, "Availability Zone": instance.placement.zone}
            ),
        )
        self.all.insert(0, activity)
        del self.all[KEPT:]
        return activity

    def refused(self, message: str) -> None:
        """A launch that EC2 refused: there is no instance, and EventBridge gets an event all the same."""
        now = self.stage.clock.now()
        activity = Activity(
            activity_id=self.bus.new_id(),
            auto_scaling_group_name=self.group.name,
            instance_id="",
            description="Launching a new EC2 instance",
            cause=f"At {now:%Y-%m-%dT%H:%M:%SZ} a launch was started for a difference of capacity.",
            start_time=now,
            details="{}",
        )
        self.all.insert(0, activity)
        self.end(activity, "Failed", message)

    def end(self, activity: Activity, status: str, message: str | None = None) -> None:
        """End an activity and emit its event."""
        activity.status_code, activity.status_message = status, message
        activity.end_time, activity.progress = self.stage.clock.now(), 100
        launch = activity.description.startswith("Launching")
        successful = "Successful" if status == "Successful" else "Unsuccessful"
        self.bus.put(
            "aws.autoscaling",
            f"EC2 Instance {'Launch' if launch else 'Terminate'} {successful}",
            {
                "StatusCode": status,
                "StatusMessage": message or "",
                "AutoScalingGroupName": self.group.name,
                "ActivityId": activity.activity_id,
                "RequestId": activity.activity_id,
                "EC2InstanceId": activity.instance_id,
                "Description": activity.description,
                "Cause": activity.cause,
                "StartTime": f"{activity.start_time:%Y-%m-%dT%H:%M:%S.%f}Z",
                "EndTime": f"{activity.end_time:%Y-%m-%dT%H:%M:%S.%f}Z",
                "Details": json.loads(activity.details),
            },
            [self.group.arn, self.bus.arn("ec2", f"instance/{activity.instance_id}")],
        )
