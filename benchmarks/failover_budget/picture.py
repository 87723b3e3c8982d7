"""docs/failover-budget.svg, from the figures: stands alone, in light and in dark."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from benchmarks.failover_budget.document import seconds
from benchmarks.failover_budget.peers import PEERS, Stated, platform
from benchmarks.failover_budget.scenarios import LONE, PAIRS, Boot, Kind
from simulator.demo.svg_colours import with_plain_colours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.failover_budget.figures import Budget, Series

WIDTH, LEFT, RIGHT = 1000.0, 215.0, 150.0
TOP, ROW, GAP = 168.0, 17.0, 13.0
COMPARABLE = (Kind.TERMINATED, Kind.STOPPED, Kind.IMPAIRED)
SHORTEST, LONGEST = 1.0, 1000.0  # seconds, the ends of the logarithmic axis
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
CLASSES = {Boot.PACKAGED: "a", Boot.DNF: "b", Boot.SHARED: "b", Boot.OWN: "a"}
STYLE = """
svg { --ink: #1c2330; --soft: #5b6577; --rule: #dfe3ea; --paper: #ffffff; --a: #2563eb; --b: #c2410c;
  --band: #f3d9a4; --peer: #7c3aed; }
@media (prefers-color-scheme: dark) { svg { --ink: #e8ebf1; --soft: #a3adbd; --rule: #333b49; --paper: #12161e;
  --a: #6ea8fe; --b: #fb923c; --band: #57430f; --peer: #c4a5fd; } }
text { font: 12.5px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
.paper { fill: var(--paper); } .title { font-size: 19px; font-weight: 650; } .soft { fill: var(--soft); }
.kind { text-anchor: end; font-weight: 550; } .tick { text-anchor: middle; fill: var(--soft); }
.grid { stroke: var(--rule); } .band { fill: var(--band); opacity: .75; }
.peer { stroke: var(--peer); stroke-width: 1.3; stroke-dasharray: 4 4; }
.peerspan { fill: var(--peer); opacity: .13; } .peername { fill: var(--peer); font-size: 11.5px; }
.a { fill: var(--a); stroke: var(--a); } .b { fill: var(--b); stroke: var(--b); }
.bar { fill-opacity: .3; stroke: none; } .cut { stroke-width: 2; } .far { stroke-width: 1.4; fill: none; }
.num { font-size: 11.5px; font-variant-numeric: tabular-nums; stroke: none; } .end { text-anchor: end; }
"""


def picture(budget: Budget) -> str:
    rows, bottom = _rows(budget)
    counts = {len(series.outages) for series in budget.series}
    count = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    body = [
        f'<rect class="paper" width="{WIDTH:g}" height="{bottom + 76:g}"/>',
        '<text class="title" x="24" y="34">Without egress when the NAT fails or is replaced: simulated</text>',
        (
            f'<text class="soft" x="24" y="55">{count} simulated failovers of each kind and boot, seed {budget.seed}; '
            "logarithmic seconds. No AWS account was involved.</text>"
        ),
        *_legend(),
        *_axis(bottom),
        *_others(bottom),
        *rows,
        (
            f'<text class="soft" x="24" y="{bottom + 47:g}">What others state was not measured here and '
            "need not count the same. AWS publishes no figure for many of the spans behind the bars:</text>"
        ),
        (
            f'<text class="soft" x="24" y="{bottom + 64:g}">docs/failover-budget.md lists the cited and the assumed ones '
            "apart.</text>"
        ),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {bottom + 76:g}" role="img" '
        'aria-label="Simulated outages of each kind of NAT failover beside what others state">'
    )
    return "\n".join([head, f"<style>{with_plain_colours(STYLE)}</style>", *body, "</svg>"]) + "\n"


def x_of(value: float) -> float:
    """Where a span of seconds stands on the axis; what lies outside stands at its end."""
    inside = min(max(value, SHORTEST), LONGEST)
    share = math.log(inside / SHORTEST) / math.log(LONGEST / SHORTEST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _legend() -> Iterator[str]:
    for x, boot, pair in ((28.0, Boot.PACKAGED, Boot.OWN), (388.0, Boot.DNF, Boot.SHARED)):
        name = CLASSES[boot]
        yield f'<rect class="bar {name}" x="{x:g}" y="70" width="30" height="10"/>'
        yield f'<circle class="{name}" cx="{x:g}" cy="75" r="4"/>'
        yield f'<text x="{x + 38:g}" y="79">boots {boot}; a pair: {pair}</text>'
    yield '<text class="num soft" x="708" y="79">dot p50, bar to p99, stroke p95, ring the longest</text>'


def _axis(bottom: float) -> Iterator[str]:
    for tick in TICKS:
        x = x_of(tick)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 10:g}" x2="{x:.1f}" y2="{bottom:g}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{bottom + 18:g}">{tick} s</text>'
    yield f'<text class="num soft end" x="{WIDTH - 20:g}" y="{TOP - 14:g}">p50 / p95 / p99, s</text>'


def _others(bottom: float) -> Iterator[str]:
    """Each name in a line of its own, beside its mark."""
    # the platform's figure is of a lone NAT that Auto Scaling's health check replaces: the first kinds
    comparable = TOP + len(COMPARABLE) * (2 * ROW + GAP) - GAP / 2
    yield from _mark(platform(), "band", 0, comparable, to_the_right=True)
    for row, peer in zip((0, 1, 2, 1), PEERS, strict=True):
        yield from _mark(peer, "peerspan", row, bottom, to_the_right=peer.high > SHORTEST * 100)


def _mark(stated: Stated, kind: str, row: int, bottom: float, *, to_the_right: bool) -> Iterator[str]:
    start, end, y = x_of(stated.low), x_of(stated.high), 104 + 17 * row
    height = bottom - y + 8
    if start == end:
        yield f'<line class="peer" x1="{start:.1f}" y1="{y - 8:g}" x2="{start:.1f}" y2="{bottom:g}"/>'
    else:
        yield f'<rect class="{kind}" x="{start:.1f}" y="{y - 8:g}" width="{end - start:.1f}" height="{height:g}"/>'
    x, anchor = (end + 5, "") if to_the_right else (start - 5, " end")
    name = "num" if kind == "band" else "peername"
    yield f'<text class="{name}{anchor}" x="{x:.1f}" y="{y + 4:g}">{escape(stated.who)}: {stated.told}</text>'


def _rows(budget: Budget) -> tuple[list[str], float]:
    lines, y = list[str](), TOP
    for kind in Kind:
        lines.append(f'<text class="kind" x="{LEFT - 14:g}" y="{y + ROW + 4:g}">{escape(kind)}</text>')
        for boot in PAIRS if kind.of_a_pair else LONE:
            series = budget.of(kind, boot)
            if series is not None:
                lines += _row(series, y + ROW / 2)
            y += ROW
        y += GAP
    return lines, y


def _row(series: Series, y: float) -> Iterator[str]:
    p50, p95, p99, most = (series.percentile(percent) for percent in (50, 95, 99, 100))
    name = CLASSES[series.boot]
    figures = " / ".join(seconds(value) for value in (p50, p95, p99))
    title = f"{series.kind}, {series.boot}: p50 / p95 / p99 {figures} s, longest {seconds(most)} s, simulated"
    yield f"<g><title>{escape(title)}</title>"
    yield (
        f'<rect class="bar {name}" x="{x_of(p50):.1f}" y="{y - 5:g}" width="{x_of(p99) - x_of(p50):.1f}" height="10"/>'
    )
    yield f'<line class="cut {name}" x1="{x_of(p95):.1f}" y1="{y - 5:g}" x2="{x_of(p95):.1f}" y2="{y + 5:g}"/>'
    yield f'<circle class="far {name}" style="fill:none" cx="{x_of(most):.1f}" cy="{y:g}" r="3.2"/>'
    yield f'<circle class="{name}" cx="{x_of(p50):.1f}" cy="{y:g}" r="4"/></g>'
    yield f'<text class="num end {name}" x="{WIDTH - 20:g}" y="{y + 4:g}">{figures}</text>'
