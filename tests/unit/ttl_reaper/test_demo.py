from __future__ import annotations

from simulator.demo import reap


def test_the_demo_shows_that_renewed_items_are_kept_and_expired_ones_are_gone() -> None:
    outcome = reap.play()
    assert outcome["renewed_and_kept"] == reap.RENEWED
    assert outcome["live_and_kept"] == reap.LIVE
    assert outcome["expired_left"] == 0
    assert outcome["answer"]["data"]["summary"]["deleted"] == reap.EXPIRED - reap.RENEWED
    assert outcome["answer"]["data"]["summary"]["renewed"] == reap.RENEWED
