"""What keeps healing from harm, each seen to hold in the whole loop on a live estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from drift_check.apply.healer import Healer
from drift_check.apply.requests import ExpiredCount
from drift_check.events import Mode
from drift_check.findings import Healing
from drift_check.planner import approval_code
from drift_check.settings import Allowed
from tests.contract.drift_scenarios import index_gone
from tests.contract.estate import Live, live
from tests.unit.drift_check.config_mutation import changed
from tradai_shared.config.models.data import Projection
from tradai_shared.errors import EventError, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.compare import AssessedFinding
    from drift_check.findings import Finding
    from drift_check.model import Report

pytestmark = pytest.mark.any_python

TABLE = "tradai-deployments-prod"
EXPIRING = "tradai-notifications-prod"
INDEX = "dynamodb.tables.workflow-state.indexes.trace_id-index"


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as estate:
        yield estate


@pytest.fixture(autouse=True)
def unprotected(world: Live) -> Iterator[None]:
    """Every test begins with one automatic difference, and hours after the last."""
    world.clock.advance(hours=2)
    protect(world, on=False)
    yield
    protect(world, on=True)


def protect(world: Live, *, on: bool) -> None:
    table = world.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    if table.get("DeletionProtectionEnabled") is not on:
        world.client("dynamodb").update_table(TableName=TABLE, DeletionProtectionEnabled=on)


def healer(world: Live) -> tuple[Healer, AssessedFinding]:
    """Ready to heal what a scan found."""
    reconciler = world.reconciler()
    scan = reconciler.scanner.scan()
    world.writes.clear()
    (candidate,) = [assessed for assessed in scan.assessed if assessed.remediations]
    return Healer(
        reconciler.scanner, reconciler.builder, scan, dry_run=False, before_write=lambda _: None
    ), candidate


def test_the_switch_stops_every_event(world: Live) -> None:
    report = world.run(Mode.HEAL, Allowed.REPORT)
    assert not world.writes
    assert not report.heals
    assert "DRIFT_MODE" in report.notes[0]
    assert world.run(Mode.HEAL, Allowed.HEAL).heals


def test_an_unknown_approval_is_an_error_also_where_nothing_may_be_healed(world: Live) -> None:
    for allowed in Allowed:
        with pytest.raises(EventError, match="no finding"):
            world.run(Mode.HEAL, allowed, approve=frozenset({"0123456789ab"}))
    assert not world.writes


def test_an_id_alone_approves_what_a_report_has_shown(world: Live) -> None:
    """Without a person who is shown the calls, as in the function."""
    finding = world.scan().assessed[0].finding
    with pytest.raises(EventError, match="no report"):
        world.reconciler(history=True, attended=False, approve=frozenset({finding.id})).run()
    world.run(Mode.REPORT, history=True)
    report = world.reconciler(history=True, attended=False, approve=frozenset({finding.id})).run()
    assert [heal.status for heal in report.heals] == [Status.DONE]


def test_a_report_writes_nothing(world: Live) -> None:
    assert world.report().open
    assert not world.writes


def test_a_dry_run_shows_the_exact_calls_and_sends_none(world: Live) -> None:
    (planned,) = world.run(dry_run=True).heals
    assert not world.writes
    world.run()
    assert world.sent == [("UpdateTable", write.parameters) for write in planned.writes]


def test_drift_that_ended_meanwhile_is_not_written(world: Live) -> None:
    healer_of_world, candidate = healer(world)
    protect(world, on=True)
    world.writes.clear()
    assert healer_of_world.heal(candidate).status is Status.ALREADY
    assert not world.writes


def test_nothing_is_written_blindly(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    healer_of_world, candidate = healer(world)
    monkeypatch.setattr(world.client("dynamodb"), "describe_table", refuse)
    heal = healer_of_world.heal(candidate)
    assert (heal.status, heal.temporary) == (Status.FAILED, True)
    assert "blindly" in heal.detail
    assert not world.writes


def test_a_write_that_shows_no_effect_has_failed(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    healer_of_world, candidate = healer(world)
    monkeypatch.setattr(world.client("dynamodb"), "update_table", lambda **_: {})
    heal = healer_of_world.heal(candidate)
    assert heal.status is Status.FAILED
    assert "still shows it" in heal.detail


def test_a_refused_write_leaves_the_other_heals_done(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    world.client("s3").delete_public_access_block(Bucket="tradai-configs-prod")
    monkeypatch.setattr(world.client("dynamodb"), "update_table", refuse)
    ends = {heal.finding.check: heal.status for heal in world.run().heals}
    assert ends == {"tables": Status.FAILED, "buckets": Status.DONE}


def test_three_failures_stop_it_until_a_person_approves(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: set[str] = set()
    with monkeypatch.context() as refusing:
        refusing.setattr(world.client("dynamodb"), "update_table", refuse)
        for _ in range(3):
            (heal,) = world.run(history=True).heals
            assert heal.status is Status.FAILED
            failed.add(heal.finding.id)
            world.clock.advance(hours=2)
    report = world.run(history=True)
    assert not report.heals
    assert [finding.id for finding in report.plan.blocked] == list(failed)
    approved = world.run(history=True, approve=frozenset(failed))
    assert [heal.status for heal in approved.heals] == [Status.DONE]


def test_a_resource_rests_for_an_hour_after_a_write(world: Live) -> None:
    assert world.run(history=True).heals
    protect(world, on=False)
    assert not world.run(history=True).heals
    world.clock.advance(hours=2)
    assert world.run(history=True).heals


def expired(world: Live, count: int, of: int) -> None:
    """Items of a table whose TTL is then switched off: so many have expired."""
    dynamodb, now = world.client("dynamodb"), int(world.clock.now().timestamp())
    for number in range(of):
        when = now - 60 if number < count else now + 10**8
        item = {"notification_id": {"S": f"item-{number}"}, "ttl": {"N": str(when)}}
        dynamodb.put_item(TableName=EXPIRING, Item=item)
    specification = {"Enabled": False, "AttributeName": "ttl"}
    dynamodb.update_time_to_live(TableName=EXPIRING, TimeToLiveSpecification=specification)
    world.clock.advance(hours=2)


@pytest.fixture
def emptied(world: Live) -> Iterator[None]:
    """The table of the items without any, and its TTL as configured, afterwards."""
    yield
    dynamodb = world.client("dynamodb")
    for item in dynamodb.scan(TableName=EXPIRING)["Items"]:
        dynamodb.delete_item(TableName=EXPIRING, Key={"notification_id": item["notification_id"]})
    world.clock.advance(hours=2)
    world.run()


def ttl_finding(report: Report) -> Finding:
    (result,) = [finding for finding in report.findings if finding.attribute == "ttl"]
    return result


@pytest.mark.usefixtures("emptied")
def test_ttl_that_would_delete_much_waits_for_an_approval_with_the_count(world: Live) -> None:
    ancient = {"notification_id": {"S": "ancient"}, "ttl": {"N": "1000000000"}}  # DynamoDB leaves it
    world.client("dynamodb").put_item(TableName=EXPIRING, Item=ancient)
    expired(world, 2, of=99)
    report = world.run()
    assert "UpdateTimeToLive" not in world.writes
    finding = ttl_finding(report)
    assert finding.healing is Healing.ON_APPROVAL
    assert "2 of 100 items have expired" in finding.reason
    assert "point-in-time recovery is on" in finding.reason
    expired_more = {"notification_id": {"S": "another"}, "ttl": {"N": "1763800000"}}
    for name in ("a", "b", "c"):
        item = {**expired_more, "notification_id": {"S": name}}
        world.client("dynamodb").put_item(TableName=EXPIRING, Item=item)
    code = approval_code(finding, world.clock.now())
    with pytest.raises(EventError, match="stale"):  # five are more than what was approved
        world.run(approve=frozenset({code}))
    assert "UpdateTimeToLive" not in world.writes
    code = approval_code(ttl_finding(world.run()), world.clock.now())
    healed = {heal.finding.attribute: heal.status for heal in world.run(approve=frozenset({code})).heals}
    assert healed == {"ttl": Status.DONE}


@pytest.mark.usefixtures("emptied")
def test_ttl_that_would_delete_little_is_switched_on(world: Live) -> None:
    expired(world, 1, of=101)
    healed = {heal.finding.attribute: heal.status for heal in world.run().heals}
    assert healed["ttl"] is Status.DONE


@pytest.mark.parametrize(
    ("deleted", "of", "harmless"),
    [(0, 0, True), (0, 9, True), (1, 100, False), (1, 101, True), (999, 10**6, True), (1000, 10**6, False)],
)
def test_little_is_below_one_percent_and_a_thousand(deleted: int, of: int, *, harmless: bool) -> None:
    assert ExpiredCount(deleted, of).is_harmless is harmless


def refuse(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "a test"}}, "a test")


def index_finding(world: Live, projection: Projection) -> AssessedFinding:
    world.config = changed(world.config, f"{INDEX}.projection", projection)
    (result,) = [each for each in world.scan().assessed if each.finding.attribute.startswith("indexes.")]
    return result


def test_a_missing_index_is_created_with_the_projection_that_is_stated(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "config", world.config)
    index_gone(world)
    world.clock.advance(hours=2)
    assert index_finding(world, Projection.INCLUDE).remediations == ()  # of which attributes nobody states
    finding = index_finding(world, Projection.KEYS_ONLY).finding
    report = world.run(approve=frozenset({approval_code(finding, world.clock.now())}))
    assert {heal.status for heal in report.heals} == {Status.DONE}
