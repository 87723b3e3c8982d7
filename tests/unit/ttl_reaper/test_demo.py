from __future__ import annotations

from simulator.demo import reap


def test_the_demo_shows_that_renewed_items_are_kept_and_expired_ones_are_gone() -> None:
    told = reap.play()
    assert told["renewed_and_kept"] == reap.RENEWED
    assert told["live_and_kept"] == reap.LIVE
    assert told["expired_left"] == 0
    assert told["answer"]["data"]["summary"]["deleted"] == reap.EXPIRED - reap.RENEWED
    assert told["answer"]["data"]["summary"]["renewed"] == reap.RENEWED
