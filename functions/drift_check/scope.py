"""What a deployment says that it does not have, or does not want compared: findings of these are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drift_check.findings import Finding, FindingStatus, Healing, severity_of
from drift_check.observe.observations import Known
from tradai_shared.config.paths import is_absent, is_judged, provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.checks.base import ResourceState
    from tradai_shared.config.models import CanonicalConfig

ABSENT = "absent"
# The fields by which a resource is recognized; other states are of settings, which always exist.
RECOGNIZED_BY = frozenset({"name", "identifier", "cluster", "cidr", "function", "alarm"})


def is_in_scope(config: CanonicalConfig, resource: ResourceState, finding: Finding) -> bool:
    """Whether anything is compared with what the finding is about."""
    if finding.id in config.annotations.not_judged:
        return False
    paths = (path for path in (resource.path, finding.path) if path)
    return all(is_judged(config, path) for path in paths)


def present_although_absent(
    config: CanonicalConfig, check: str, resource: ResourceState
) -> Iterator[Finding]:
    """A finding where the deployment says that it has no such resource, and AWS has it."""
    if not resource.path or not is_absent(config, resource.path):
        return
    is_recognized = resource.name_path.rpartition(".")[2] in RECOGNIZED_BY
    if is_recognized and isinstance(resource.exists, Known) and resource.exists.value:
        yield Finding(
            check=check,
            resource=resource.resource,
            attribute=ABSENT,
            status=FindingStatus.UNEXPECTED,
            desired="absent",
            observed="present",
            severity=severity_of(check, ABSENT),
            healing=Healing.NEVER,
            provenance=provenance_of(config, resource.name_path),
            reason="the deployment's own file says that this account does not have it",
            path=resource.path,
        )
