"""The NAT's metrics, without a network: what is put when. tests/kernel runs the program with one."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.test_instance_metrics import METRICS
from toolchain.build.user_data import SCRIPT

if TYPE_CHECKING:
    from pathlib import Path

SELF, OTHER = "i-0a", "i-0b"
FIRST, SECOND = "tradai-nat-asg-dev", "tradai-nat-standby-asg-dev"
EXCEEDED = sorted(name for name in METRICS if name.endswith("_exceeded"))
AVAILABLE = "conntrack_allowance_available"
QUIET = dict.fromkeys([*EXCEEDED, AVAILABLE], 0)


class Ended(BaseException):
    """The test's time is over."""


class World:
    """The program, its clock, and the commands that it runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, groups: str = "") -> None:
        for name, value in {
            "NAT_METRICS": f"dev {FIRST}",
            "NAT_GROUPS": groups,
            "INSTANCE_ID": SELF,
            "INTERFACE": "ens5",
            "FORWARDED": str(folder / "forwarded"),
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["-c", "/script"])
        code = (SCRIPT.parent / "meter.py").read_text().removesuffix("main()\n")
        self.module: dict[str, Any] = {"__name__": "meter"}
        exec(compile(code, "meter.py", "exec"), self.module)  # noqa: S102 - our own program
        self.folder, self.now = folder, 1000.0
        self.drivers: list[dict[str, int] | None] = []  # one a reading; the last one stays; None: no ethtool
        self.failures: list[int | Exception] = []
        self.rows: list[Any] = []
        self.puts: list[tuple[float, list[dict[str, Any]]]] = []
        self.module["TRACKED"] = str(folder / "nf_conntrack_")
        self.module["time"] = SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep)
        self.module["subprocess"] = SimpleNamespace(run=self._run, SubprocessError=subprocess.SubprocessError)
        self.end = 0.0
        self.table(128, 65536)

    def table(self, count: int, most: int) -> None:
        (self.folder / "nf_conntrack_count").write_text(f"{count}\n")
        (self.folder / "nf_conntrack_max").write_text(f"{most}\n")

    def forwarded(self, seconds_ago: float) -> None:
        (self.folder / "forwarded").write_text(f"{self.now - seconds_ago:017.3f}")

    def _sleep(self, seconds: float) -> None:
        if self.now + seconds > self.end:
            raise Ended
        self.now += seconds

    def _run(self, command: tuple[str, ...], timeout: int, **_: object) -> SimpleNamespace:
        assert timeout == 30, "a command that hangs ends"
        match command:
            case ("ethtool", "-S", "ens5"):
                driver = self.drivers.pop(0) if len(self.drivers) > 1 else self.drivers[0]
                if driver is None:
                    raise FileNotFoundError(2, "ethtool")
                lines = [f"     {name}: {value}" for name, value in driver.items()]
                return SimpleNamespace(stdout="\n".join(["NIC statistics:", *lines, ""]).encode())
            case ("/script", "peers"):
                return SimpleNamespace(stdout=json.dumps(self.rows).encode())
        assert list(command[:7]) == ["timeout", "-k", "5", "10", "nice", "-n", "19"]
        assert list(command[7:-1]) == [
            "aws",
            "cloudwatch",
            "put-metric-data",
            "--namespace",
            "TradAI/Nat",
            "--metric-data",
        ]
        failure = self.failures.pop(0) if self.failures else 0
        if isinstance(failure, Exception):
            raise failure
        if not failure:
            self.puts.append((self.now, json.loads(command[-1])))
        return SimpleNamespace(returncode=failure)

    def run(self, minutes: int) -> None:
        self.end = self.now + 60 * minutes
        with pytest.raises(Ended):
            self.module["main"]()

    def values(self) -> list[dict[str, float]]:
        return [{point["MetricName"]: point["Value"] for point in data} for _, data in self.puts]

    def dimensions(self) -> set[tuple[tuple[str, str], ...]]:
        points = [point for _, data in self.puts for point in data]
        return {tuple((pair["Name"], pair["Value"]) for pair in point["Dimensions"]) for point in points}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    made = World(monkeypatch, tmp_path)
    made.drivers = [QUIET]
    return made


def test_each_minute_has_a_put_of_every_metric_of_the_group(world: World) -> None:
    world.run(5)
    assert [at for at, _ in world.puts] == [1060.0, 1120.0, 1180.0, 1240.0, 1300.0]
    assert [sorted(values) for values in world.values()] == [sorted(METRICS)] * 5
    assert world.dimensions() == {(("Environment", "dev"), ("Group", FIRST))}


@pytest.mark.parametrize(("ago", "beat"), [(0.0, 1), (62.9, 1), (63.0, 0), (900.0, 0)])
def test_the_heartbeat_is_the_watchman_s_last_three_seconds(world: World, ago: float, beat: int) -> None:
    world.now += 60
    world.forwarded(ago - 60)
    world.now -= 60
    world.run(1)
    assert world.values()[0]["Heartbeat"] == beat


@pytest.mark.parametrize("text", ["", "no number"])
def test_without_a_word_of_the_watchman_it_is_zero(world: World, text: str) -> None:
    (world.folder / "forwarded").write_text(text)
    world.run(1)
    assert world.values()[0]["Heartbeat"] == 0


def test_the_connection_table_is_told_as_count_and_share(world: World) -> None:
    world.table(1000, 65536)
    world.run(1)
    (values,) = world.values()
    assert (values["Conntrack"], values["ConntrackPercent"]) == (1000, 1.53)


def test_counters_are_told_as_the_minute_s_difference_and_the_gauge_as_it_is(world: World) -> None:
    world.drivers = [
        {**QUIET, name: count, AVAILABLE: gauge}
        for name, count, gauge in (("pps_allowance_exceeded", c, g) for c, g in ((70, 9), (70, 8), (75, 5)))
    ]
    world.run(2)
    assert [values["pps_allowance_exceeded"] for values in world.values()] == [0, 5]
    assert [values[AVAILABLE] for values in world.values()] == [8, 5]


def test_a_counter_that_was_reset_counts_as_nothing_and_then_goes_on(world: World) -> None:
    world.drivers = [{**QUIET, "bw_in_allowance_exceeded": count} for count in (50, 60, 3, 7)]
    world.run(3)
    assert [values["bw_in_allowance_exceeded"] for values in world.values()] == [10, 0, 4]


@pytest.mark.parametrize("failure", [254, 124, OSError("no aws"), subprocess.TimeoutExpired("aws", 30)])
def test_a_failed_put_is_logged_and_its_difference_is_in_the_next(
    world: World, capsys: pytest.CaptureFixture[str], failure: int | Exception
) -> None:
    world.drivers = [{**QUIET, "bw_out_allowance_exceeded": count} for count in (0, 4, 5)]
    world.failures = [failure]
    world.run(2)
    assert [at for at, _ in world.puts] == [1120.0]
    assert world.values()[0]["bw_out_allowance_exceeded"] == 5
    assert "metrics were not put" in capsys.readouterr().out


@pytest.mark.parametrize(
    "driver", [None, {}, {"queue_0_tx_cnt": 7}, {"tx_timeout": 0, "bw_in_allowance_exceeded": 4}]
)
def test_what_the_driver_does_not_have_is_not_sent(world: World, driver: dict[str, int] | None) -> None:
    world.drivers = [driver]
    world.run(1)
    assert set(world.values()[0]) - {"Heartbeat", "Conntrack", "ConntrackPercent"} == METRICS & set(
        driver or {}
    )


def test_a_driver_that_is_unreadable_for_a_minute_loses_nothing(world: World) -> None:
    world.drivers = [{**QUIET, "pps_allowance_exceeded": 5}, None, {**QUIET, "pps_allowance_exceeded": 8}]
    world.run(2)
    assert "pps_allowance_exceeded" not in world.values()[0]
    assert world.values()[1]["pps_allowance_exceeded"] == 3


@pytest.mark.parametrize("text", [None, "", "0\n"])
def test_without_a_connection_table_the_rest_is_sent(world: World, text: str | None) -> None:
    (world.folder / "nf_conntrack_max").unlink()
    if text is not None:
        (world.folder / "nf_conntrack_max").write_text(text)
    world.run(1)
    assert set(world.values()[0]) == METRICS - {"Conntrack", "ConntrackPercent"}


def test_in_a_pair_the_group_is_that_of_the_instance_once_ec2_tells_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(monkeypatch, tmp_path, groups=f"{FIRST} {SECOND}")
    world.drivers = [QUIET]
    world.run(1)
    assert world.puts == []
    assert "does not show the group" in capsys.readouterr().out
    for instance, group in ((OTHER, FIRST), (SELF, SECOND)):
        tags = [{"Key": "Name", "Value": "x"}, {"Key": "aws:autoscaling:groupName", "Value": group}]
        world.rows.append({"Id": instance, "Address": "10.0.1.10", "Tags": tags})
    world.run(2)
    assert world.dimensions() == {(("Environment", "dev"), ("Group", SECOND))}
