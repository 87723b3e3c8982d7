"""Every alarm sends a message, names its runbook, and watches a metric that is really written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from simulator.aws.alarms import on_a_single_metric
from tests.contract.stack import ADOPTED_STANDBY, ENVIRONMENTS, ROOT, Stack, runbook
from tradai_shared.handler import NAMESPACE

TEMPLATE_ALARMS = Stack("prod").of_type("AWS::CloudWatch::Alarm")
ALARMS = {name: on_a_single_metric(alarm) for name, alarm in TEMPLATE_ALARMS.items()}
OWN = {name: alarm for name, alarm in ALARMS.items() if alarm.get("Namespace") == NAMESPACE}
each_alarm = pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
METRIC = re.compile(r'(?:add_metric\(\s*|error_metric=)"(\w+)"')
TELLERS = {
    "update_nat_routes": "functions/update_nat_routes/report.py",
    "ttl_reaper": "functions/ttl_reaper/app.py",
    "drift_check": "functions/drift_check/report/publish.py",
}
REAPER = (ROOT / "functions/ttl_reaper/app.py").read_text(encoding="utf-8")
WRITTEN = {
    service: set(METRIC.findall((ROOT / path).read_text(encoding="utf-8")))
    for service, path in TELLERS.items()
}

# the drift check's metrics stand in a table
WRITTEN["drift_check"] |= set(
    re.findall(
        r'^        "([A-Z]\w+)": ', (ROOT / TELLERS["drift_check"]).read_text(encoding="utf-8"), re.MULTILINE
    )
)
# of all functions together
SHARED = "layers/shared/tradai_shared/handler.py"
OF_ALL = set(re.findall(r'single_metric\(name="(\w+)"', (ROOT / SHARED).read_text(encoding="utf-8")))

# the reaper's tally, whose names stand in a table of their own
COUNTED = {
    "update_nat_routes": {"StandbyReady"},  # where there is a standby
    "drift_check": set[str](),
    "ttl_reaper": set(re.findall(r'^        "(\w+)": (?:spent|sum|report)', REAPER, re.MULTILINE)),
}


@each_alarm
def test_an_alarm_sends_to_the_topic_at_its_beginning_and_its_end(alarm: Any) -> None:
    topic = ["arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"]
    assert alarm["AlarmActions"] == alarm["OKActions"] == topic


@each_alarm
def test_an_alarm_ends_with_a_link_to_a_runbook_that_there_is(alarm: Any) -> None:
    assert re.search(r"Runbook: https://\S+ page [a-z-]+\.md$", alarm["AlarmDescription"])
    assert alarm["AlarmName"] in runbook(alarm).read_text(encoding="utf-8").replace("{env}", "prod")
    assert len(alarm["AlarmDescription"]) <= 1024, "PutMetricAlarm's limit"


@pytest.mark.parametrize("alarm", OWN.values(), ids=OWN)
def test_an_alarm_on_an_own_metric_watches_one_that_the_function_writes(alarm: Any) -> None:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    if alarm["MetricName"] in OF_ALL:
        assert dimensions == {"environment": "prod"}
        return
    assert alarm["MetricName"] in WRITTEN[dimensions["service"]]
    assert dimensions == {"service": dimensions["service"], "environment": "prod"}


def test_what_the_loop_complains_of_has_an_alarm() -> None:
    watched = {alarm["MetricName"] for alarm in OWN.values()}
    assert watched == {
        "EgressDown",
        "NatUnproven",
        "Unguarded",
        "Maintenance",
        "ProcessesSuspended",
        "ActionsFailed",
        "Passes",
        "ReapFailures",
        "FindingsUnknown",
        "HealsFailed",
        "AlertsFailed",
    }


def test_the_watchman_is_watched() -> None:
    own = set().union(*WRITTEN.values(), OF_ALL)
    others = {alarm["MetricName"] for alarm in ALARMS.values()} - own
    assert others == {
        "Errors",
        "Invocations",
        "AsyncEventsDropped",
        "ApproximateNumberOfMessagesVisible",
        "FailedInvocations",
        "InvocationDroppedCount",
        "DestinationDeliveryFailures",
        "ExecutionsFailed",
    }


def test_every_rule_of_the_failover_has_an_alarm_for_what_it_could_not_deliver() -> None:
    metrics = TEMPLATE_ALARMS["NatEventsUndeliveredAlarm"]["Metrics"]
    stats = [metric["MetricStat"] for metric in metrics if "MetricStat" in metric]
    assert {stat["Metric"]["MetricName"] for stat in stats} == {"FailedInvocations"}
    watched = [stat["Metric"]["Dimensions"][0]["Value"] for stat in stats]
    events = Stack("prod")["UpdateNatRoutesFunction"]["Events"]
    rules = [name for name, event in events.items() if event["Type"] == "EventBridgeRule"]
    assert sorted(watched) == sorted(f"UpdateNatRoutesFunction{name}" for name in rules)


@pytest.mark.parametrize(("probe", "count"), [("false", 22), ("true", 24)])
def test_no_alarm_is_lost_unnoticed(probe: str, count: int) -> None:
    """A deliberate change of the number changes this test as well."""
    alarms = Stack("prod", EgressProbe=probe).of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == len({alarm["AlarmName"] for alarm in alarms.values()}) == count


def test_five_silent_minutes_of_the_schedule_are_an_alarm() -> None:
    alarm = ALARMS["NatScheduleSilentAlarm"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, 5, 5)
    # breaching would page at the first deployment; silence after a pass is a transition of its own
    assert alarm["TreatMissingData"] == "missing"
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


@pytest.mark.parametrize(
    ("name", "function", "hours"),
    [
        ("DriftScheduleSilentAlarm", "DriftCheckFunction", [3600] * 3),
        ("ReapScheduleSilentAlarm", "TtlReaperFunction", [86400] * 2),
    ],
)
def test_a_stopped_hourly_or_daily_schedule_is_an_alarm(name: str, function: str, hours: list[int]) -> None:
    alarm = ALARMS[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert alarm["Statistic"] == "Sum"
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": function}]
    assert [alarm["Period"]] * alarm["EvaluationPeriods"] == hours
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "missing"
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]
    # CloudWatch's own bound of what an alarm may look back on
    assert sum(hours) <= 7 * 86400


def test_silence_neither_raises_nor_ends_the_alarm_of_a_lost_way_out() -> None:
    for name in ("NatUnhealthyAlarm", "NatFailoverFailedAlarm", "NatProcessesSuspendedAlarm"):
        assert ALARMS[name]["TreatMissingData"] == "ignore"


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_dashboard_is_valid_and_shows_every_alarm(env: str) -> None:
    stack = Stack(env)
    body = json.loads(stack["Dashboard"]["DashboardBody"])
    shown = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])]
    assert len(shown) == len(set(shown)) == len(stack.of_type("AWS::CloudWatch::Alarm"))


def shown() -> set[tuple[str, str]]:
    """What the dashboard draws: the metric's name, and whose it is, by its first dimension."""
    body = json.loads(Stack("prod", **ADOPTED_STANDBY)["Dashboard"]["DashboardBody"])
    metrics = set()
    for widget in body["widgets"]:
        above: list[Any] = []
        for row in (row for row in widget["properties"].get("metrics", []) if isinstance(row[0], str)):
            full = [above[place] if cell == "." else cell for place, cell in enumerate(row)]
            above = [cell for cell in full if isinstance(cell, str)]
            metrics.add((above[1], above[3]))
    return metrics


def test_the_dashboard_s_own_metrics_are_written_by_their_function() -> None:
    for name, service in shown():
        if service in WRITTEN:
            assert name in WRITTEN[service] | COUNTED[service], f"{service} {name}"


def test_the_dashboard_shows_what_an_operator_asks_for() -> None:
    asked = {
        "update_nat_routes": WRITTEN["update_nat_routes"],
        "drift_check": WRITTEN["drift_check"],
        "ttl_reaper": {"ItemsExpired", "ItemsDeleted", "ItemsRepaired", "WriteUnits", "ReadUnits"},
    }
    assert {(name, service) for service, names in asked.items() for name in names} <= shown()
    errors = {whose for name, whose in shown() if name == "Errors"}
    assert errors == {"UpdateNatRoutesFunction", "DriftCheckFunction", "TtlReaperFunction"}
    assert "ApproximateNumberOfMessagesVisible" in {name for name, _ in shown()}


def test_no_widget_lies_on_another() -> None:
    widgets = json.loads(Stack()["Dashboard"]["DashboardBody"])["widgets"]
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
