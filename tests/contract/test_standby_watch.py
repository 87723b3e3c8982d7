"""What watches a standby: the permissions and events of the function, the alarm, the dashboard."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.aws.alarms import Alarm, DataPoint
from tests.contract.stack import ACCOUNT, ADOPTED_STANDBY, REGION, Stack, runbook
from tradai_shared.config import naming


def statements(env: str = "prod", **parameters: str) -> dict[str, Any]:
    return Stack(env, **parameters).statements("UpdateNatRoutesRole")


def group_arn(name: str) -> str:
    return f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/{name}"


# ---- Permissions and events of the function ----
def test_it_answers_and_replaces_in_both_groups_and_in_no_third() -> None:
    resources = statements(**ADOPTED_STANDBY)["AnswerAndReplaceInTheGroup"]["Resource"]
    assert resources == [group_arn("tradai-nat-asg-prod"), group_arn("their-standby")]
    console = statements(**ADOPTED_STANDBY)["ReadTheConsoleOfAMember"]["Condition"]["StringEquals"]
    assert console == {"aws:ResourceTag/aws:autoscaling:groupName": ["tradai-nat-asg-prod", "their-standby"]}


@pytest.mark.parametrize("parameters", [ADOPTED_STANDBY, {"NatFallbackGatewayId": "nat-0a"}])
def test_it_remembers_in_two_tags_of_the_first_group(parameters: dict[str, str]) -> None:
    statement = statements(**parameters)["RememberInTagsOfTheGroup"]
    assert statement["Action"] == ["autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"]
    assert statement["Resource"] == [group_arn("tradai-nat-asg-prod")]
    keys = ["tradai:nat-peer-moved", "tradai:nat-unserved-since"]
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"aws:TagKeys": keys}}


def test_a_drift_check_that_heals_heals_both_groups() -> None:
    made = Stack("prod", DriftMode="heal", **ADOPTED_STANDBY).statements("DriftCheckRole")
    groups = [name for name in made["MendTheNat"]["Resource"] if ":autoscaling:" in name]
    assert groups == [group_arn("tradai-nat-asg-prod"), group_arn("their-standby")]


def test_rules_match_events_of_both_groups() -> None:
    (pattern,) = [
        event["Properties"]["Pattern"]
        for name, event in Stack("prod", **ADOPTED_STANDBY)["UpdateNatRoutesFunction"]["Events"].items()
        if name == "GroupEvents"
    ]
    assert pattern["detail"]["AutoScalingGroupName"] == ["tradai-nat-asg-prod", "their-standby"]


def silent(**changes: object) -> Any:
    """What a NAT says of its silent peer."""
    detail = {"InstanceId": "i-0aaaaaaaaaaaaaaaa", "SilentInstanceId": "i-0bbbbbbbbbbbbbbbb", "Misses": 3}
    return {"source": "tradai.nat", "detail-type": "NAT Peer Silent", "detail": detail, **changes}


def test_what_a_nat_says_of_its_peer_reaches_the_function_by_a_single_rule() -> None:
    function = Stack("prod", **ADOPTED_STANDBY).template.function("UpdateNatRoutesFunction")
    for event in (silent(), silent(source="tradai.drill")):
        assert [rule.name for rule in function.rules if rule.pattern.matches_event(event)] == [
            "NatPeerSilentRule"
        ]
    for event in (silent(source="tradai.ops"), silent(**{"detail-type": "NAT Peer Heard"})):
        assert not [rule for rule in function.rules if rule.pattern.matches_event(event)]
    lone = Stack("prod").template.function("UpdateNatRoutesFunction")
    assert not [rule for rule in lone.rules if rule.pattern.matches_event(silent())]


def test_that_rule_is_delivered_as_the_others_are() -> None:
    stack = Stack("prod", **ADOPTED_STANDBY)
    (target,) = stack["NatPeerSilentRule"]["Targets"]
    other = stack["UpdateNatRoutesFunction"]["Events"]["GroupEvents"]["Properties"]
    for name in ("RetryPolicy", "DeadLetterConfig"):
        assert target[name] == other[name]
    permission = stack["NatPeerSilentPermission"]
    assert permission["FunctionName"] == "UpdateNatRoutesFunction"
    assert "NatPeerSilentRule" in permission["SourceArn"]
    assert stack["NatPeerSilentRule"]["Name"] == naming.resource_name("nat-peer-silent", "prod")


def test_what_that_rule_could_not_deliver_raises_the_alarm() -> None:
    metrics = Stack("prod", **ADOPTED_STANDBY)["NatEventsUndeliveredAlarm"]["Metrics"]
    (expression,) = [metric["Expression"] for metric in metrics if "Expression" in metric]
    watched = {metric["Id"]: metric["MetricStat"] for metric in metrics if "MetricStat" in metric}
    assert expression == " + ".join(watched)
    assert watched["peer"]["Metric"]["Dimensions"] == [{"Name": "RuleName", "Value": "NatPeerSilentRule"}]


# ---- The alarm and the dashboard ----
def alarm() -> Any:
    return Stack("prod", **ADOPTED_STANDBY)["NatStandbyMissingAlarm"]


def test_the_alarm_names_metric_and_runbook() -> None:
    made = alarm()
    assert made["AlarmName"] == naming.alarm_name("nat-standby-missing", "prod")
    assert (made["MetricName"], made["TreatMissingData"]) == ("StandbyReady", "ignore")
    assert made["AlarmActions"] == made["OKActions"]
    page = runbook(made)
    assert "tradai-{env}-nat-standby-missing" in page.read_text(encoding="utf-8")


def history(values: dict[int, float]) -> list[tuple[float, str]]:
    """The alarm's transitions over an hour and a half; ``values`` by their minute."""
    points = [
        DataPoint("TradAI/Ops", "StandbyReady", 60.0 * minute, 60.0 * minute + 30, value)
        for minute, value in values.items()
    ]
    return [(change.at / 60, str(change.state)) for change in Alarm(alarm()).history(points, 90 * 60)]


def test_a_quarter_of_an_hour_without_a_standby_raises_the_alarm_and_its_end_ends_it() -> None:
    changes = history({minute: float(not 20 <= minute < 50) for minute in range(90)})
    (began,) = [at for at, state in changes if state == "ALARM"]
    assert 35 <= began <= 41
    assert [state for at, state in changes if at > began] == ["OK"]


def test_a_replaced_standby_and_a_first_deployment_page_nobody() -> None:
    assert "ALARM" not in {state for _, state in history({at: float(at > 3) for at in range(5, 90)})}
    assert "ALARM" not in {state for _, state in history({at: float(not 20 <= at < 29) for at in range(90)})}


def test_silence_neither_raises_nor_ends_it() -> None:
    silence = dict.fromkeys(range(20), 1.0)
    assert "ALARM" not in {state for _, state in history(silence)}
    missing = dict.fromkeys(range(40), 0.0)
    assert [state for _, state in history(missing)][-1] == "ALARM"


def test_the_dashboard_shows_it() -> None:
    stack = Stack("prod", **ADOPTED_STANDBY)
    body = json.loads(stack["Dashboard"]["DashboardBody"])
    shown = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])]
    assert len(shown) == len(set(shown)) == len(stack.of_type("AWS::CloudWatch::Alarm"))
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", [])]
    assert "StandbyReady" in [row[1] for row in rows if len(row) > 1]
    (by_kind,) = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]
    assert "{TradAI/Ops,environment,kind,service} environment=prod FailoverSeconds" in by_kind
