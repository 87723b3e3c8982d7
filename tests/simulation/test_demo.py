"""The demo, with each of its options."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Any

import pytest

from simulator.demo import failover
from simulator.demo.pair_timeline import FLOW
from simulator.engine import durations

pytestmark = pytest.mark.any_python


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*options: str) -> dict[str, Any]:
    assert failover.main(options) == 0
    return dict(json.loads(failover.OUT.joinpath("failover.json").read_text(encoding="utf-8")))


def page() -> str:
    return failover.OUT.joinpath("failover.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "the NAT died|kills NAT 1"),
        (("--lost-launch-event",), "the event is lost: launch action"),
        (("--duplicates",), "delivered by the rule GroupEvents, twice"),
        (("--throttling",), "RequestLimitExceeded"),
        (("--broken-boot-script",), "NAT 2 its boot script broke"),
        (("--failing-route-table",), "ReplaceRoute: UnauthorizedOperation"),
        (("--planned",), "a planned replacement begins"),
        (("--duplicates", "--throttling", "--seed", "4"), "every event comes twice"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_each_option_is_printed_and_traffic_returns(
    options: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = run(*options)
    shown = capsys.readouterr().out
    assert re.search(line, shown)
    assert "flows through private table 2" in shown
    assert f"Without egress: {data['outage_seconds_simulated']:.1f} s (simulated)" in shown
    assert all(step["what"] for step in data["steps_simulated"])
    times = [step["at"] for step in data["steps_simulated"] if step["at"] is not None]
    assert times == sorted(times)
    assert ("120 to 180 s" in page()) == (not options), "the platform's figure is of a plain death alone"


def test_page_and_figures_say_the_same_and_that_it_is_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    data = run()
    shown, html = capsys.readouterr().out, page()
    outage = f"{data['outage_seconds_simulated']:.1f} s"
    assert data["simulated"] is True
    assert f"Traffic was back after {outage}" in html
    assert f"{outage} (simulated)" in html
    assert "120 to 180 s" in html
    assert "120 to 180 s" in shown
    for step in data["steps_simulated"]:
        assert f"+{step['at']:.1f} s" in html
    known = {
        "account",
        "region",
        "environment",
        "seed",
        "options",
        "outage_seconds_stated_by_the_platform",
        "machines",
        "route_tables",
        "segments",
    }
    assert all(name.endswith("simulated") for name in data.keys() - known)


def test_the_page_is_one_file_for_light_and_dark(capsys: pytest.CaptureFixture[str]) -> None:
    run()
    capsys.readouterr()
    html = page()
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html
    assert not re.search(r"""src=|href="[^#]|url\(|@import""", html)
    assert "$" not in html


def test_the_same_seed_leaves_the_same_page(capsys: pytest.CaptureFixture[str]) -> None:
    run("--seed", "7")
    first = page()
    run("--seed", "7")
    capsys.readouterr()
    assert page() == first


def test_a_table_that_fails_leaves_the_other_healed(capsys: pytest.CaptureFixture[str]) -> None:
    data = run("--failing-route-table")
    first, second = (sum(end - start for start, end in spans) for spans in data["outages_simulated"].values())
    assert first < 60 < failover.REPAIRED_AFTER < second
    assert "grants the missing permission" in capsys.readouterr().out
    assert "in the last table after" in page()


def test_a_planned_replacement_costs_seconds_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--planned")["outage_seconds_simulated"] < durations.ADDRESS_EFFECT.high
    assert "Traffic paused for" in page()
    capsys.readouterr()


@pytest.mark.parametrize("options", [(), ("--planned",), ("--broken-boot-script",)], ids=" ".join)
def test_a_standby_takes_over_and_the_replacement_is_the_next_one(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    data = run("--standby", *options)
    shown = capsys.readouterr().out
    assert data["outage_seconds_simulated"] < 5
    assert f"Without egress: {data['outage_seconds_simulated']:.1f} s (simulated)" in shown
    assert "a second NAT stands by" in data["options"]
    steps = {step["flow"]: step for step in data["steps_simulated"]}
    _, _, takes, routes, traffic, launched, ready, next_one = (steps[flow] for flow in FLOW)
    assert takes["what"].startswith("NAT 2, ")
    assert takes["at"] <= routes["at"] < traffic["at"]
    assert launched["at"] < ready["at"] < next_one["at"]
    assert next_one["what"] == f"NAT {len(data['machines'])} stands by, NAT 2 carries the traffic"
    assert "The failover to the standby, in the order of time (simulated)" in page()


def test_every_segment_names_its_source_and_how_sure_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    run()
    capsys.readouterr()
    html = page()
    assert {segment.sure for segment in durations.ALL} == {"cited", "assumed"}
    for segment in durations.ALL:
        assert segment.source
        assert segment.low <= segment.high
        assert escape(segment.what) in html


def test_the_readmes_picture_is_that_of_the_first_seed() -> None:
    command = [sys.executable, "-W", "ignore", "-m", "simulator.demo.failover"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours, in a process of its own
    drawn = failover.OUT.joinpath("failover.svg").read_text(encoding="utf-8")
    parents = Path(__file__).parents[2] / "docs/failover.svg"
    assert parents.read_text(encoding="utf-8") == drawn, "make demo-picture brings it up to date"
