"""What a live estate confirms: for every value that is only assumed, what AWS really has. Pure."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import CONFIGURED
from drift_check.compare import TAGS, path_of, to_json
from drift_check.observe.observations import Known
from tradai_shared.config.paths import provenance_of, value_at
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.checks.base import AttributeState, ResourceState
    from drift_check.compare import AssessedFinding
    from drift_check.findings import Json
    from tradai_shared.config.models import CanonicalConfig

TAG_PATH = "required_tags"


@dataclass(frozen=True, slots=True)
class Adopted:
    """One value to confirm."""

    path: str
    built_in: Json
    live: Json

    @property
    def differs(self) -> bool:
        return self.built_in != self.live


def adopt(
    config: CanonicalConfig, resource_states: Iterable[ResourceState], judged: Iterable[AssessedFinding]
) -> list[Adopted]:
    """Every assumed value that was read. What is documented and differs is drift, and is not adopted."""
    found = [one for resource_state in resource_states for one in _of(config, resource_state)]
    if not any(one.finding.attribute == TAGS for one in judged):
        tags = to_json(value_at(config, TAG_PATH))
        found.append(Adopted(TAG_PATH, tags, tags))
    return sorted(found, key=lambda one: (not one.differs, one.path))


def _of(config: CanonicalConfig, resource_state: ResourceState) -> Iterator[Adopted]:
    if not isinstance(resource_state.exists, Known) or not resource_state.exists.value:
        return
    if provenance_of(
        config, resource_state.name_path
    ) is Provenance.ASSUMED and resource_state.name_path.endswith(".name"):
        name = to_json(value_at(config, resource_state.name_path))
        yield Adopted(resource_state.name_path, name, name)
    for fact in resource_state.facts:
        path = path_of(resource_state, fact)
        if isinstance(fact.observed, Known) and provenance_of(config, path) is Provenance.ASSUMED:
            yield from _confirmed(config, resource_state, fact, path)


def _confirmed(
    config: CanonicalConfig, resource_state: ResourceState, fact: AttributeState, path: str
) -> Iterator[Adopted]:
    assert isinstance(fact.observed, Known)  # noqa: S101 - its caller looked
    live = to_json(fact.observed.value)
    if fact.attribute == "ttl":
        built_in = to_json(value_at(config, f"{resource_state.path}.ttl"))
        yield Adopted(f"{resource_state.path}.ttl", built_in, {"attribute": live} if live else None)
    elif fact.desired is CONFIGURED:
        yield Adopted(path, to_json(value_at(config, path)), live)


def merged(own: dict[str, Any], adopted: Iterable[Adopted]) -> dict[str, Any]:
    """A deployment's own values with the confirmed ones laid over them."""
    values = copy.deepcopy(own)
    for one in adopted:
        *sections, last = one.path.split(".")
        here = values
        for section in sections:
            here = here.setdefault(section, {})
        here[last] = one.live
    return values
