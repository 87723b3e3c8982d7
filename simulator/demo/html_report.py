"""The HTML report of a demo: one file, light and dark, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from simulator.demo.moments import rows
from simulator.demo.svg_colours import light_scheme, with_plain_colours
from simulator.demo.timeline_svg import picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.demo.timeline import Step, Timeline

FRAME = Path(__file__).with_name("html_report.html")
STYLE = Path(__file__).with_name("timeline.css")  # the palette, and what the picture takes of it
HEADLINE = 40
INSIDE = 70  # per cent: a longer bar holds its own label


def page(story: Timeline, data: dict[str, Any]) -> str:
    """The whole page."""
    low, high = data["outage_seconds_stated_by_the_platform"]
    comparable = is_comparable(data)
    style = STYLE.read_text(encoding="utf-8")
    return Template(FRAME.read_text(encoding="utf-8")).substitute(
        style=style,
        light=light_scheme(style),
        account=data["account"],
        region=data["region"],
        environment=data["environment"],
        title=escape(headline(story, data)),
        flow=escape(story.flow),
        with_=escape("; ".join(data["options"]) or "nothing else goes wrong"),
        seed=data["seed"],
        egress_title="Without egress: simulated, and as the platform states it"
        if comparable
        else "Without egress (simulated)",
        comparison=comparison(story.outage, low, high) if comparable else f"<p>{duration(story.outage)}</p>",
        stated=f" The platform's stated {low} to {high} s come\nfrom its own documentation."
        if comparable
        else "",
        moments="\n".join(rows(story)),
        picture=picture(story),
        steps="\n".join(map(_step, range(1, len(story.steps) + 1), story.steps)),
        invocations=story.invocations,
        calls=story.calls,
        writes=story.writes,
        segments="\n".join(_segments(data)),
    )


def is_comparable(data: dict[str, Any]) -> bool:
    """Whether the platform's figure is of the same: a NAT that dies, and nothing else that goes wrong."""
    return not data["options"]


def standalone(story: Timeline, data: dict[str, Any]) -> str:
    """The picture as a file of its own, with its headline: for a document that cannot hold a page."""
    style = with_plain_colours(STYLE.read_text(encoding="utf-8"))
    drawn = picture(story)
    opening, remainder = drawn.split(">", 1)
    width, height = opening.split('viewBox="0 0 ')[1].split('"')[0].split()
    tall = float(height) + HEADLINE
    opening = opening.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    opening = opening.replace(f"0 0 {width} {height}", f"0 -{HEADLINE} {width} {tall:g}")
    paper = f'<rect class="paper" y="-{HEADLINE}" width="{width}" height="{tall:g}"/>'
    text = f'<text class="headline" x="16" y="-14">{escape(headline(story, data))} (simulated)</text>'
    return f"{opening}>\n<style>{style}</style>\n{paper}\n{text}{remainder}\n"


def duration(outage: float | None) -> str:
    return "still down (simulated)" if outage is None else f"{outage:.1f} s (simulated)"


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
    seconds = duration(outage)
    late = " late" if outage is None or outage > low else ""
    place = f"right:{100 - ours:.2f}%" if ours > INSIDE else f"left:{ours:.2f}%"
    return (
        f'<div class="compare"><div class="ours{late}" style="width:{ours:.2f}%"></div>'
        f'<span class="ours" style="{place}">{seconds}</span>'
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
