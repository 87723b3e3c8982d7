"""docs/year.svg: seconds without egress in a year, on a logarithmic axis; alone, in light and in dark."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from benchmarks.year.document import nines, rows, span
from simulator.demo.svg_colours import with_plain_colours

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.year.document import Row
    from benchmarks.year.play import Year

WIDTH, LEFT, RIGHT, TOP, ROW = 1000.0, 330.0, 250.0, 96.0, 46.0
TICKS = {10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 36_000: "10 h"}
SHORTEST, LONGEST = 10.0, 36_000.0  # seconds, the ends of the axis
STYLE = """
svg { --ink: #1c2330; --soft: #5b6577; --rule: #dfe3ea; --paper: #ffffff; --bar: #2563eb; --other: #9a5b00; }
@media (prefers-color-scheme: dark) { svg { --ink: #e8ebf1; --soft: #a3adbd; --rule: #333b49; --paper: #12161e;
  --bar: #6ea8fe; --other: #e0a94a; } }
text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
.paper { fill: var(--paper); } .title { font-size: 19px; font-weight: 650; } .soft { fill: var(--soft); }
.grid { stroke: var(--rule); } .simulated { fill: var(--bar); } .stated { fill: var(--other); }
.name { text-anchor: end; } .tick { text-anchor: middle; fill: var(--soft); }
"""


def picture(years: Sequence[Year], seed: int) -> str:
    drawn = rows(years)
    bottom = TOP + ROW * len(drawn)
    body = [
        f'<rect class="paper" width="{WIDTH:g}" height="{bottom + 44:g}"/>',
        '<text class="title" x="24" y="34">How long egress is away in a year: simulated</text>',
        f'<text class="soft" x="24" y="57">Seed {seed}; each NAT dies once a month, its zone is lost once. Blue is '
        "simulated, the rest is stated or promised by others. No AWS account was involved.</text>",
        *_axis(bottom),
        *(
            line
            for number, row in enumerate(drawn)
            for line in _bar(row, TOP + number * ROW, years[0].seconds)
        ),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {bottom + 44:g}" role="img" '
        'aria-label="Simulated seconds without egress in a year beside what is stated and promised">'
    )
    return "\n".join([head, f"<style>{with_plain_colours(STYLE)}</style>", *body, "</svg>"]) + "\n"


def x_of(seconds: float) -> float:
    inside = min(max(seconds, SHORTEST), LONGEST)
    return LEFT + math.log(inside / SHORTEST) / math.log(LONGEST / SHORTEST) * (WIDTH - LEFT - RIGHT)


def _axis(bottom: float) -> Iterator[str]:
    for seconds, label in TICKS.items():
        x = x_of(seconds)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 14:g}" x2="{x:.1f}" y2="{bottom:g}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{bottom + 20:g}">{label}</text>'


def _bar(row: Row, y: float, seconds: float) -> Iterator[str]:
    kind = "simulated" if row.kind == "simulated" else "stated"
    start = LEFT if row.least == row.most else x_of(row.least)
    end = x_of(row.most)
    yield f'<text class="name" x="{LEFT - 12:g}" y="{y + 17:g}">{escape(row.name)}</text>'
    yield f'<rect class="{kind}" x="{start:.1f}" y="{y + 2:g}" width="{max(end - start, 2):.1f}" height="20"/>'
    text = f"{span(row.most)}, {nines(row.most, seconds)}"
    yield f'<text x="{end + 8:.1f}" y="{y + 17:g}">{escape(text)}</text>'
