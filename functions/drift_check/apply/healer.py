"""Mending one finding: read it again, write, read again. The loop around it is ``run``'s."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drift_check.findings import UNREADABLE, FindingStatus
from tradai_shared import clock
from tradai_shared.errors import AwsError, TemporaryError
from tradai_shared.outcomes import Status

if TYPE_CHECKING:
    from drift_check.apply.api_writes import ApiRequest
    from drift_check.apply.requests import RequestBuilder
    from drift_check.compare import AssessedFinding
    from drift_check.findings import Finding
    from drift_check.scan import Scan, Scanner

# AWS shows some writes a moment late: tags, security groups, TTL.
VERIFIED_WITHIN = (0.0, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class HealOutcome:
    """How mending a finding ended, with the calls that did it, or would."""

    finding: Finding
    status: Status
    detail: str = ""
    writes: tuple[ApiRequest, ...] = ()
    temporary: bool = False


@dataclass(slots=True)
class Healer:
    """Mends findings of one survey; ``survey`` is kept as fresh as the last reading."""

    scanner: Scanner
    writer: RequestBuilder
    scan: Scan
    dry_run: bool
    sent: list[str] = field(default_factory=list)

    def heal(self, assessed_finding: AssessedFinding) -> HealOutcome:
        """One finding. An AWS error is an outcome, so that the rest is still mended."""
        try:
            return self._heal(assessed_finding)
        except AwsError as error:
            temporary = isinstance(error, TemporaryError)
            return HealOutcome(assessed_finding.finding, Status.FAILED, str(error), temporary=temporary)
        except UNREADABLE as error:
            detail = f"an answer could not be read: {type(error).__name__}: {error}"
            return HealOutcome(assessed_finding.finding, Status.FAILED, detail)

    def _heal(self, assessed_finding: AssessedFinding) -> HealOutcome:
        fresh = self._again(assessed_finding)
        if fresh is None or fresh.finding.status is FindingStatus.UNKNOWN:
            return self._not_there(assessed_finding)
        writes = tuple(write for remedy in fresh.remedies for write in self.writer.writes(remedy))
        if self.dry_run:
            return HealOutcome(assessed_finding.finding, Status.PLANNED, _warnings(fresh), writes)
        if not writes:
            return HealOutcome(
                assessed_finding.finding, Status.FAILED, "the differences cannot be written any more"
            )
        for write in writes:
            if refusal := self._send(write):
                return HealOutcome(assessed_finding.finding, Status.FAILED, refusal, writes)
        return self._verify(fresh, writes)

    def _again(self, assessed_finding: AssessedFinding) -> AssessedFinding | None:
        self.scan = self.scanner.rescan(self.scan, sorted(assessed_finding.sources))
        return self.scan.by_id(assessed_finding.finding.id)

    def _not_there(self, assessed_finding: AssessedFinding) -> HealOutcome:
        if lost := [read for read in self.scan.reads.unknown() if read.call in assessed_finding.sources]:
            detail = f"{lost[0].call.action} failed with {lost[0].code}: nothing is written blindly"
            return HealOutcome(assessed_finding.finding, Status.FAILED, detail, temporary=True)
        if self.scan.check_failed(assessed_finding.finding.check):
            detail = "its check could not finish: nothing is written blindly"
            return HealOutcome(assessed_finding.finding, Status.FAILED, detail, temporary=True)
        return HealOutcome(assessed_finding.finding, Status.ALREADY, "a second look finds it as it should be")

    def _send(self, write: ApiRequest) -> str | None:
        """None, or why it cannot be called done."""
        try:
            answer = self.writer.send(write)
        except AwsError as error:
            if error.code in write.done_by:
                return None
            raise
        self.sent.append(write.action)
        return _function_error(answer) if write.operation == "invoke" else None

    def _verify(self, assessed_finding: AssessedFinding, writes: tuple[ApiRequest, ...]) -> HealOutcome:
        warnings = _warnings(assessed_finding)
        for pause in VERIFIED_WITHIN:
            if pause:
                clock.sleep(pause)
            after = self._again(assessed_finding)
            lost = any(read.call in assessed_finding.sources for read in self.scan.reads.unknown())
            lost = lost or self.scan.check_failed(assessed_finding.finding.check)
            if after is None and not lost:
                return HealOutcome(assessed_finding.finding, Status.DONE, warnings, writes)
            if after is not None and after.remedies != assessed_finding.remedies and after.remedies:
                return HealOutcome(
                    assessed_finding.finding, Status.DONE, f"one step of several; {warnings}", writes
                )
        return HealOutcome(
            assessed_finding.finding, Status.FAILED, "written, and a later reading still shows it", writes
        )


def _warnings(assessed_finding: AssessedFinding) -> str:
    return "; ".join(dict.fromkeys(remedy.warning for remedy in assessed_finding.remedies if remedy.warning))


def _function_error(answer: dict[str, Any]) -> str | None:
    """What an invoked function says of itself."""
    document = json.loads(answer["Payload"].read() or "{}")
    if answer.get("FunctionError"):
        return f"the function failed: {document.get('errorMessage', 'no message')}"
    return (
        None
        if document.get("success", True)
        else f"the function reports: {document.get('data', {}).get('summary')}"
    )
