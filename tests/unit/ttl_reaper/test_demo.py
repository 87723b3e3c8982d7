from __future__ import annotations

from simulator import demo_reap


def test_the_demo_shows_that_renewed_items_are_kept_and_expired_ones_are_gone() -> None:
    told = demo_reap.play()
    assert told["renewed_and_kept"] == demo_reap.RENEWED
    assert told["live_and_kept"] == demo_reap.LIVE
    assert told["expired_left"] == 0
    assert told["answer"]["data"]["summary"]["deleted"] == demo_reap.EXPIRED - demo_reap.RENEWED
    assert told["answer"]["data"]["summary"]["renewed"] == demo_reap.RENEWED
