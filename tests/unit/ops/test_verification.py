"""doctor on hooks that nobody named, and on what would show that the NAT forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.ops.doctor_account import Account, account, config, diagnosis

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = ["account", "config"]


def put_hook(account: Account, name: str, transition: str) -> None:
    account.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName="acme-egress",
        LifecycleHookName=name,
        LifecycleTransition=f"autoscaling:EC2_INSTANCE_{transition}",
        HeartbeatTimeout=300,
    )


def lines(document: dict[str, Any], subject: str) -> list[dict[str, Any]]:
    return [line for line in document["lines"] if line["subject"] == subject]


def test_the_only_hook_of_each_transition_is_pinned(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_hook(account, "acme-down", "TERMINATING")
    document = diagnosis(config, capsys)[1]
    assert document["parameters"]["NatHookNames"] == "acme-up,acme-down"


def test_of_several_launch_hooks_none_is_pinned(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_hook(account, "audit-up", "LAUNCHING")
    document = diagnosis(config, capsys)[1]
    assert "NatHookNames" not in document["parameters"]
    (line,) = lines(document, "hooks")
    assert (line["level"], "acme-up, audit-up" in line["text"]) == ("do", True)


def test_of_several_terminate_hooks_none_is_pinned(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("acme-down", "audit-down"):
        put_hook(account, name, "TERMINATING")
    assert diagnosis(config, capsys)[1]["parameters"]["NatHookNames"] == "acme-up"


def test_what_would_verify_the_nat_is_recommended(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.nat
    (line,) = lines(diagnosis(config, capsys)[1], "egress")
    assert (line["level"], "EgressProbe=true" in line["remedy"]) == ("info", True)
    text = config.read_text()
    for verified in ("NatReadiness=signal", "EgressProbe=true"):
        config.write_text(text.replace('"Environment=prod",', f'"Environment=prod", "{verified}",'))
        assert lines(diagnosis(config, capsys)[1], "egress") == []
