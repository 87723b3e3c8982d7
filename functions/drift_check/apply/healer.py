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
    survey: Scan
    dry_run: bool
    sent: list[str] = field(default_factory=list)

    def heal(self, one: AssessedFinding) -> HealOutcome:
        """One finding. An AWS error is an outcome, so that the rest is still mended."""
        try:
            return self._heal(one)
        except AwsError as error:
            temporary = isinstance(error, TemporaryError)
            return HealOutcome(one.finding, Status.FAILED, str(error), temporary=temporary)
        except UNREADABLE as error:
            detail = f"an answer could not be read: {type(error).__name__}: {error}"
            return HealOutcome(one.finding, Status.FAILED, detail)

    def _heal(self, one: AssessedFinding) -> HealOutcome:
        fresh = self._again(one)
        if fresh is None or fresh.finding.status is FindingStatus.UNKNOWN:
            return self._not_there(one)
        writes = tuple(write for remedy in fresh.remedies for write in self.writer.writes(remedy))
        if self.dry_run:
            return HealOutcome(one.finding, Status.PLANNED, _warnings(fresh), writes)
        if not writes:
            return HealOutcome(one.finding, Status.FAILED, "the differences cannot be written any more")
        for write in writes:
            if refusal := self._send(write):
                return HealOutcome(one.finding, Status.FAILED, refusal, writes)
        return self._verify(fresh, writes)

    def _again(self, one: AssessedFinding) -> AssessedFinding | None:
        self.survey = self.scanner.again(self.survey, sorted(one.sources))
        return self.survey.by_id(one.finding.id)

    def _not_there(self, one: AssessedFinding) -> HealOutcome:
        if lost := [read for read in self.survey.reads.unknown() if read.call in one.sources]:
            detail = f"{lost[0].call.action} failed with {lost[0].code}: nothing is written blindly"
            return HealOutcome(one.finding, Status.FAILED, detail, temporary=True)
        if self.survey.check_failed(one.finding.check):
            detail = "its check could not finish: nothing is written blindly"
            return HealOutcome(one.finding, Status.FAILED, detail, temporary=True)
        return HealOutcome(one.finding, Status.ALREADY, "a second look finds it as it should be")

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

    def _verify(self, one: AssessedFinding, writes: tuple[ApiRequest, ...]) -> HealOutcome:
        warnings = _warnings(one)
        for pause in VERIFIED_WITHIN:
            if pause:
                clock.sleep(pause)
            after = self._again(one)
            lost = any(read.call in one.sources for read in self.survey.reads.unknown())
            lost = lost or self.survey.check_failed(one.finding.check)
            if after is None and not lost:
                return HealOutcome(one.finding, Status.DONE, warnings, writes)
            if after is not None and after.remedies != one.remedies and after.remedies:
                return HealOutcome(one.finding, Status.DONE, f"one step of several; {warnings}", writes)
        return HealOutcome(one.finding, Status.FAILED, "written, and a later reading still shows it", writes)


def _warnings(one: AssessedFinding) -> str:
    return "; ".join(dict.fromkeys(remedy.warning for remedy in one.remedies if remedy.warning))


def _function_error(answer: dict[str, Any]) -> str | None:
    """What an invoked function says of itself."""
    told = json.loads(answer["Payload"].read() or "{}")
    if answer.get("FunctionError"):
        return f"the function failed: {told.get('errorMessage', 'no message')}"
    return (
        None if told.get("success", True) else f"the function reports: {told.get('data', {}).get('summary')}"
    )
