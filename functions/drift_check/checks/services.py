"""The ECS services and what their task definitions carry."""

from __future__ import annotations

from functools import partial
from operator import itemgetter, methodcaller
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import (
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    own_tags,
    presence,
)
from drift_check.findings import Severity
from drift_check.observe import SERVICES_A_CALL
from drift_check.observe.observations import Call, Known, combined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.services import Service, Variable

SERVICES, DEFINITION = "ecs:DescribeServices", "ecs:DescribeTaskDefinition"
TARGETS = Call("application-autoscaling:DescribeScalableTargets", "ecs")
COUNT = "ecs:service:DesiredCount"
MODE = "TRADING_MODE"
ENVIRONMENT = "service_environment"
WORKFLOW = "workflow-state"
SPOT = "FARGATE_SPOT"
GIVEN = "given where needed"


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    for names in _batches(config):
        yield Call(SERVICES, f"{config.ecs.cluster}/{names}")


def _batches(config: CanonicalConfig) -> list[str]:
    names = [service.name for service in config.ecs.services.values()]
    starts = range(0, len(names), SERVICES_A_CALL)
    return [",".join(names[start : start + SERVICES_A_CALL]) for start in starts]


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    """Who scales by itself is asked only where a number of tasks differs."""
    if call.action != SERVICES:
        return
    counts = {service.name: service.desired_count for service in config.ecs.services.values()}
    for service in answer or ():
        if service["status"] != "INACTIVE" and service.get("taskDefinition"):
            yield Call(DEFINITION, service["taskDefinition"])
        if service.get("desiredCount") != counts.get(service["serviceName"]):
            yield TARGETS


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    services: Read[dict[str, ApiObject] | None] = Known({})
    for names in _batches(ctx.config):
        page = ctx.get(SERVICES, f"{ctx.config.ecs.cluster}/{names}")
        services = combined(_merged, services, page)
    cluster = presence(services)
    name = ctx.config.ecs.cluster
    yield ctx.tagged("ecs", name, "ecs.cluster", cluster, f"ecs:cluster/{name}")
    if services.value_or(services) is None:
        return  # one finding for a missing cluster, none for each of its services
    for key, desired in ctx.config.ecs.services.items():
        service = services.map_present(methodcaller("get", desired.name))
        yield _service(ctx, f"ecs.services.{key}", desired, service)


def _merged(so_far: dict[str, ApiObject] | None, more: list[ApiObject] | None) -> dict[str, ApiObject] | None:
    """None where the cluster does not exist. An inactive service is a deleted one."""
    if so_far is None or more is None:
        return None
    return so_far | {service["serviceName"]: service for service in more if service["status"] != "INACTIVE"}


def _service(
    ctx: CheckContext, path: str, desired: Service, service: Read[ApiObject | None]
) -> ResourceState:
    answer = service.flat_map(
        lambda service: (
            ctx.get(DEFINITION, service["taskDefinition"]) if service else Known({"taskDefinition": {}})
        )
    )
    definition = answer.map(itemgetter("taskDefinition"))
    facts = [
        AttributeState(
            "status",
            service.item("status"),
            desired="ACTIVE",
            reason="its tasks are being stopped, and it starts none",
        ),
        _desired_count(ctx, desired, service),
        AttributeState("cpu", definition.get("cpu").map_present(int)),
        AttributeState("spot", service.map_present(_spot)),
        AttributeState("memory_mb", definition.get("memory").map_present(int)),
    ]
    if desired.port is not None:
        facts.append(AttributeState("port", definition.map(partial(_port, desired.port))))
    return ResourceState(
        path,
        desired.name,
        f"{path}.name",
        presence(service),
        (*facts, *_environment(ctx, definition)),
        tags=own_tags(service, "tags"),
        arn=f"ecs:service/{ctx.config.ecs.cluster}/{desired.name}",
    )


def _desired_count(ctx: CheckContext, desired: Service, service: Read[ApiObject | None]) -> AttributeState:
    """What Application Auto Scaling sets is not judged, as long as it is within the bounds of its target."""
    resource = f"service/{ctx.config.ecs.cluster}/{desired.name}"

    def judge(count: int, targets: list[ApiObject]) -> int:
        for target in targets:
            if (target["ResourceId"], target["ScalableDimension"]) == (resource, COUNT):
                is_within = target["MinCapacity"] <= count <= target["MaxCapacity"]
                return desired.desired_count if is_within else count
        return count

    def scaled(count: int | None) -> Read[int | None]:
        if count is None or count == desired.desired_count:
            return Known(count)
        return ctx.get(TARGETS.action, TARGETS.subject).map(partial(judge, count))

    return AttributeState("desired_count", service.item("desiredCount").flat_map(scaled))


def _is_set(carried: dict[str, str | None], *, name: str) -> str:
    return "set" if name in carried else "absent"


def _port(wanted: int, definition: ApiObject) -> int | None:
    """The wanted one where a container listens on it; otherwise the first that is."""
    containers = definition.get("containerDefinitions", [])
    ports = [
        mapping["containerPort"] for container in containers for mapping in container.get("portMappings", [])
    ]
    return wanted if wanted in ports else next(iter(ports), None)


def _spot(service: ApiObject) -> bool:
    return SPOT in [each["capacityProvider"] for each in service.get("capacityProviderStrategy", [])]


def variables(definition: ApiObject) -> dict[str, str | None]:
    """The variables of all containers; None for one whose value comes from a secret."""
    values: dict[str, str | None] = {}
    for container in definition.get("containerDefinitions", []):
        values |= {secret["name"]: None for secret in container.get("secrets", [])}
        values |= {variable["name"]: variable["value"] for variable in container.get("environment", [])}
    return values


def _environment(ctx: CheckContext, definition: Read[ApiObject]) -> Iterator[AttributeState]:
    carried = definition.map(variables)
    for name, variable in ctx.config.service_environment.variables.items():
        yield from _variable(name, variable, carried)
    for name in ctx.config.service_environment.obsolete:
        yield AttributeState(
            f"environment.{name}",
            carried.map(partial(_is_set, name=name)),
            desired="absent",
            path=f"{ENVIRONMENT}.obsolete",
            reason="obsolete: nothing reads it any more",
        )
    yield _workflow_table(ctx, carried)


def _variable(
    name: str, variable: Variable, carried: Read[dict[str, str | None]]
) -> Iterator[AttributeState]:
    attribute, path = f"environment.{name}", f"{ENVIRONMENT}.variables.{name}"
    value = carried.get(name)
    if variable.value is not None:  # exactly this, where it is given
        exact = value.map(lambda value: variable.value if value is None else value)
        yield AttributeState(attribute, exact, desired=variable.value, path=f"{path}.value")
    if variable.values:
        allowed = list(variable.values)
        observed = value.map(lambda value: allowed if value is None or value in allowed else value)
        yield AttributeState(attribute, observed, desired=allowed, path=f"{path}.values")
    if variable.required_when:
        modes = {str(mode) for mode in variable.required_when}

        def needed(carried: dict[str, str | None]) -> str:
            return "absent" if carried.get(MODE) in modes and name not in carried else GIVEN

        yield AttributeState(
            attribute,
            carried.map(needed),
            desired=GIVEN,
            path=f"{path}.required_when",
            severity=Severity.HIGH,
            reason=f"needed when {MODE} is {' or '.join(sorted(modes))}",
        )


def _workflow_table(ctx: CheckContext, carried: Read[dict[str, str | None]]) -> AttributeState:
    """A service that trades reads either name; whichever it has must be the platform's table."""
    names = ctx.config.service_environment.workflow_table
    table = ctx.config.dynamodb.tables.get(WORKFLOW)
    wanted = table.name if table else ""

    def judge(carried_values: dict[str, str | None]) -> str:
        given = {name: carried_values[name] for name in names if name in carried_values}
        if not given:
            return "absent" if MODE in carried_values else wanted
        wrong = [f"{name}={value}" for name, value in given.items() if value not in {None, wanted}]
        return wrong[0] if wrong else wanted

    return AttributeState(
        "environment." + " or ".join(names),
        carried.map(judge),
        desired=wanted,
        path=f"{ENVIRONMENT}.workflow_table",
        reason="the service keeps its state in no table, or in another one",
    )


CHECK = Check("services", initial_reads, evaluate, dependent_reads)
