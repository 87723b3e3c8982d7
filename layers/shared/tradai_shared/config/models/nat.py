"""The NAT instance, its Auto Scaling group and its failover."""

from enum import StrEnum

from tradai_shared.config.models.base import Count, Model, Name, Named, Positive, Text, Unspecified


class HealthCheck(StrEnum):
    EC2 = "EC2"
    ELB = "ELB"


class Transition(StrEnum):
    LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
    TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


class Architecture(StrEnum):
    ARM64 = "arm64"
    X86_64 = "x86_64"


class Image(Model):
    family: Text
    architecture: Architecture
    latest: bool  # younger than 90 days


class AutoScalingGroup(Model):
    name: Name
    min_size: Count
    max_size: Positive
    desired_capacity: Count
    health_check: HealthCheck


class LifecycleHook(Model):
    name: Name
    transition: Transition
    heartbeat_seconds: Unspecified[Positive] = None


class ElasticIp(Model):
    static: bool  # one allocation that outlives the instances
    attached_by: Text


class Boot(Model):
    """What must hold of the instance once it has booted."""

    ip_forwarding: bool  # net.ipv4.ip_forward
    masquerade_by: Text
    eip_associated: bool
    source_destination_check: bool


class SecondsRange(Model):
    at_least: Positive
    at_most: Positive


class Nat(Model):
    name: Name  # the instance's Name tag
    instance_type: Name
    launch_template: Unspecified[Text] = None  # its name
    image: Image
    subnet: Name
    imdsv2_required: bool
    detailed_monitoring: bool
    eip: ElasticIp
    boot: Boot
    group: AutoScalingGroup
    standby_group: Unspecified[Name] = None  # the second group, alike; None: a lone NAT
    lifecycle_hooks: Named[LifecycleHook]
    function: Name  # moves the routes
    alarm: Name
    # A private default route to a NAT gateway is an operator's decision; NatTakeOverRoutes=true moves it.
    may_use_nat_gateway: bool
    failover_seconds: SecondsRange
    failover_flow: tuple[Text, ...]
    monthly_saving_usd: Positive  # against a NAT gateway
