"""Required tags whose accepted values the account does not use."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from drift_check.compare import TAG_PATH, TAGS, to_json
from drift_check.findings import finding_id
from drift_check.observe.observations import Known
from ops.adopt.model import Difference, DifferenceClass, Proposal
from tradai_shared.config.paths import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drift_check.checks.base import ResourceState
    from drift_check.findings import Finding, Json
    from tradai_shared.config.models import CanonicalConfig

MOST = 0.5  # of the resources, for a tag to be the account's own


def tag_differences(
    config: CanonicalConfig, states: Sequence[ResourceState], findings: Sequence[Finding]
) -> Iterator[Difference]:
    """A required tag whose accepted values most resources do not have. The others are drift of their own.

    Where a required tag is hardly there at all, the account may have tags of other names: each that most
    resources have is proposed.
    """
    if any(state.tags is not None and not isinstance(state.tags, Known) for state in states):
        return  # without all tags nothing is known of most
    tags = [state.tags.value for state in states if isinstance(state.tags, Known) and exists(state)]
    finding_ids = frozenset(finding.id for finding in findings)
    has_others = False
    for name, accepted in config.required_tags.items():
        counted = Counter(each.get(name) for each in tags)
        strange = {value: count for value, count in counted.items() if value not in accepted}
        if sum(strange.values()) > MOST * len(tags):
            has_others |= counted[None] > MOST * len(tags)
            values = _usual(counted, len(tags))
            yield _difference(config, name, to_json(accepted), values, len(tags), finding_ids)
    if has_others:
        yield from _of_other_names(config, tags, finding_ids)


def _usual(counted: Counter[str | None], resources: int) -> list[str]:
    """What at least a fifth of the resources have."""
    return sorted(value for value, count in counted.items() if value and count >= resources / 5)


def _of_other_names(
    config: CanonicalConfig, tags: Sequence[Mapping[str, str]], finding_ids: frozenset[str]
) -> Iterator[Difference]:
    """A tag that most resources have with a usual value; one of each value, as Name, says nothing."""
    for name in sorted({name for each in tags for name in each} - set(config.required_tags)):
        counted = Counter(each.get(name) for each in tags)
        values = _usual(counted, len(tags))
        usual = sum(counted[value] for value in values)
        # AWS's own cannot be set, and a path has no name with a dot
        if usual > MOST * len(tags) and "." not in name and not name.startswith("aws:"):
            yield _difference(config, name, None, values, len(tags), finding_ids)


def _difference(  # noqa: PLR0913, PLR0917 - what a difference is made of
    config: CanonicalConfig,
    name: str,
    accepted: Json,
    live: list[str],
    resources: int,
    finding_ids: frozenset[str],
) -> Difference:
    path, values = f"{TAG_PATH}.{name}", to_json(live) or None
    is_other = accepted is None
    return Difference(
        id=finding_id("adopt", path, TAGS),
        kind=DifferenceClass.TAG,
        path=path,
        section="",
        subject=f"tag {name} of {resources} resources",
        configured=accepted,
        live=values,
        provenance=provenance_of(config, TAG_PATH if is_other else path),
        proposals=(Proposal(values, "most resources have it so"),),
        reason="most resources have it, and no tag of this name is required"
        if is_other
        else "most resources do not have an accepted value",
        finding_ids=frozenset() if is_other else finding_ids,
    )


def exists(state: ResourceState) -> bool:
    return isinstance(state.exists, Known) and state.exists.value
