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
    from collections.abc import Iterator, Sequence

    from drift_check.checks.base import ResourceState
    from drift_check.findings import Finding
    from tradai_shared.config.models import CanonicalConfig

MOST = 0.5  # of the resources, for a tag to be the account's own


def tag_differences(
    config: CanonicalConfig, states: Sequence[ResourceState], findings: Sequence[Finding]
) -> Iterator[Difference]:
    """A required tag whose accepted values most resources do not have. The others are drift of their own."""
    if any(state.tags is not None and not isinstance(state.tags, Known) for state in states):
        return  # without all tags nothing is known of most
    tags = [state.tags.value for state in states if isinstance(state.tags, Known) and exists(state)]
    for name, accepted in config.required_tags.items():
        counted = Counter(each.get(name) for each in tags)
        strange = {value: count for value, count in counted.items() if value not in accepted}
        if sum(strange.values()) <= MOST * len(tags):
            continue
        path = f"{TAG_PATH}.{name}"
        live = sorted(value for value, count in counted.items() if value and count >= len(tags) / 5)
        yield Difference(
            id=finding_id("adopt", path, TAGS),
            kind=DifferenceClass.TAG,
            path=path,
            section="",
            subject=f"tag {name} of {len(tags)} resources",
            configured=to_json(accepted),
            live=to_json(live) or None,
            provenance=provenance_of(config, path),
            proposals=(Proposal(to_json(live) or None, "most resources have it so"),),
            reason="most resources do not have an accepted value",
            finding_ids=frozenset(finding.id for finding in findings),
        )


def exists(state: ResourceState) -> bool:
    return isinstance(state.exists, Known) and state.exists.value
