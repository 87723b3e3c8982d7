"""What the checks report: the state of each configured resource and its attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drift_check.observe.observations import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drift_check.actions import Remediation
    from drift_check.findings import Severity
    from drift_check.observe.observations import Read


class Configured:
    """The desired value of a fact that the configuration itself states at the fact's path."""


CONFIGURED = Configured()


@dataclass(frozen=True, slots=True)
class AttributeState:
    """One attribute as AWS shows it.

    ``path`` names the value in the configuration where it is not the attribute's own; ``desired`` stands
    for rules that no value of the configuration spells out. ``remedies`` are the writes that would mend a
    difference. ``accepted`` is the platform's own reason for living with one. With
    ``each_unexpected`` every element of the observed list is a finding of its own.
    """

    attribute: str
    observed: Read[Any]
    desired: object = CONFIGURED
    path: str | None = None
    remedies: tuple[Remediation, ...] = ()
    reason: str = ""
    accepted: str = ""
    each_unexpected: bool = False
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One resource in AWS. ``identity`` is the path of the value that names it.

    ``tags`` is None where AWS keeps none or none are asked for. ``arn`` is where tags are written: the
    service and the ARN's last part, as in ``dynamodb:table/tradai-idempotency-dev``.
    """

    path: str
    resource: str
    identity: str
    exists: Read[bool]
    facts: tuple[AttributeState, ...] = ()
    tags: Read[Mapping[str, str]] | None = None
    arn: str = ""


PRESENT: Known[bool] = Known(value=True)


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """AWS's two spellings of a list of tags, as a mapping."""
    return {
        str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags or ()
    }
