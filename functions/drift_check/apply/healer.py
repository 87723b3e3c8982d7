"""Heals one finding: reads it again, writes, reads it back. The loop around it is the reconciler's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drift_check.actions import DisableTtl
from drift_check.apply import UnsafeError
from drift_check.findings import UNREADABLE
from tradai_shared import clock
from tradai_shared.errors import AwsError, Status, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.actions import Remediation
    from drift_check.apply import ApiRequest
    from drift_check.apply.requests import RequestBuilder
    from drift_check.compare import AssessedFinding
    from drift_check.findings import Finding
    from drift_check.scan import Scan, Scanner

DONE_BEFORE = "InvalidPermission.Duplicate"  # EC2 has the rule already
# AWS shows some writes a moment late: tags, security groups, TTL.
VERIFIED_WITHIN = (0.0, 1.0, 2.0, 4.0)
# Refusals that pass without a change of ours; DynamoDB's, S3's, RDS's, Cognito's and Auto Scaling's own.
PASSING = frozenset(
    {
        "ConcurrentModificationException",
        "ConcurrentUpdateException",
        "ConflictException",
        "InvalidDBInstanceState",
        "InvalidDBParameterGroupState",
        "OperationAborted",
        "ResourceConflictException",
        "ResourceInUse",
        "ResourceInUseException",
        "ScalingActivityInProgress",
        "TableInUseException",
    }
)
TTL_CHANGED_LATELY = "multiple times"  # of UpdateTimeToLive's ValidationException: once an hour a table


@dataclass(frozen=True, slots=True)
class HealOutcome:
    """How healing a finding ended, with the calls that were sent, or that a dry run would send."""

    finding: Finding
    status: Status
    detail: str = ""
    writes: tuple[ApiRequest, ...] = ()
    temporary: bool = False


@dataclass(slots=True)
class Healer:
    """Heals findings of one scan; ``scan`` is as fresh as the last reading.

    ``before_write`` records the attempt. What it raises ends the heal before anything is written.
    """

    scanner: Scanner
    builder: RequestBuilder
    scan: Scan
    dry_run: bool
    before_write: Callable[[Finding], None]
    sent: list[ApiRequest] = field(default_factory=list)  # of the heal that runs

    def heal(self, planned: AssessedFinding) -> HealOutcome:
        """One finding, one repair. A failure is an outcome, so that the other findings are still healed."""
        self.sent = []
        try:
            return self._heal(planned)
        except AwsError as error:
            return self._failed(planned, str(error), temporary=_passes(error))
        except UnsafeError as error:
            return self._failed(planned, f"nothing is written: {error}")
        except UNREADABLE as error:
            return self._failed(planned, f"an answer could not be read: {type(error).__name__}: {error}")

    def _heal(self, planned: AssessedFinding) -> HealOutcome:
        fresh = self._read_again(planned)
        if fresh is None or fresh.finding.is_unknown:
            return self._absent(planned)
        fresh = self.builder.inspected(fresh)
        if fresh.finding.digest != planned.finding.digest:
            detail = "it has changed since it was planned: nothing is written"
            return self._failed(planned, detail, temporary=True)
        if self.dry_run:
            writes = [write for each in fresh.remediations for write in self.builder.build(each)]
            return HealOutcome(planned.finding, Status.PLANNED, _warnings(fresh), tuple(writes))
        return self._write(fresh)

    def _write(self, fresh: AssessedFinding) -> HealOutcome:
        """Carry the remediations out in order, each once a reading shows the effect of the one before it."""
        for remediation in fresh.remediations:
            for write in self.builder.build(remediation):
                self.before_write(fresh.finding)
                self.sent.append(write)
                if refusal := self._send(write):
                    return self._failed(fresh, refusal)
            if remediation is not fresh.remediations[-1] and not self._shows(fresh, remediation):
                return self._failed(
                    fresh, "written, and a later reading does not show it: no more is written"
                )
        return self._verify(fresh)

    def _read_again(self, assessed_finding: AssessedFinding) -> AssessedFinding | None:
        self.scan = self.scanner.rescan(self.scan, sorted(assessed_finding.sources))
        return self.scan.by_id(assessed_finding.finding.id)

    def _absent(self, planned: AssessedFinding) -> HealOutcome:
        lost = [read for read in self.scan.reads.unknown() if read.call in planned.sources]
        if not lost and not self.scan.may_hide(planned.finding):
            return HealOutcome(planned.finding, Status.ALREADY, "a second look finds it as it should be")
        why = f"{lost[0].call.action} failed with {lost[0].code}" if lost else "its check could not finish"
        return self._failed(planned, f"{why}: nothing is written blindly", temporary=True)

    def _failed(self, planned: AssessedFinding, detail: str, *, temporary: bool = False) -> HealOutcome:
        return HealOutcome(planned.finding, Status.FAILED, detail, tuple(self.sent), temporary)

    def _send(self, write: ApiRequest) -> str | None:
        """Send one call; the reason where its answer reports a failure, else None."""
        try:
            answer = self.builder.send(write)
        except AwsError as error:
            if error.code == DONE_BEFORE:
                return None
            raise
        return _function_error(answer) if "Payload" in answer else None

    def _readings(self, fresh: AssessedFinding) -> Iterator[AssessedFinding | None]:
        """The finding as later readings show it; None once it is over."""
        for pause in VERIFIED_WITHIN:
            if pause:
                clock.sleep(pause)
            after = self._read_again(fresh)
            if after is not None or not self.scan.may_hide(fresh.finding):
                yield after

    def _shows(self, fresh: AssessedFinding, remediation: Remediation) -> bool:
        """Whether a reading shows that a remediation is carried out."""
        return any(
            after is None or not (after.finding.is_unknown or remediation in after.remediations)
            for after in self._readings(fresh)
        )

    def _verify(self, fresh: AssessedFinding) -> HealOutcome:
        if not self.sent:
            return self._failed(fresh, "the differences cannot be written any more")
        for after in self._readings(fresh):
            if after is None or _is_half_done(fresh, after):
                warnings = _warnings(fresh) if after is None else f"one step of two; {_warnings(fresh)}"
                return HealOutcome(fresh.finding, Status.DONE, warnings, tuple(self.sent))
        return self._failed(fresh, "written, and a later reading still shows it")


def _is_half_done(fresh: AssessedFinding, after: AssessedFinding) -> bool:
    """TTL moves to another attribute in two steps, since AWS allows one change of a table an hour."""
    is_off = DisableTtl in map(type, fresh.remediations)
    return is_off and bool(after.remediations) and after.remediations != fresh.remediations


def _passes(error: AwsError) -> bool:
    return isinstance(error, TemporaryError) or error.code in PASSING or TTL_CHANGED_LATELY in error.message


def _warnings(assessed_finding: AssessedFinding) -> str:
    warnings = [remediation.warning for remediation in assessed_finding.remediations]
    return "; ".join(dict.fromkeys(filter(None, warnings)))


def _function_error(answer: dict[str, Any]) -> str | None:
    """The error that the answer of an invoked function reports; None without one."""
    document = json.loads(answer["Payload"].read() or "{}")
    if answer.get("FunctionError"):
        return f"the function failed: {document.get('errorMessage', 'no message')}"
    return (
        None
        if document.get("success", True)
        else f"the function reports: {document.get('data', {}).get('summary')}"
    )
