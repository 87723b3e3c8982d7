"""The service by which two NATs watch each other, without a network; tests/kernel runs it with one."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from toolchain.build.user_data import SCRIPT

SELF, OTHER, SUCCESSOR = "i-0a", "i-0b", "i-0c"
FIRST, SECOND = "tradai-nat-asg-dev", "tradai-nat-standby-asg-dev"


class World:
    """The program's module, its clock and the events that it put."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["-c", "/script"])
        monkeypatch.setenv("INSTANCE_ID", SELF)
        monkeypatch.setenv("FORWARDED", "/nowhere")
        code = (SCRIPT.parent / "peer.py").read_text().removesuffix("main()\n")
        self.module: dict[str, Any] = {"__name__": "peer"}
        exec(compile(code, "peer.py", "exec"), self.module)  # noqa: S102 - our own program
        self.now, self.forwards = 0.0, True
        self.put_at: list[float] = []
        self.call_failed: int | None = None
        self.module["time"] = SimpleNamespace(monotonic=lambda: self.now)
        self.module["forwards"] = lambda: self.forwards
        self.module["subprocess"] = SimpleNamespace(Popen=self._call, PIPE=-1)

    def _call(self, command: list[str], **_: Any) -> Any:
        assert command[:2] == ["/script", "tell"]
        (event,) = json.loads(command[2])
        assert (event["Source"], event["DetailType"]) == ("tradai.nat", "NAT Peer Silent")
        assert json.loads(event["Detail"])["SilentInstanceId"] == OTHER
        self.put_at.append(self.now)
        return SimpleNamespace(poll=lambda: self.call_failed)

    def peer(self, *, known: bool = True) -> Any:
        peer = self.module["Peer"](OTHER, "10.0.1.11")
        peer.known = known
        return peer

    def ask(self, peer: Any, *answers: bool | None) -> list[bool]:
        """One answer a second, None for none."""
        firsts = []
        for answer in answers:
            self.now += 1
            peer.answer = answer
            firsts.append(peer.judge())
        return firsts


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_three_misses_in_a_row_are_reported_and_fewer_are_not(world: World) -> None:
    peer = world.peer()
    assert world.ask(peer, None, None, True, None, None) == [True, False, False, True, False]
    assert world.put_at == []
    world.ask(peer, None)
    assert world.put_at == [6]


def test_the_answer_that_it_does_not_forward_speaks_of_three_seconds(world: World) -> None:
    world.ask(world.peer(), True, False)
    assert world.put_at == [2]


def test_a_silence_is_reported_again_at_growing_intervals(world: World) -> None:
    world.ask(world.peer(), *[None] * 1000)
    assert world.put_at == [3, 33, 93, 213, 453, 693, 933]


def test_the_next_silence_is_reported_at_once(world: World) -> None:
    world.ask(world.peer(), *[None] * 10, True, None, None, None)
    assert world.put_at == [3, 14]


def test_a_nat_that_does_not_forward_reports_nothing(world: World) -> None:
    world.forwards = False
    peer = world.peer()
    world.ask(peer, *[None] * 100)
    assert world.put_at == []
    world.forwards = True
    world.ask(peer, None)
    assert world.put_at == [101]


def test_a_peer_that_has_not_forwarded_yet_is_not_reported(world: World) -> None:
    peer = world.peer(known=False)
    world.ask(peer, *[None] * 100, False)
    assert world.put_at == []
    world.ask(peer, True, None, None, None)
    assert world.put_at == [105]


def test_a_call_that_failed_is_made_again(world: World) -> None:
    world.call_failed = 254
    world.ask(world.peer(), *[None] * 5)
    assert world.put_at == [3, 4, 5]


def _row(instance: str, group: str | None) -> dict[str, Any]:
    tags = [{"Key": "Name", "Value": "tradai-nat-dev"}]
    tags += [{"Key": "aws:autoscaling:groupName", "Value": group}] if group else []
    return {"Id": instance, "Address": f"10.0.1.{int(instance[-1], 16)}", "Tags": tags}


def _found(world: World, peers: dict[str, Any], *rows: dict[str, Any], status: int = 0) -> dict[str, Any]:
    finder = world.module["Finder"]()
    output = json.dumps(rows).encode()
    finder.process = SimpleNamespace(
        poll=lambda: status, returncode=status, communicate=lambda: (output, None)
    )
    found: dict[str, Any] = finder.update(peers)
    return found


def test_the_members_of_the_other_group_are_the_peers(world: World) -> None:
    rows = _row(SELF, FIRST), _row(OTHER, SECOND), _row(SUCCESSOR, FIRST), _row("i-0d", None)
    peers = _found(world, {}, *rows)
    assert {peer.id: peer.address for peer in peers.values()} == {OTHER: "10.0.1.11"}
    assert _found(world, peers, *rows)[OTHER] is peers[OTHER]
    assert _found(world, peers, _row(SELF, FIRST)) == {}


def test_a_lookup_that_failed_leaves_the_peers_that_were_known(world: World) -> None:
    peers = {OTHER: world.peer()}
    assert _found(world, peers, status=254) is peers
    assert _found(world, peers, {"Id": SELF, "Address": None, "Tags": None}) == {}
