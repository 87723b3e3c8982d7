"""Carrying out the planner's actions, one AWS call each, and saying how each ended.

A race that was lost shows as a refusal that AWS documents. Where the end is what we wanted it counts as
done; otherwise it is worth another look at the world, never a blind second write.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from tradai_shared.aws import clients as aws
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AccessDenied, AwsError, Outcome, PermanentError, Status, TemporaryError
from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CompleteLifecycleAction,
    ConfirmEgress,
    CreateRoute,
    DisableSourceDestCheck,
    GroupAction,
    Move,
    Prerequisite,
    RecordHeartbeat,
    ReplaceInstance,
    ReplaceRoute,
    ReportUnhealthy,
    Route,
    RouteToFallback,
    TagGroup,
)
from update_nat_routes.model import DEFAULT_ROUTE, ENDED_STATES, GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_autoscaling.type_defs import TagTypeDef
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import AttributeBooleanValueTypeDef, CreateRouteRequestTypeDef

# AWS has no own codes for these: only the message distinguishes them.
NO_ACTIVE_ACTION = "No active Lifecycle Action"
NO_SUCH_MEMBER = "not found"
NO_SUCH_ROUTE = "no route"
SEVERAL_INTERFACES = "multiple interfaces"
NOT_TRIED = "not tried: what must come before it failed"

OFF: AttributeBooleanValueTypeDef = {"Value": False}

Result: TypeAlias = Outcome[Action]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes to the world of one deployment, whose groups are ``group_names``."""

    ec2: EC2Client
    autoscaling: AutoScalingClient
    group_names: tuple[str, ...]

    def apply(self, actions: Iterable[Action]) -> list[Result]:
        """Carry out in order, each on its own, so that one failure leaves the others done.

        The exception is a failed prerequisite: a route to an instance that drops the traffic, or that
        leaves from an address nobody knows, is not written in the same pass.
        """
        outcomes: list[Result] = []
        for action in actions:
            if any(_blocks(outcome, action) for outcome in outcomes):
                outcomes.append(Outcome(action, Status.FAILED, NOT_TRIED, temporary=True))
            else:
                outcomes.append(self._attempt(action))
        return outcomes

    def _attempt(self, action: Action) -> Result:
        try:
            return Outcome(action, *self._write(action))
        except AwsError as error:
            temporary = isinstance(error, TemporaryError)
            return Outcome(action, Status.FAILED, str(error), temporary=temporary, error=error)

    def _write(self, action: Action) -> tuple[Status, str]:
        match action:
            case DisableSourceDestCheck():
                return self._disable_check(action)
            case AssociateAddress():
                return self._associate(action)
            case ReplaceRoute() | CreateRoute() | RouteToFallback():
                return self._route(action)
            case TagGroup():
                return self._tag(action)
            case ConfirmEgress():
                return self._confirm(action)
            case _:
                return self._write_to_group(action)

    def _write_to_group(self, action: GroupAction) -> tuple[Status, str]:
        match action:
            case CompleteLifecycleAction():
                return self._complete(action)
            case RecordHeartbeat():
                return self._heartbeat(action)
            case ReplaceInstance():
                return self._replace_instance(action)
            case ReportUnhealthy():
                return self._set_unhealthy(action.instance_id, "its group replaces it")
            case _:
                assert_never(action)

    def _disable_check(self, action: DisableSourceDestCheck) -> tuple[Status, str]:
        """By the instance, which IAM knows by its tag; EC2 has the interface named where it has several."""
        try:
            with translate_errors("ec2:ModifyInstanceAttribute", shown=True):
                self.ec2.modify_instance_attribute(InstanceId=action.instance_id, SourceDestCheck=OFF)
        except PermanentError as error:
            if SEVERAL_INTERFACES not in error.message:
                raise
            self._disable_check_of_interface(action)
        return Status.DONE, ""

    def _disable_check_of_interface(self, action: DisableSourceDestCheck) -> None:
        """The role may in the VPC of the parameter VpcId alone: an interface bears no tag of the group."""
        try:
            with translate_errors("ec2:ModifyNetworkInterfaceAttribute", shown=True):
                self.ec2.modify_network_interface_attribute(
                    NetworkInterfaceId=action.interface_id, SourceDestCheck=OFF
                )
        except AccessDenied as error:
            message = f"{action.instance_id} has several interfaces, which needs the parameter VpcId"
            raise AccessDenied(error.action, error.code, f"{message}: {error.message}") from error

    def _associate(self, action: AssociateAddress) -> tuple[Status, str]:
        try:
            with translate_errors("ec2:AssociateAddress", shown=action.take_from is not None):
                self.ec2.associate_address(
                    AllocationId=action.allocation_id,
                    NetworkInterfaceId=action.interface_id,
                    AllowReassociation=action.take_from is not None,
                )
        except PermanentError as error:
            if error.code != "Resource.AlreadyAssociated":
                raise
            return self._already_associated(action, error)
        return Status.DONE, ""

    def _already_associated(self, action: AssociateAddress, error: PermanentError) -> tuple[Status, str]:
        try:
            with translate_errors("ec2:DescribeAddresses"):
                address = self.ec2.describe_addresses(AllocationIds=[action.allocation_id])["Addresses"][0]
        except AccessDenied as denied:  # it may be our own ended member's still
            raise TemporaryError(error.action, error.code, f"who holds it is unknown: {denied}") from denied
        holder, owner = address.get("NetworkInterfaceId"), address.get("InstanceId")
        if holder == action.interface_id:
            return Status.ALREADY, "another run had moved it"
        if not holder and not owner:
            raise TemporaryError(error.action, error.code, "it was held a moment ago and is free now")
        states, groups = self._shown(owner) if owner else ({"unknown"}, set())
        if states <= ENDED_STATES:
            ended = f"AWS still shows it with {owner}, which has ended: it comes free"
            raise TemporaryError(error.action, error.code, ended)
        if action.unread or groups & set(self.group_names):  # a member took it since the group was read
            raise TemporaryError(error.action, error.code, f"{owner or holder} holds it: look again")
        detail = f"{owner or holder} holds it and is no member: not taken"
        raise PermanentError(error.action, error.code, detail)

    def _shown(self, instance_id: str) -> tuple[set[str], set[str]]:
        """Its state and its group; none where EC2 shows it no more, though it can have an address still."""
        with translate_errors("ec2:DescribeInstances"):
            answer = self.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [instance_id]}])
        shown = [it for reservation in answer["Reservations"] for it in reservation.get("Instances", [])]
        tags = [tag for it in shown for tag in it.get("Tags", []) if tag.get("Key") == GROUP_TAG]
        return {it["State"]["Name"] for it in shown}, {tag.get("Value", "") for tag in tags}

    def _route(self, action: Route) -> tuple[Status, str]:
        request: CreateRouteRequestTypeDef = {
            "RouteTableId": action.table_id,
            "DestinationCidrBlock": DEFAULT_ROUTE,
        }
        if isinstance(action, RouteToFallback):
            request["NatGatewayId"] = action.gateway_id
        else:
            request["NetworkInterfaceId"] = action.interface_id
        if isinstance(action, CreateRoute) or (isinstance(action, RouteToFallback) and not action.replaces):
            with _route_errors("ec2:CreateRoute"):
                self.ec2.create_route(**request)
            return Status.DONE, "there was no static one"
        with _route_errors("ec2:ReplaceRoute"):
            self.ec2.replace_route(**request)
        return Status.DONE, f"was {action.was}"

    def _tag(self, action: TagGroup) -> tuple[Status, str]:
        """A tag is deleted by its key: with a value that is not the tag's, AWS deletes nothing.

        Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/delete-tag.html
        """
        group, kind = action.group, "auto-scaling-group"
        tag: TagTypeDef = {"ResourceId": group, "ResourceType": kind, "Key": action.tag}
        if action.value is None:
            with translate_errors("autoscaling:DeleteTags"):
                self.autoscaling.delete_tags(Tags=[tag])
            return Status.DONE, "removed"
        with translate_errors("autoscaling:CreateOrUpdateTags"):
            self.autoscaling.create_or_update_tags(
                Tags=[{**tag, "Value": action.value, "PropagateAtLaunch": False}]
            )
        return Status.DONE, action.value

    def _complete(self, action: CompleteLifecycleAction) -> tuple[Status, str]:
        try:
            with translate_errors("autoscaling:CompleteLifecycleAction"):
                self.autoscaling.complete_lifecycle_action(
                    AutoScalingGroupName=action.group,
                    LifecycleHookName=action.hook,
                    InstanceId=action.instance_id,
                    LifecycleActionResult=action.result,
                )
        except PermanentError as error:
            return _settled_if(NO_ACTIVE_ACTION, error)
        return Status.DONE, action.result

    def _heartbeat(self, action: RecordHeartbeat) -> tuple[Status, str]:
        try:
            with translate_errors("autoscaling:RecordLifecycleActionHeartbeat"):
                self.autoscaling.record_lifecycle_action_heartbeat(
                    AutoScalingGroupName=action.group,
                    LifecycleHookName=action.hook,
                    InstanceId=action.instance_id,
                )
        except PermanentError as error:
            return _settled_if(NO_ACTIVE_ACTION, error)
        return Status.DONE, ""

    def _replace_instance(self, action: ReplaceInstance) -> tuple[Status, str]:
        try:
            with translate_errors("autoscaling:TerminateInstanceInAutoScalingGroup"):
                self.autoscaling.terminate_instance_in_auto_scaling_group(
                    InstanceId=action.instance_id, ShouldDecrementDesiredCapacity=False
                )
        except PermanentError as error:
            if NO_SUCH_MEMBER in error.message:
                return Status.ALREADY, error.message
            detail = f"marked unhealthy, since terminating was refused: {error}"
            return self._set_unhealthy(action.instance_id, detail)
        return Status.DONE, "terminated in the group"

    def _set_unhealthy(self, instance_id: str, done: str) -> tuple[Status, str]:
        try:
            with translate_errors("autoscaling:SetInstanceHealth"):
                self.autoscaling.set_instance_health(
                    InstanceId=instance_id, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
                )
        except PermanentError as error:
            return _settled_if(NO_SUCH_MEMBER, error)
        return Status.DONE, done

    def _confirm(self, action: ConfirmEgress) -> tuple[Status, str]:
        """Asynchronous: the probe's failure comes back as an event of its own."""
        request = {"action": "confirm", "suspect": action.instance_id}
        with translate_errors("lambda:InvokeFunction"):
            aws.lambda_client().invoke(
                FunctionName=action.function, InvocationType="Event", Payload=json.dumps(request)
            )
        return Status.DONE, "the probe looks again"


def _blocks(outcome: Result, action: Action) -> bool:
    """A route waits for its prerequisites, and every move for what must be remembered of it."""
    first, then = (TagGroup, Move) if isinstance(outcome.action, TagGroup) else (Prerequisite, Route)
    return isinstance(outcome.action, first) and isinstance(action, then) and not outcome.settled


@contextmanager
def _route_errors(name: str) -> Iterator[None]:
    """A route that came or went since it was read is looked for again."""
    try:
        with translate_errors(name, shown=True):
            yield
    except PermanentError as error:
        if error.code == "RouteAlreadyExists":
            raise TemporaryError(error.action, error.code, "somebody made one: look again") from error
        if error.code == "InvalidParameterValue" and NO_SUCH_ROUTE in error.message:
            raise TemporaryError(error.action, error.code, "the route is gone: look again") from error
        raise


def _settled_if(message: str, error: PermanentError) -> tuple[Status, str]:
    if message in error.message:
        return Status.ALREADY, error.message
    raise error
