"""Names of which the configuration has a set and not one each: queues and REST APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drift_check.compare import to_json
from drift_check.findings import finding_id
from drift_check.observe.observations import Known
from ops.adopt.model import Candidate, Difference, DifferenceClass, Proposal, UnreadError
from ops.adopt.resemblance import is_of_another
from tradai_shared.config.paths import is_judged, is_unspecified, provenance_of, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.checks.base import ResourceState
    from drift_check.findings import Finding
    from ops.adopt.live import Lister
    from tradai_shared.config.models import CanonicalConfig

QUEUES, QUEUE_NAMES, API_NAMES = "sqs", "sqs.names", "waf.apis"
OWN = ("tradai-ops-", "-ops-dead-letters-")  # in the names of this toolkit's own queues
GATEWAY = "web ACL"  # the state of all APIs together


def differences(
    config: CanonicalConfig, states: Iterable[ResourceState], lister: Lister
) -> Iterator[Difference]:
    """Where nothing follows the pattern of names, and the account has some."""
    known = [state for state in states if isinstance(state.exists, Known)]
    for path, of_states, live in (
        (QUEUE_NAMES, [state for state in known if state.path == QUEUES], _queues),
        (API_NAMES, [s for s in known if s.path == "waf" and s.resource != GATEWAY], _apis),
    ):
        if of_states or not is_unspecified(config, path) or not is_judged(config, path):
            continue
        try:
            candidates = [each for each in live(lister) if not is_of_another(config.environment, each)]
        except UnreadError as error:
            lister.unread.add(str(error))
            continue
        if candidates:
            yield _difference(config, path, sorted(each.name for each in candidates))


def _difference(config: CanonicalConfig, path: str, names: list[str]) -> Difference:
    return Difference(
        id=finding_id("adopt", path, ""),
        kind=DifferenceClass.NAME,
        path=path,
        section=path,
        subject="queues" if path == QUEUE_NAMES else "REST APIs",
        configured=config.naming.resource,
        live=to_json(names),
        provenance=provenance_of(config, path),
        proposals=(Proposal(to_json(names), "all that say no other environment"),),
        reason="none follows the pattern of names",
    )


def without_queue(config: CanonicalConfig, finding: Finding) -> Difference:
    """A queue that is not there: where it is named, to take that is to name the others."""
    names = to_json(value_at(config, QUEUE_NAMES))
    is_named = isinstance(names, list) and finding.resource in names
    others = (
        to_json([name for name in names if name != finding.resource]) if isinstance(names, list) else None
    )
    return Difference(
        id=finding.id,
        kind=DifferenceClass.VALUE if is_named else DifferenceClass.RULE,
        path=QUEUE_NAMES if is_named else "",
        section=finding.id,
        subject=f"queue {finding.resource}",
        configured=names if is_named else finding.desired,
        live=others if is_named else finding.observed,
        provenance=finding.provenance,
        proposals=(Proposal(others),) if is_named else (),
        reason="no queue of this name exists",
        finding_ids=frozenset({finding.id}),
    )


def _queues(lister: Lister) -> Iterator[Candidate]:
    urls = lister.ask("sqs:ListQueues", "QueueUrls", MaxResults=1000)
    names = (str(url).rpartition("/")[2] for url in urls)
    return lister.tagged(":", (name for name in names if not any(own in name for own in OWN)))


def _apis(lister: Lister) -> Iterator[Candidate]:
    for api in lister.read("apigateway:GetRestApis"):
        yield Candidate(api["name"], dict(api.get("tags", {})))
