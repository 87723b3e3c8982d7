"""The page and the picture say everything, and are those of the figures that are kept beside them."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.failover_budget.document import document
from benchmarks.failover_budget.figures import ALL_SERIES, Budget, Series, from_json
from benchmarks.failover_budget.peers import PEERS, platform
from benchmarks.failover_budget.picture import LEFT, RIGHT, WIDTH, picture, x_of
from benchmarks.failover_budget.scenarios import Boot, Kind
from simulator.engine import durations
from simulator.engine.durations import Confidence

DOCS = Path(__file__).parents[3] / "docs"
KEPT = from_json((DOCS / "failover-budget.json").read_text(encoding="utf-8"))
COMMAND = 'make bench-failover ARGS="--runs 4"'
INVENTED = Budget(
    5,
    "2026-11-22",
    COMMAND,
    2,
    tuple(Series(kind, boot, (10.04, 20.0, 30.0, 41.26), 8.0, 47.0) for kind, boot in ALL_SERIES),
)
CELLS = "4 | 20.0 | 41.3 | 41.3 | 41.3 | 0 | 8.0 to 47.0"


@pytest.mark.parametrize(("name", "drawn"), [("md", document), ("svg", picture)])
def test_what_is_kept_is_drawn_from_the_figures(name: str, drawn: object) -> None:
    assert callable(drawn)
    assert (DOCS / f"failover-budget.{name}").read_text(encoding="utf-8") == drawn(KEPT), (
        'make bench-failover ARGS="--draw"'
    )


def test_the_figures_kept_are_of_every_kind_and_boot() -> None:
    assert [(entry.kind, entry.boot) for entry in KEPT.series] == ALL_SERIES


@pytest.mark.parametrize(("kind", "boot"), ALL_SERIES)
def test_every_kind_and_boot_has_its_row(kind: Kind, boot: Boot) -> None:
    assert f"| {kind} | {boot} | {CELLS} |" in document(INVENTED)


def test_cited_and_assumed_segments_stand_apart() -> None:
    page = document(INVENTED)
    cited, assumed = page.split("## What is cited")[1].split("## What is assumed")
    for entry in durations.ALL:
        own_page, other_page = (cited, assumed) if entry.sure is Confidence.CITED else (assumed, cited)
        assert f"| {entry.what} |" in own_page
        assert f"| {entry.what} |" not in other_page


def test_the_page_says_that_it_is_simulated_and_how_to_repeat_it() -> None:
    page = document(INVENTED)
    for phrase in ("is simulated", COMMAND, "seed 5", "2026-11-22", "What is unknown on AWS"):
        assert phrase in page


def test_the_platform_and_the_peers_stand_beside_it_as_stated() -> None:
    page, drawn = document(INVENTED), picture(INVENTED)
    assert "not measured here" in page
    assert platform().told == "120-180 s"
    for entry in (platform(), *PEERS):
        assert f"| {entry.who} | {entry.what} | {entry.told} |" in page
        assert f"{entry.who}: {entry.told}" in drawn


def test_a_run_that_never_healed_is_reported() -> None:
    broken = Series(Kind.STOPPED, Boot.DNF, (10.0, math.inf))
    page = document(Budget(1, "", "", 0, (broken,)))
    assert "| stopped | with dnf | 2 | 10.0 | never | never | never | 1 | not run |" in page
    assert "| stopped | without packages | 0 | | | | | | |" in page


def test_the_picture_is_an_image_of_its_own_for_light_and_dark() -> None:
    drawn = picture(INVENTED)
    assert ET.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert "prefers-color-scheme: dark" in drawn
    assert "simulated" in drawn
    for kind, boot in ALL_SERIES:
        assert f"{kind}, {boot}: p50 / p95 / p99 20.0 / 41.3 / 41.3 s" in drawn


def test_the_axis_keeps_what_lies_beyond_it_at_its_ends() -> None:
    assert x_of(0.01) == x_of(1) == LEFT
    assert x_of(math.inf) == x_of(1000) == WIDTH - RIGHT
    assert x_of(10) - x_of(1) == pytest.approx(x_of(100) - x_of(10))
