"""status, reconcile and logs: what each makes of AWS's answers."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from moto import mock_aws

from ops import logs as logs_module
from ops import reconcile as reconcile_module
from ops.access import AccessError
from ops.app import app
from ops.doctor.model import Account, Group, RouteTable, Unread
from ops.doctor.wanted import Wanted
from ops.identity import Identity
from ops.reconcile import invoke
from ops.status import Fact, StatusReader, about_account, exit_code
from tradai_shared.config.naming import Environment
from tradai_shared.errors import ConfigError, PermanentError

if TYPE_CHECKING:
    from pathlib import Path

HERE = Identity("123456789012", "arn:aws:iam::123456789012:user/operator", "eu-central-1")
SAMCONFIG = '[dev]\n[prod.deploy.parameters]\nparameter_overrides = ["Environment=prod"]\n'


def wells(account: Account) -> dict[str, bool | None]:
    return {fact.subject: fact.well for fact in about_account(account)}


def test_a_black_hole_and_a_missing_route_need_attention() -> None:
    dead = RouteTable("rtb-1", "private", "vpc-1", instance_id="i-a", blackhole=True)
    assert wells(Account(HERE, tables=(dead,))) == {"route": False}
    assert wells(Account(HERE, tables=(RouteTable("rtb-1", "", "vpc-1"),))) == {"route": False}
    assert wells(Account(HERE)) == {"route": False}


def test_what_was_refused_is_unknown_and_never_well() -> None:
    fine = RouteTable("rtb-1", "private", "vpc-1", instance_id="i-a")
    account = Account(HERE, tables=(fine,), unread=(Unread("events:ListRules", "AccessDenied"),))
    assert wells(account) == {"route": True, "unknown": None}
    assert exit_code(list(about_account(account))) == 3


@pytest.mark.parametrize(
    ("status", "code"),
    [([True], 0), ([True, None], 3), ([None, False], 1), ([True, False], 1)],
)
def test_the_exit_code_puts_attention_first(status: list[bool | None], code: int) -> None:
    assert exit_code([Fact("x", "y", well) for well in status]) == code


def test_a_suspended_group_and_an_empty_account_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3  # noqa: PLC0415 - inside the mock

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        wanted = Wanted(Environment.PROD, "tradai-ops-prod", {"NatAsgName": "nat"})
        group = Group("nat", 1, (), ("Launch",), ())
        reader = StatusReader(lambda name: boto3.client(name, region_name="eu-central-1"), wanted)  # type: ignore[call-overload]
        facts = {fact.subject: fact for fact in reader.read(Account(HERE, group=group))}
    assert facts["NAT"].text == "nat has no instance"
    assert facts["alarms"].well is False
    assert facts["dead letters"].well is None
    assert wells(Account(HERE, group=group))["group"] is False


def test_the_alarm_that_a_parameter_names_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3  # noqa: PLC0415 - inside the mock

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="eu-central-1")
        for name in ("tradai-prod-nat-unproven", "egress-lost"):
            client.put_metric_alarm(
                AlarmName=name,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
                MetricName="x",
                Namespace="y",
                Period=60,
                Statistic="Sum",
            )
            client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        wanted = Wanted(Environment.PROD, "tradai-ops-prod", {"NatAlarmName": "egress-lost"})
        reader = StatusReader(lambda name: boto3.client(name, region_name="eu-central-1"), wanted)  # type: ignore[call-overload]
        shown = [fact.text for fact in reader.read(Account(HERE)) if fact.subject == "alarm"]
    assert shown == ["egress-lost is in ALARM", "tradai-prod-nat-unproven is in ALARM"]


class Lambda:
    """Answers an invocation with this payload."""

    def __init__(self, payload: bytes, **more: Any) -> None:
        self.payload, self.more = payload, more
        self.events: list[Any] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.events.append((FunctionName, json.loads(Payload)))
        return {"Payload": io.BytesIO(self.payload), **self.more}


def test_the_function_s_answer_is_handed_on() -> None:
    function = Lambda(b'{"success": true, "data": {}}')
    assert invoke(lambda _: function, "nat", {"action": "reconcile"}) == {"success": True, "data": {}}
    assert function.events == [("nat", {"action": "reconcile"})]


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (
            Lambda(
                b'{"errorType": "SettingsError", "errorMessage": "X: is missing"}', FunctionError="Unhandled"
            ),
            "X",
        ),
        (Lambda(b"null"), "no answer that is JSON"),
        (Lambda(b"not json"), "no answer that is JSON"),
    ],
)
def test_an_error_of_the_function_is_one_here(function: Lambda, named: str) -> None:
    with pytest.raises(PermanentError, match=named):
        invoke(lambda _: function, "nat", {})


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "samconfig.toml"
    file.write_text(SAMCONFIG.replace("[dev]", "[prod.global.parameters]\nregion = 'eu-central-1'"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return file


@pytest.fixture
def _deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.session._refuse_absent", lambda _: None)


def run(*tokens: str) -> int:
    code = app(list(tokens), exit_on_error=False, result_action="return_value")
    assert isinstance(code, int)
    return code


@pytest.mark.usefixtures("_deployed")
def test_reconcile_asks_before_it_lets_anything_move(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    invoked: list[dict[str, Any]] = []

    def answer(_client: object, _function: str, event: dict[str, Any]) -> dict[str, Any]:
        invoked.append(event)
        return {"success": True, "data": {"summary": {"waiting": None}, "results": [{"action": "X"}]}}

    monkeypatch.setattr(reconcile_module, "agreed", asked.append)
    monkeypatch.setattr(reconcile_module, "invoke", answer)
    with mock_aws():
        assert run("reconcile", "--env", "prod", "--samconfig-file", str(config)) == 2
        assert (len(asked), invoked) == (1, [])
        assert run("reconcile", "--env", "prod", "--samconfig-file", str(config), "--dry-run") == 0
    assert (len(asked), invoked) == (1, [{"action": "reconcile", "dry_run": True}])


def test_a_log_line_is_readable_and_metrics_are_left_out() -> None:
    line = {"level": "INFO", "message": "action", "service": "x", "target": "rtb-[x]", "seconds": 3}
    event = {"timestamp": 0, "eventId": "1", "message": json.dumps(line)}
    assert logs_module.readable(event) == "00:00:00 INFO    action target=rtb-[x] seconds=3"
    for noise in ('{"_aws": {}, "Passes": [1]}', "START RequestId: 1", "[1]", "{}"):
        assert logs_module.readable({"timestamp": 0, "eventId": "1", "message": noise}) is None
    assert (
        logs_module.readable({"timestamp": 0, "eventId": "1", "message": "Traceback"}) == "00:00:00 Traceback"
    )


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86_400)])
def test_a_span_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert logs_module.span(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1w", "1 h", "9999999s"])
def test_any_other_span_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        logs_module.span(text)


def test_logs_of_a_function_that_is_not_deployed_is_an_error(config: Path) -> None:
    with mock_aws(), pytest.raises(AccessError, match="neither the stack tradai-ops-prod nor the function"):
        run("logs", "--env", "prod", "--samconfig-file", str(config))


@pytest.mark.usefixtures("_deployed")
def test_each_line_of_a_log_is_printed_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own
    event = {"timestamp": 0, "eventId": "1", "message": '{"message": "run", "level": "INFO"}'}

    def answered(client: Any, operation: str, request: Any) -> Any:
        if operation == "FilterLogEvents":
            return {"events": [event, event]}
        return answer(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", answered)
    monkeypatch.setattr("ops.screen.console.print", lambda line, **_: printed.append(line))
    with mock_aws():
        assert run("logs", "--env", "prod", "--samconfig-file", str(config)) == 0
    assert printed[1:] == ["00:00:00 INFO    run"]  # after the line about the account
