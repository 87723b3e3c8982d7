"""Corrections of moto's Auto Scaling calls: they act on the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from simulator.aws.lifecycle_actions import Result
from simulator.aws.newer_states import REPLACE_ROOT_VOLUME, launch_instances, replace_root_volume
from simulator.aws.scale_in import unprotected
from simulator.moto_patches.patcher import MotoPatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.aws.auto_scaling import Controller

LONGEST_GLOBAL = 172800  # seconds: 48 hours, or a hundred heartbeats where that is less


class StrictAutoScaling:
    """Auto Scaling as its callers see it; ``make`` builds the controller of a new group."""

    def __init__(self, make: Callable[[Any], Controller]) -> None:
        self.controllers: dict[str, Controller] = {}
        self._make = make

    def _controller(self, name: str) -> Controller:
        if name not in self.controllers:
            raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
        return self.controllers[name]

    def _controller_of(self, instance_id: str) -> tuple[Controller, Any]:
        for controller in self.controllers.values():
            if (member := controller.member(instance_id)) is not None:
                return controller, member
        raise ValidationError(
            f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
        )

    # What AWS does, call by call
    def create_group(self, request: Any, moto: Callable[[Any], object]) -> object:
        """The group gets its hooks and its maintenance policy before its first instance is launched."""
        result = moto(request)
        name = request._get_param("AutoScalingGroupName")
        group = request.autoscaling_backend.autoscaling_groups[name]
        group.instance_maintenance_policy = request._get_param("InstanceMaintenancePolicy")
        for hook in request._get_param("LifecycleHookSpecificationList", []):
            self._put_hook(request, name, hook)
        self.controllers[name] = self._make(group)
        return result

    def put_hook(self, request: Any) -> object:
        """A hook that exists is changed only in what is given."""
        self._put_hook(request, self._controller(request._get_param("AutoScalingGroupName")).group.name, {})
        return EmptyResult()

    def _put_hook(self, request: Any, group: str, given: dict[str, Any]) -> None:
        def value(name: str, otherwise: object) -> Any:
            value_given = given.get(name) if given else request._get_param(name)
            return otherwise if value_given is None else value_given

        name = value("LifecycleHookName", None)
        old = request.autoscaling_backend.lifecycle_hooks.get(f"{group}_{name}")
        hook = request.autoscaling_backend.create_lifecycle_hook(
            name,
            group,
            value("LifecycleTransition", old and old.lifecycle_transition),
            int(value("HeartbeatTimeout", old.heartbeat_timeout if old else 3600)),
            value("DefaultResult", old.default_result if old else "ABANDON"),
        )
        hook.global_timeout = min(LONGEST_GLOBAL, 100 * hook.heartbeat_timeout)
        hook.role_arn = hook.notification_target_arn = None

    def update_group(self, request: Any, moto: Callable[[Any], object]) -> object:
        """The maintenance policy can change, and a new desired size is worked towards."""
        controller = self._controller(request._get_param("AutoScalingGroupName"))
        result = moto(request)
        if (policy := request._get_param("InstanceMaintenancePolicy")) is not None:
            controller.group.instance_maintenance_policy = policy
        if (policy := request._get_param("InstanceLifecyclePolicy")) is not None:
            controller.group.instance_lifecycle_policy = policy
        controller.reconcile()
        return result

    def set_desired_capacity(self, group: Any, capacity: int | None) -> None:
        """The group works towards it; nothing happens within the call."""
        group.desired_capacity = group.min_size if capacity is None else capacity
        if group.name in self.controllers:
            self.controllers[group.name].reconcile()

    def delete_tags(self, request: Any) -> object:
        """By key alone, or by key and value: with another value than the tag's nothing is deleted."""
        for tag in request._get_param("Tags", []):
            group = self._controller(tag["ResourceId"]).group
            value = tag.get("Value")
            group.tags = [
                kept
                for kept in group.tags
                if kept["Key"] != tag["Key"] or (value is not None and kept["Value"] != value)
            ]
        return EmptyResult()

    def resume(self, request: Any, moto: Callable[[Any], object]) -> object:
        """What was suspended goes on."""
        result = moto(request)
        controller = self._controller(request._get_param("AutoScalingGroupName"))
        controller.end_leaving()
        controller.reconcile()
        return result

    def complete(self, request: Any) -> object:
        """By token or instance id; late or twice: ValidationError, No active Lifecycle Action found."""
        lifecycle = self._controller(request._get_param("AutoScalingGroupName")).lifecycle
        answer = request._get_param("LifecycleActionResult")
        if answer not in set(Result):
            raise ValidationError(f"Lifecycle Action Result '{answer}' is not valid")
        lifecycle.complete(*self._action(request), Result(answer))
        return EmptyResult()

    def heartbeat(self, request: Any) -> object:
        """The time-out of the action starts again."""
        lifecycle = self._controller(request._get_param("AutoScalingGroupName")).lifecycle
        lifecycle.heartbeat(*self._action(request))
        return EmptyResult()

    @staticmethod
    def _action(request: Any) -> tuple[str, str | None, str | None]:
        names = ("LifecycleHookName", "InstanceId", "LifecycleActionToken")
        hook, instance_id, token = (request._get_param(name) for name in names)
        return hook, instance_id, token

    def terminate_instance(self, request: Any) -> object:
        """The member goes through its terminate hooks; without decrement another one is launched."""
        controller, member = self._controller_of(request._get_param("InstanceId"))
        if request._get_bool_param("ShouldDecrementDesiredCapacity"):
            if controller.group.desired_capacity <= controller.group.min_size:
                message = "Currently, desiredSize equals minSize. Terminating instance without replacement "
                raise ValidationError(f"{message}will violate group's min size constraint.")
            controller.group.desired_capacity -= 1
        activity = controller.terminate(member.instance_id, "a user request")
        if activity is None:
            raise ValidationError(f"Instance {member.instance_id} is not in a state to be terminated.")
        return ActionResult({"Activity": activity})

    def set_health(self, request: Any) -> object:
        """Unhealthy means replaced, as the maintenance policy says, soon after."""
        controller, member = self._controller_of(request._get_param("InstanceId"))
        if request._get_param("HealthStatus") == "Healthy":
            member.health_status = "Healthy"
        else:
            controller.unhealthy(member)
        return EmptyResult()

    def activities(self, request: Any) -> object:
        """The newest first; MaxRecords at most."""
        name = request._get_param("AutoScalingGroupName")
        wanted = request._get_param("ActivityIds", [])
        controllers = [self._controller(name)] if name else list(self.controllers.values())
        all_activities = [activity for controller in controllers for activity in controller.activities.all]
        chosen = [activity for activity in all_activities if not wanted or activity.activity_id in wanted]
        return ActionResult({"Activities": chosen[: request._get_int_param("MaxRecords", 100)]})

    def warm_pool(self, request: Any) -> object:
        """The instances that DescribeAutoScalingGroups does not list."""
        return self._controller(request._get_param("AutoScalingGroupName")).warm_pool.described()

    def refresh(self, request: Any) -> object:
        """Every member is replaced as the maintenance policy says, or only the volume that it boots from."""
        controller = self._controller(request._get_param("AutoScalingGroupName"))
        for member in unprotected(controller.group.active_instances()):
            if request._get_param("Strategy") == REPLACE_ROOT_VOLUME:
                replace_root_volume(controller, member)
            else:
                controller.replace(member, "an instance refresh")
        return ActionResult({"InstanceRefreshId": controller.bus.new_id()})

    def launch_instances(self, request: Any) -> object:
        """Instances at once, with their ids in the answer."""
        controller = self._controller(request._get_param("AutoScalingGroupName"))
        return ActionResult(launch_instances(controller, request._get_int_param("RequestedCapacity")))

    def notifications(self, _: Any) -> object:
        """No group here notifies a topic; moto does not know the call."""
        return ActionResult({"NotificationConfigurations": []})

    def corrections(self) -> MotoPatch:
        calls, api = MotoPatch(), AutoScalingResponse
        calls.around(api, "create_auto_scaling_group", self.create_group)
        calls.around(api, "update_auto_scaling_group", self.update_group)
        calls.around(api, "resume_processes", self.resume)
        calls.hand(api, "delete_tags", self.delete_tags)
        calls.hand(api, "put_lifecycle_hook", self.put_hook)
        calls.hand(api, "complete_lifecycle_action", self.complete)
        calls.hand(api, "record_lifecycle_action_heartbeat", self.heartbeat)
        calls.hand(api, "set_instance_health", self.set_health)
        calls.hand(api, "describe_scaling_activities", self.activities)
        calls.hand(api, "describe_warm_pool", self.warm_pool)
        calls.hand(api, "describe_notification_configurations", self.notifications)
        calls.hand(api, "start_instance_refresh", self.refresh)
        calls.hand(api, "launch_instances", self.launch_instances)
        calls.hand(api, "terminate_instance_in_auto_scaling_group", self.terminate_instance)
        calls.hand(FakeAutoScalingGroup, "set_desired_capacity", self.set_desired_capacity)
        return calls
