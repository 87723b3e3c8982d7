"""What a made NAT says of itself once a minute, by NatMetrics: permission, alarms, dashboard, price."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from simulator.aws.alarms import Alarm, AlarmState, DataPoint
from tests.contract.permissions.policy import Need, denied, statements
from tests.contract.permissions.roles import deployed
from tests.contract.stack import ENVIRONMENTS, MADE_NAT, MADE_STANDBY, ROOT, Stack, graphs
from toolchain.docs.cost_model import INSTANCE_METRICS, bill

ON = {**MADE_NAT, "NatMetrics": "true"}
PAIR = {**MADE_STANDBY, "NatMetrics": "true"}
FIRST, SECOND = "tradai-nat-asg-prod", "tradai-nat-standby-asg-prod"
PROGRAM = (ROOT / "nat/meter.py").read_text(encoding="utf-8")
NAMESPACE = "TradAI/Nat"
METRICS = {
    "Heartbeat",
    "Conntrack",
    "ConntrackPercent",
    "bw_in_allowance_exceeded",
    "bw_out_allowance_exceeded",
    "pps_allowance_exceeded",
    "conntrack_allowance_exceeded",
    "linklocal_allowance_exceeded",
    "conntrack_allowance_available",
}
ALARM = "NatMetricsSilentAlarm"


def exported(**parameters: str) -> str:
    stack = Stack("prod", **parameters)
    data = stack.raw["NatLaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]
    (value,) = re.findall(r"export NAT_METRICS='(.*)'\n", str(stack.template.resolve(data["Fn::Base64"])))
    return str(value)


def test_by_default_and_beside_an_adopted_nat_nothing_is_sent() -> None:
    assert exported(**MADE_NAT) == ""
    for parameters in ({}, MADE_NAT, {"NatMetrics": "true"}):
        stack = Stack("prod", **parameters)
        assert not {name for name in stack.made if name.startswith("NatMetrics")}
        assert NAMESPACE not in json.dumps(graphs(stack))
    assert "PutItsMetrics" not in Stack("prod", **MADE_NAT).statements("NatInstanceRole")


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_dimensions_are_environment_and_group(env: str) -> None:
    stack = Stack(env, **ON)
    dimensions = [{"Name": "Environment", "Value": env}, {"Name": "Group", "Value": f"tradai-nat-asg-{env}"}]
    assert stack[ALARM]["Dimensions"] == dimensions
    assert exported(**ON) == f"prod {FIRST}"
    assert exported(**PAIR) == f"prod {FIRST}"
    assert '{"Name": "Environment", "Value": ENVIRONMENT}, {"Name": "Group", "Value": group}' in PROGRAM


def test_it_may_put_metrics_of_its_own_namespace_alone() -> None:
    policy = statements(deployed("prod", **ON).statements("NatInstanceRole"))
    needs = {
        namespace: Need("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", (namespace,)),))
        for namespace in (NAMESPACE, "TradAI/Ops", "AWS/EC2")
    }
    assert denied(policy, needs.values()) == sorted([needs["TradAI/Ops"], needs["AWS/EC2"]])
    off = statements(deployed("prod", **MADE_NAT).statements("NatInstanceRole"))
    assert denied(off, [needs[NAMESPACE]]) == [needs[NAMESPACE]]


def drawn(**parameters: str) -> list[tuple[str, str]]:
    """Group and metric of each line in the widgets of the namespace."""
    body = json.loads(Stack("prod", **parameters)["Dashboard"]["DashboardBody"])
    lines: list[tuple[str, str]] = []
    for widget in body["widgets"]:
        above: list[Any] = []
        for row in (row for row in widget["properties"].get("metrics", []) if isinstance(row[0], str)):
            above = [above[place] if cell == "." else cell for place, cell in enumerate(row)]
            if above[0] == NAMESPACE:
                assert above[2:5] == ["Environment", "prod", "Group"]
                lines.append((above[5], above[1]))
    return lines


@pytest.mark.parametrize(("parameters", "groups"), [(ON, [FIRST]), (PAIR, [FIRST, SECOND])])
def test_the_dashboard_draws_every_metric_of_each_nat_once(
    parameters: dict[str, str], groups: list[str]
) -> None:
    assert sorted(drawn(**parameters)) == sorted((group, metric) for group in groups for metric in METRICS)


@pytest.mark.parametrize("parameters", [ON, PAIR])
def test_the_dashboard_shows_every_alarm_and_no_widget_lies_on_another(parameters: dict[str, str]) -> None:
    stack = Stack("prod", **parameters)
    widgets = json.loads(stack["Dashboard"]["DashboardBody"])["widgets"]
    shown = [arn for widget in widgets for arn in widget["properties"].get("alarms", [])]
    assert len(shown) == len(set(shown)) == len(stack.of_type("AWS::CloudWatch::Alarm"))
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(("parameters", "groups"), [(ON, [FIRST]), (PAIR, [FIRST, SECOND])])
def test_each_nat_s_silence_has_an_alarm_and_a_page(parameters: dict[str, str], groups: list[str]) -> None:
    alarms = Stack("prod", **parameters).of_type("AWS::CloudWatch::Alarm")
    own = [alarm for alarm in alarms.values() if alarm.get("Namespace") == NAMESPACE]
    assert [alarm["Dimensions"][1]["Value"] for alarm in own] == groups
    assert {(alarm["MetricName"], alarm["Statistic"], alarm["Period"]) for alarm in own} == {
        ("Heartbeat", "Maximum", 60)  # of two in one group, as a replacement has them, the better one
    }
    page = (ROOT / "docs/runbooks/nat-metrics-silent.md").read_text(encoding="utf-8").replace("{env}", "prod")
    for alarm in own:
        assert alarm["AlarmDescription"].endswith(" page nat-metrics-silent.md")
        assert f"`{alarm['AlarmName']}`" in page


def transitions(values: dict[range, float], until: float) -> list[tuple[AlarmState, float]]:
    alarm = Alarm(Stack("prod", **ON)[ALARM])
    points = [
        DataPoint(NAMESPACE, "Heartbeat", stamp, stamp + 10, value)
        for minutes, value in values.items()
        for stamp in minutes
    ]
    return [(change.state, change.at) for change in alarm.history(points, until)]


def test_a_first_deployment_pages_nobody() -> None:
    """Metrics come a quarter of an hour after the alarm."""
    states = [state for state, _ in transitions({range(900, 3600, 60): 1.0}, 3600)]
    assert states == [AlarmState.OK]


@pytest.mark.parametrize("fate", ["silent", "not forwarding"])
def test_five_minutes_without_a_beat_are_told_once_and_their_end_too(fate: str) -> None:
    values = {range(0, 1200, 60): 1.0, range(2400, 3600, 60): 1.0}
    if fate == "not forwarding":
        values[range(1200, 2400, 60)] = 0.0
    _, (state, at), (ended, ended_at) = transitions(values, 3600)
    assert state is (AlarmState.INSUFFICIENT_DATA if fate == "silent" else AlarmState.ALARM)
    assert 300 <= at - 1200 <= 540
    assert (ended, ended_at - 2400 <= 180) == (AlarmState.OK, True)


def test_both_kinds_of_it_send_a_message() -> None:
    alarm = Stack("prod", **ON)[ALARM]
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"] == alarm["OKActions"] != []
    assert alarm["TreatMissingData"] == "missing"  # breaching would alarm at the first deployment


def test_a_replacement_in_three_minutes_is_not_told() -> None:
    values = {range(0, 1200, 60): 1.0, range(1380, 3600, 60): 1.0}
    assert [state for state, _ in transitions(values, 3600)] == [AlarmState.OK]


def test_nothing_that_decides_reads_the_heartbeat() -> None:
    """Silence alone replaces nothing: it has no way into the planner."""
    for path in (ROOT / "functions").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert NAMESPACE not in text, path
        assert "get_metric" not in text.lower(), path


def test_the_parameter_says_its_price() -> None:
    assert len(METRICS) == INSTANCE_METRICS
    said = Stack().template.document["Parameters"]["NatMetrics"]["Description"]
    assert f"{len(METRICS)} metrics at 0.30 USD" in said
    assert f"{bill()['instance metrics']:.2f} USD a month" in said
    assert bill()["instance metrics"] == bill()["metrics of the standby"]
