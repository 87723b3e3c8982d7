"""The HTML report of a demo: one file, light and dark, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from simulator.demo.timeline_svg import picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.demo.timeline import Step, Timeline

FRAME = Path(__file__).with_name("html_report.html")
HEADLINE = 40
INSIDE = 70  # per cent: a longer bar holds its own label


def page(story: Timeline, data: dict[str, Any]) -> str:
    """The whole page."""
    low, high = data["outage_seconds_stated_by_the_platform"]
    return Template(FRAME.read_text(encoding="utf-8")).substitute(
        title=escape(headline(story, data)),
        flow=escape(story.flow),
        with_=escape("; ".join(data["options"]) or "nothing else goes wrong"),
        seed=data["seed"],
        low=low,
        high=high,
        comparison=comparison(story.outage, low, high),
        picture=picture(story),
        steps="\n".join(map(_step, range(1, len(story.steps) + 1), story.steps)),
        invocations=story.invocations,
        calls=story.calls,
        writes=story.writes,
        segments="\n".join(_segments(data)),
    )


def standalone(story: Timeline, data: dict[str, Any]) -> str:
    """The picture as a file of its own, with its headline: for a document that cannot hold a page."""
    frame = FRAME.read_text(encoding="utf-8")
    style = frame[frame.index("<style>") + len("<style>") : frame.index("</style>")].replace("$$", "$")
    drawn = picture(story)
    opening, remainder = drawn.split(">", 1)
    width, height = opening.split('viewBox="0 0 ')[1].split('"')[0].split()
    tall = float(height) + HEADLINE
    opening = opening.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    opening = opening.replace(f"0 0 {width} {height}", f"0 -{HEADLINE} {width} {tall:g}")
    paper = f'<rect y="-{HEADLINE}" width="{width}" height="{tall:g}" fill="var(--card)"/>'
    look = "fill:var(--ink);font:700 17px system-ui,sans-serif"
    text = f'<text x="16" y="-14" style="{look}">{escape(headline(story, data))} (simulated)</text>'
    return f"{opening}>\n<style>{style}</style>\n{paper}\n{text}{remainder}\n"


def headline(story: Timeline, data: dict[str, Any]) -> str:
    planned = any("planned" in option for option in data["options"])
    event = "The NAT was replaced as planned." if planned else "The NAT died."
    if story.outage is None:
        return f"{event} Traffic is not back yet."
    if story.outage == 0:
        return f"{event} Traffic never stopped."
    if planned:
        return f"{event} Traffic paused for {story.outage:.1f} s."
    if story.uneven:
        first = min(total for total in story.totals.values() if total is not None)
        return f"{event} Traffic was back after {first:.1f} s, in the last table after {story.outage:.1f} s."
    return f"{event} Traffic was back after {story.outage:.1f} s."


def comparison(outage: float | None, low: float, high: float) -> str:
    """The outage above the platform's own figure, on one scale."""
    most = max(high, outage or high) * 1.02
    start, end = 100 * low / most, 100 * high / most
    ours = 100.0 if outage is None else max(100 * outage / most, 0.3)
    seconds = "still down (simulated)" if outage is None else f"{outage:.1f} s (simulated)"
    late = " late" if outage is None or outage > low else ""
    place = f"right:{100 - ours:.2f}%" if ours > INSIDE else f"left:{ours:.2f}%"
    inside = " inside" if ours > INSIDE else ""
    return (
        f'<div class="compare"><div class="ours{late}" style="width:{ours:.2f}%"></div>'
        f'<span class="ours{inside}" style="{place}">{seconds}</span>'
        f'<div class="stated" style="left:{start:.2f}%;width:{end - start:.2f}%"></div>'
        f'<span class="stated" style="right:{100 - start:.2f}%">{low:g} to {high:g} s, as stated</span></div>'
    )


def _step(number: int, step: Step) -> str:
    elapsed = "–" if step.at is None else f"+{step.at:.1f} s"  # noqa: RUF001 - a dash for a time that never came
    return (
        f'<li><span class="number">{number}</span><span class="at">{elapsed}</span>'
        f"<span><b>{escape(step.flow)}</b><br>{escape(step.what)}</span></li>"
    )


def _segments(data: dict[str, Any]) -> Iterator[str]:
    for segment in data["segments"]:
        low, high = segment["seconds"]
        span = f"{low:g} s" if low == high else f"{low:g} to {high:g} s"
        yield (
            f'<tr><td>{escape(segment["what"])}</td><td class="span">{span}</td>'
            f'<td><span class="sure {segment["sure"]}">{segment["sure"]}</span></td>'
            f"<td>{escape(segment['source'])}</td></tr>"
        )
