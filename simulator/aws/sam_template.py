"""What template.yaml ships: the function's settings, its rules and schedules, read from the file itself."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from moto.events.models import EventPattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NO_VALUE = object()  # AWS::NoValue
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True)
class Rule:
    """An EventBridge rule with the function as its target."""

    name: str
    pattern: EventPattern
    input: str | None = None
    dead_letter: bool = False  # whether it has a dead-letter queue


@dataclass(frozen=True)
class Schedule:
    """A schedule with the function as its target."""

    name: str
    every: float  # seconds
    input: str | None = None


@dataclass(frozen=True)
class Function:
    """A function as the template describes it."""

    name: str
    handler: str
    timeout: float
    memory: int
    environment: Mapping[str, str]
    rules: tuple[Rule, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    retries: int = 2
    event_age: float = 21600  # seconds
    on_failure: bool = False  # whether it has an on-failure destination
    concurrency: int | None = None


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, object]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    raise TypeError(node)


_Loader.add_multi_constructor("!", _tag)


@functools.cache
def read_document(path: Path) -> dict[str, Any]:
    """The file as it is written, its short tags in their long form."""
    # SafeLoader underneath: it constructs plain values only
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    return document


@dataclass
class Template:
    """A SAM template with parameters put in.

    Attributes:
        values: what Ref answers: parameters, pseudo parameters; other resources answer with their logical id.
    """

    document: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, str], pseudo: Mapping[str, str]) -> Template:
        document = read_document(path)
        declared = document.get("Parameters", {})
        defaults = {name: str(spec.get("Default", "")) for name, spec in declared.items()}
        given = {name: value for name, value in parameters.items() if name in declared}
        values: dict[str, Any] = {**defaults, **given}
        for name, spec in declared.items():
            if spec["Type"] == "CommaDelimitedList":
                values[name] = values[name].split(",")
        return cls(document, {**values, **pseudo, "AWS::NoValue": NO_VALUE})

    def function(self, logical_id: str) -> Function:
        shared = self.resolve(self.document.get("Globals", {}).get("Function", {}))
        own = self.resolve(self.document["Resources"][logical_id]["Properties"])
        merged = {**shared, **own}
        variables = {
            name: value
            for layer in (shared, own)
            for name, value in layer.get("Environment", {}).get("Variables", {}).items()
        }
        asynchronous = merged.get("EventInvokeConfig", {})
        events = merged.get("Events", {})
        concurrency = merged.get("ReservedConcurrentExecutions")
        return Function(
            name=str(merged.get("FunctionName", logical_id)),
            handler=str(merged["Handler"]),
            timeout=float(merged.get("Timeout", 3)),
            memory=int(merged.get("MemorySize", 128)),
            environment={name: str(value) for name, value in variables.items()},
            rules=(*_rules(events), *self._rules_apart(logical_id)),
            schedules=tuple(_schedules(events)),
            retries=int(asynchronous.get("MaximumRetryAttempts", 2)),
            event_age=float(asynchronous.get("MaximumEventAgeInSeconds", 21600)),
            on_failure="OnFailure" in asynchronous.get("DestinationConfig", {}),
            concurrency=None if concurrency in {None, ""} else int(concurrency),
        )

    def _rules_apart(self, function: str) -> Iterator[Rule]:
        """Rules that stand beside the function, where their condition holds."""
        for name, resource in self.document["Resources"].items():
            if resource["Type"] != "AWS::Events::Rule" or not self.made(resource):
                continue
            properties = self.resolve(resource["Properties"])
            for target in properties["Targets"]:
                if target["Arn"] == self._attribute(function, "Arn"):
                    pattern = EventPattern(None, properties["EventPattern"])
                    yield Rule(name, pattern, target.get("Input"), "DeadLetterConfig" in target)

    def made(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource has no condition, or a condition that holds."""
        return "Condition" not in resource or self.holds({"Condition": resource["Condition"]})

    def resolve(self, node: Any) -> Any:
        """The node with every intrinsic function answered."""
        if isinstance(node, list):
            items = [self.resolve(item) for item in node]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), *_ = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._intrinsic(name, argument)
        fields = {name: self.resolve(value) for name, value in node.items()}
        return {name: value for name, value in fields.items() if value is not NO_VALUE}

    def _intrinsic(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self.values.get(argument, argument)
        answer = getattr(self, f"_{name.removeprefix('Fn::').lower()}", None)
        if answer is None:
            raise NotImplementedError(name)
        return answer(argument)

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.resolve(yes if self.holds({"Condition": condition}) else no)

    def _getatt(self, argument: list[str]) -> str:
        return self._attribute(*argument)

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(map(str, self.resolve(parts)))

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _select(self, argument: list[Any]) -> Any:
        index, items = argument
        return self.resolve(items)[int(index)]

    def _findinmap(self, argument: list[Any]) -> Any:
        mapping, first, second = (self.resolve(part) for part in argument[:3])
        return self.document["Mappings"][mapping][first][second]

    def _sub(self, argument: Any) -> str:
        text, extra = argument if isinstance(argument, list) else (argument, {})
        values = {**self.values, **{name: self.resolve(value) for name, value in extra.items()}}

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in values or "." not in name:
                return str(values.get(name, name))
            return self._attribute(*name.split(".", 1))

        return re.sub(r"\$\{([^!}][^}]*)\}", replace, text).replace("${!", "${")

    def _attribute(self, resource: str, attribute: str) -> str:
        """An ARN that names the resource: what the simulator needs of it is whether it is there."""
        return str(self.values.get(f"{resource}.{attribute}", f"arn:aws:simulated:::{resource}/{attribute}"))

    def holds(self, node: Any) -> bool:
        """Whether a condition holds."""
        (name, argument), *_ = node.items()
        match name:
            case "Condition":
                return self.holds(self.document["Conditions"][argument])
            case "Fn::Equals":
                left, right = (self.resolve(side) for side in argument)
                return bool(left == right)
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(self.holds(part) for part in argument)
            case "Fn::Or":
                return any(self.holds(part) for part in argument)
        raise NotImplementedError(name)


def _rules(events: Mapping[str, Any]) -> list[Rule]:
    rules = []
    for name, event in events.items():
        properties = event.get("Properties", {})
        if event["Type"] == "EventBridgeRule" and properties.get("State", "ENABLED") == "ENABLED":
            pattern = EventPattern(None, properties["Pattern"])
            has_queue = "DeadLetterConfig" in properties
            rules.append(Rule(name, pattern, properties.get("Input"), has_queue))
    return rules


def _schedules(events: Mapping[str, Any]) -> list[Schedule]:
    schedules = []
    for name, event in events.items():
        properties = event.get("Properties", {})
        if event["Type"] in {"Schedule", "ScheduleV2"} and properties.get("State", "ENABLED") == "ENABLED":
            expression = properties.get("ScheduleExpression") or properties["Schedule"]
            schedules.append(Schedule(name, _every(expression), properties.get("Input")))
    return schedules


def _every(expression: str) -> float:
    match = re.fullmatch(r"rate\((\d+) (\w+?)s?\)", expression)
    if match is None:
        raise NotImplementedError(expression)
    return int(match.group(1)) * _UNITS[match.group(2)]
