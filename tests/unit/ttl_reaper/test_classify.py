from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradai_shared.config.models.base import DAY
from ttl_reaper.classify import (
    EARLIEST,
    FIVE_YEARS,
    LATEST,
    REPAIR_MARGIN,
    Expired,
    Window,
    classify,
    repaired,
)
from ttl_reaper.model import TtlClass, TtlState

NOW = 1_780_000_000
WINDOW = Window(NOW, 3 * DAY)
CUTOFF = NOW - 3 * DAY


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"N": str(CUTOFF - 1)}, Expired(TtlClass.OVERDUE, CUTOFF - 1)),
        ({"N": f"{CUTOFF - 1}.5"}, Expired(TtlClass.OVERDUE, CUTOFF - 1)),
        ({"N": "1.7E9"}, Expired(TtlClass.OVERDUE, 1_700_000_000)),
        ({"S": str(CUTOFF - 1)}, Expired(TtlClass.STRING, CUTOFF - 1)),
        ({"S": str((CUTOFF - 1) * 1000)}, Expired(TtlClass.STRING, CUTOFF - 1)),
        ({"N": str((CUTOFF - 1) * 1000 + 999)}, Expired(TtlClass.MILLISECONDS, CUTOFF - 1)),
        ({"N": str(NOW - FIVE_YEARS - 1)}, Expired(TtlClass.OLD, NOW - FIVE_YEARS - 1)),
        ({"N": str(NOW - FIVE_YEARS)}, Expired(TtlClass.OVERDUE, NOW - FIVE_YEARS)),
        ({"N": "1420070400"}, Expired(TtlClass.OLD, 1_420_070_400)),
        ({"N": str(EARLIEST * 1000)}, Expired(TtlClass.MILLISECONDS, EARLIEST)),
        ({"N": str(CUTOFF - 1).rjust(40, "0")}, Expired(TtlClass.OVERDUE, CUTOFF - 1)),
    ],
)
def test_an_expired_value_has_its_class_and_its_point_in_time(
    value: dict[str, str], expected: Expired
) -> None:
    assert classify(value, WINDOW) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"N": str(CUTOFF)},
        {"N": str(NOW)},
        {"N": str(NOW + 1)},
        {"S": str(CUTOFF)},
        {"N": str(CUTOFF * 1000)},
        {"N": "4102444800"},
        {"N": str(LATEST * 1000)},
    ],
)
def test_within_the_grace_period_or_later_is_alive(value: dict[str, str]) -> None:
    assert classify(value, WINDOW) is TtlState.LIVE


@pytest.mark.parametrize(
    "value",
    [
        {"N": "0"},
        {"N": "-1"},
        {"N": "1"},
        {"N": "1420070399"},
        {"N": "4102444801"},
        {"N": str(EARLIEST * 1000 - 1)},
        {"N": str(LATEST * 1000 + 1)},
        {"N": str(LATEST * 1000 + 500)},
        {"N": "1E+125"},
        {"N": "NaN"},
        {"N": "Infinity"},
        {"N": "x"},
        {"N": str(CUTOFF - 1).rjust(41, "0")},
        {"S": ""},
        {"S": "2024-01-01T00:00:00Z"},
        {"S": " 1700000000"},
        {"S": "1700000000.5"},
        {"S": "-1700000000"},
        {"S": "\u0661\u0667" + "\u0660" * 8},
        {"S": "1" * 4000},
        {"B": "MTcwMDAwMDAwMA=="},
        {"BOOL": True},
        {"NULL": True},
        {"L": []},
        {"M": {}},
        {"NS": ["1700000000"]},
    ],
)
def test_what_is_no_plausible_point_in_time_is_never_touched(value: dict[str, object]) -> None:
    assert classify(value, WINDOW) is TtlState.IMPLAUSIBLE


@pytest.mark.parametrize("value", [None, {}])
def test_an_item_without_ttl_never_expires(value: dict[str, str] | None) -> None:
    assert classify(value, WINDOW) is TtlState.NO_TTL


@given(st.integers(), st.sampled_from(["N", "S"]))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_only_what_lies_before_the_cut_off_is_expired(number: int, kind: str) -> None:
    match classify({kind: str(number)}, WINDOW):
        case Expired(_, epoch):
            assert EARLIEST <= epoch < CUTOFF
            assert Decimal(number) in {epoch, *range(epoch * 1000, epoch * 1000 + 1000)}


@given(st.integers(EARLIEST, CUTOFF - 1))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_repaired_value_is_expired_and_young_enough_for_native_ttl(epoch: int) -> None:
    assert NOW - FIVE_YEARS < repaired(epoch, WINDOW) <= CUTOFF


def test_a_repaired_value_leaves_native_ttl_thirty_days() -> None:
    youngest = NOW - (5 * 365 - 30) * 86_400
    assert (repaired(youngest, WINDOW), repaired(youngest - 1, WINDOW)) == (youngest, CUTOFF)


def test_a_value_that_is_young_enough_is_repaired_to_itself() -> None:
    assert repaired(NOW - 100 * DAY, WINDOW) == NOW - 100 * DAY
    youngest = NOW - FIVE_YEARS + REPAIR_MARGIN
    assert (repaired(youngest, WINDOW), repaired(youngest - 1, WINDOW)) == (youngest, CUTOFF)
