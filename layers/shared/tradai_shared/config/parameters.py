"""The stack's parameters that name what the failover works on: they win over the configuration's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.config import naming
from tradai_shared.config.naming import nat_launch_hook_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradai_shared.config.overrides import OverrideFile

PATHS: Mapping[str, tuple[str, ...]] = {
    "NatAsgName": ("nat.group.name",),
    "NatFunctionName": ("nat.function", "lambdas.update-nat-routes.name"),
    "NatAlarmName": ("nat.alarm",),
}
# What template.yaml makes of NamePrefix where these are empty.
NAMES = {
    "NatAsgName": naming.nat_asg_name,
    "NatFunctionName": naming.update_nat_routes_function_name,
    "NatAlarmName": naming.nat_alarm_name,
}
PREFIX = "NamePrefix"
STANDBY_PATH = "nat.standby_group"
LISTS: Mapping[str, tuple[str, ...]] = {"PrivateRouteTableIds": ("network.route_tables.private.ids",)}
HOOKS = "NatHookNames"
# A hook's name that has it is of a termination; of others the first is the launch's, as doctor writes them.
TERMINATION = "termin"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def with_parameters(file: OverrideFile, parameters: Mapping[str, str], env: str) -> OverrideFile:
    """A deployment's own file with the parameters' values laid over its own; empty parameters say nothing."""
    values: dict[str, Any] = copied(file.values)
    for path, value in _values(parameters, env):
        put(values, path, value)
    return file.model_copy(update={"values": values})


def _values(parameters: Mapping[str, str], env: str) -> Iterator[tuple[str, Any]]:
    for parameter, paths in PATHS.items():
        if given := parameters.get(parameter) or _by_prefix(parameters, parameter, env):
            yield from ((path, given) for path in paths)
    if standby := standby_group(parameters, env):
        yield STANDBY_PATH, standby
    for parameter, paths in LISTS.items():
        if several := _parts(parameters.get(parameter, "")):
            yield from ((path, several) for path in paths)
    hooks = _parts(parameters.get(HOOKS, ""))
    ending = [name for name in hooks if TERMINATION in name.lower()]
    launching = [name for name in hooks if name not in ending]
    if launching:
        own = nat_launch_hook_name(env)
        launch = own if own in launching else launching[0]
        yield "nat.lifecycle_hooks.launch.name", launch
        ending += [name for name in launching if name != launch]
    for number, name in enumerate(ending):
        hook = f"nat.lifecycle_hooks.terminate{f'-{number + 1}' if number else ''}"
        yield f"{hook}.name", name
        yield f"{hook}.transition", TERMINATING


def standby_group(parameters: Mapping[str, str], env: str) -> str | None:
    """The second group as template.yaml has it, made or adopted; None: a lone NAT."""
    named = parameters.get("NatStandbyAsgName") or None
    if parameters.get("CreateNat") != "true":
        return named
    if parameters.get("NatStandby") != "true":
        return None
    return named or naming.prefixed(naming.nat_standby_asg_name(env), parameters.get(PREFIX, ""))


def _by_prefix(parameters: Mapping[str, str], parameter: str, env: str) -> str | None:
    """None without a prefix of the deployment's own: the configuration then says the name."""
    prefix = parameters.get(PREFIX)
    if not prefix or prefix == naming.PROJECT:
        return None
    return naming.prefixed(NAMES[parameter](env), prefix)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """The tree with its objects copied; values are shared."""
    return {name: copied(value) if isinstance(value, dict) else value for name, value in values.items()}


def put(values: dict[str, Any], path: str, value: object) -> None:
    """Set the value at a path of a tree; objects on the way are made."""
    *sections, name = path.split(".")
    section = values
    for each in sections:
        below = section.get(each)
        if not isinstance(below, dict):
            below = section[each] = {}
        section = below
    section[name] = value


def superseded(own: Mapping[str, Any], merged: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """The own values, by path, that differ from those that the parameters have laid over them."""
    differing: dict[str, Any] = {}
    for name, value in own.items():
        below, where = merged.get(name), f"{path}.{name}" if path else name
        if isinstance(value, dict) and isinstance(below, dict):
            differing |= superseded(value, below, where)
        elif value != below:
            differing[where] = value
    return differing
