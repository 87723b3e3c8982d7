from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from simulator.engine.virtual_clock import Killed, Process, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable


def walker(clock: VirtualClock, name: str, step: float, log: list[tuple[float, str]]) -> Callable[[], str]:
    def walk() -> str:
        for _ in range(3):
            log.append((clock.elapsed, name))
            clock.sleep(step)
        return name

    return walk


def test_callbacks_run_in_the_order_of_their_time_and_then_of_their_making() -> None:
    clock, log = VirtualClock(), []
    clock.after(2, lambda: log.append("late"))
    clock.after(1, lambda: log.append("first"))
    clock.after(1, lambda: log.append("second"))
    clock.advance(5)
    assert log == ["first", "second", "late"]
    assert clock.elapsed == 5


def test_a_cancelled_callback_never_runs() -> None:
    clock, log = VirtualClock(), []
    clock.after(1, lambda: log.append("never")).cancel()
    clock.advance(2)
    assert log == []


def test_two_processes_take_turns_at_every_sleep() -> None:
    clock: VirtualClock = VirtualClock()
    log: list[tuple[float, str]] = []
    slow = clock.spawn("slow", walker(clock, "slow", 2, log))
    quick = clock.spawn("quick", walker(clock, "quick", 1.5, log))
    clock.advance(10)
    assert log == [(0, "slow"), (0, "quick"), (1.5, "quick"), (2, "slow"), (3, "quick"), (4, "slow")]
    assert (slow.result, quick.result) == ("slow", "quick")


def test_only_one_process_runs_at_any_moment() -> None:
    clock, inside, most = VirtualClock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            inside += 1
            most = max(most, inside)
            inside -= 1
            clock.sleep(0.1)

    for number in range(5):
        clock.spawn(str(number), work)
    clock.advance(10)
    assert most == 1


def test_a_killed_process_ends_where_it_sleeps_whatever_it_catches() -> None:
    clock, log = VirtualClock(), []

    def stubborn() -> None:
        try:
            clock.sleep(100)
        except Exception:  # noqa: BLE001 - what a careless handler does
            log.append("caught")
        finally:
            log.append("cleaned up")
            clock.sleep(1)  # and even this ends at once

    process = clock.spawn("stubborn", stubborn)
    clock.after(5, process.kill)
    clock.advance(5)
    assert process.done
    assert isinstance(process.error, Killed)
    assert log == ["cleaned up"]


def test_a_process_that_raises_is_done_and_keeps_its_error() -> None:
    clock = VirtualClock()

    def work() -> None:
        raise LookupError("gone")

    ended: list[Process] = []
    process = clock.spawn("work", work, ended.append)
    clock.advance(0)
    assert isinstance(process.error, LookupError)
    assert ended == [process]


def test_a_thread_that_a_process_makes_may_not_sleep() -> None:
    clock, log = VirtualClock(), []

    def inner() -> None:
        try:
            clock.sleep(1)
        except RuntimeError as error:
            log.append(str(error))

    def work() -> None:
        thread = threading.Thread(target=inner)
        thread.start()
        thread.join()

    clock.spawn("work", work)
    clock.advance(1)
    assert log == ["work sleeps in a thread of its own making: its order would be chance"]


def test_a_process_may_not_drive_the_clock() -> None:
    clock = VirtualClock()
    process = clock.spawn("work", lambda: clock.advance(1))
    clock.advance(1)
    assert isinstance(process.error, RuntimeError)


def test_run_until_stops_at_the_step_that_fulfils_it() -> None:
    clock, log = VirtualClock(), []
    clock.after(3, lambda: log.append(3))
    clock.after(4, lambda: log.append(4))
    assert clock.run_until(lambda: bool(log), limit=10)
    assert clock.elapsed == 3
    assert not clock.run_until(lambda: len(log) == 3, limit=10)
    assert clock.elapsed == 13


def test_no_thread_is_left_when_the_clock_is_closed() -> None:
    clock = VirtualClock()
    before = threading.active_count()
    clock.spawn("sleeper", lambda: clock.sleep(1000))
    clock.advance(1)
    assert threading.active_count() == before + 1
    clock.close()
    assert threading.active_count() == before


def test_sleeping_outside_a_process_lets_the_world_run_on() -> None:
    clock, log = VirtualClock(), []
    clock.after(1, lambda: log.append(clock.elapsed))
    clock.sleep(2)
    assert log == [1]


def test_time_that_runs_past_a_callback_is_an_error_and_no_endless_catching_up() -> None:
    clock = VirtualClock()
    timer = clock.after(60, lambda: None)
    clock.skip(3600)
    timer.at -= 3_600_000_000
    with pytest.raises(RuntimeError, match="due 3540 s ago"):
        clock.advance(60)
