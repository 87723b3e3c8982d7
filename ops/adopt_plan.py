"""What a live estate confirms: for every value that is only assumed, what AWS really has. Pure."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drift_check.checks.resource import CONFIGURED
from drift_check.compare import TAGS, path_of, plain
from drift_check.observe.observations import Known
from tradai_shared.config.paths import provenance_of, value_at
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.checks.resource import AttributeState, ResourceState
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
    config: CanonicalConfig, things: Iterable[ResourceState], judged: Iterable[AssessedFinding]
) -> list[Adopted]:
    """Every assumed value that was read. What is documented and differs is drift, and is not adopted."""
    found = [one for thing in things for one in _of(config, thing)]
    if not any(one.finding.attribute == TAGS for one in judged):
        tags = plain(value_at(config, TAG_PATH))
        found.append(Adopted(TAG_PATH, tags, tags))
    return sorted(found, key=lambda one: (not one.differs, one.path))


def _of(config: CanonicalConfig, thing: ResourceState) -> Iterator[Adopted]:
    if not isinstance(thing.exists, Known) or not thing.exists.value:
        return
    if provenance_of(config, thing.identity) is Provenance.ASSUMED and thing.identity.endswith(".name"):
        name = plain(value_at(config, thing.identity))
        yield Adopted(thing.identity, name, name)
    for fact in thing.facts:
        path = path_of(thing, fact)
        if isinstance(fact.observed, Known) and provenance_of(config, path) is Provenance.ASSUMED:
            yield from _confirmed(config, thing, fact, path)


def _confirmed(
    config: CanonicalConfig, thing: ResourceState, fact: AttributeState, path: str
) -> Iterator[Adopted]:
    assert isinstance(fact.observed, Known)  # noqa: S101 - its caller looked
    live = plain(fact.observed.value)
    if fact.attribute == "ttl":
        built_in = plain(value_at(config, f"{thing.path}.ttl"))
        yield Adopted(f"{thing.path}.ttl", built_in, {"attribute": live} if live else None)
    elif fact.desired is CONFIGURED:
        yield Adopted(path, plain(value_at(config, path)), live)


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
