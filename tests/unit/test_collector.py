from __future__ import annotations

import gc

import pytest

from tradai_shared.collector import collector_paused


def test_it_rests_meanwhile_and_works_again_after_an_error() -> None:
    def fails() -> None:
        with collector_paused():
            assert not gc.isenabled()
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert gc.isenabled()


def test_where_it_rested_before_it_goes_on_resting() -> None:
    gc.disable()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
