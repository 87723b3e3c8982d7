"""Renders a timeline as SVG: tables, machines, events, runs of the function, writes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.demo.timeline import Interval, Timeline, TimelineEvent

WIDTH, LEFT, RIGHT = 1080.0, 132.0, 16.0
LANE, GAP = 22.0, 8.0
BEFORE = 0.04  # share of the picture that shows the time before the death
LETTER, SMALL_LETTER = 6.4, 5.9  # their widths, about
CLUSTER = 34.0  # pixels within which words stand together
STATES = {
    "forwarding": "up",
    "booting": "boot",
    "running": "boot",
    "pending": "wait",
    "boot script broke": "down",
    "forwards no more": "down",
}
WRITES = {
    "AssociateAddress": "address",
    "ReplaceRoute": "route",
    "CreateRoute": "route",
    "CompleteLifecycleAction": "hook",
    "ModifyInstanceAttribute": "check off",
    "ModifyNetworkInterfaceAttribute": "check off",
    "TerminateInstanceInAutoScalingGroup": "replace",
    "CreateTags": "ready",
    "Publish": "alert",
}


@dataclass(frozen=True)
class Scale:
    """Seconds to pixels."""

    seconds: float

    def x(self, seconds: float) -> float:
        start = LEFT + (WIDTH - LEFT - RIGHT) * BEFORE
        return start + (WIDTH - RIGHT - start) * seconds / self.seconds

    def clip(self, seconds: float | None) -> float:
        return WIDTH - RIGHT if seconds is None else min(self.x(seconds), WIDTH - RIGHT)


def picture(story: Timeline) -> str:
    """The whole timeline."""
    scale = Scale(story.lasted)
    marks = list(_marks(story, scale))
    top = y = 34.0 + 18 * max((mark.row for mark in marks), default=0)
    parts: list[str] = []
    for draw in (_tables, _machines, _events, _function, _writes):
        lines, y = draw(story, scale, y)
        parts += lines
        y += GAP
    behind = [_shade(story, scale, top, y), *_axis(scale, top, y), *(mark.draw(y) for mark in marks)]
    view = f'viewBox="0 0 {WIDTH:g} {y + 28:g}"'
    label = "Timeline of the simulated failover, in seconds after its beginning"
    body = "\n".join([*behind, *parts])
    return f'<svg class="timeline" {view} role="img" aria-label="{label}">\n{body}\n</svg>'


@dataclass(frozen=True)
class Mark:
    """A numbered mark for a step of the flow."""

    number: int
    x: float
    row: int
    title: str

    def draw(self, bottom: float) -> str:
        y = 14 + 18 * self.row
        return (
            f'<line class="guide" x1="{self.x:.1f}" y1="{y:g}" x2="{self.x:.1f}" y2="{bottom:g}"/>'
            f'<g class="mark"><title>{escape(self.title)}</title>'
            f'<circle cx="{self.x:.1f}" cy="{y:g}" r="8.5"/>'
            f'<text x="{self.x:.1f}" y="{y + 3.8:g}">{self.number}</text></g>'
        )


def _marks(story: Timeline, scale: Scale) -> Iterator[Mark]:
    """In as many rows as they need."""
    ends: list[float] = []
    timed = [(step.at, number, step) for number, step in enumerate(story.steps, 1) if step.at is not None]
    for seconds, number, step in sorted(timed, key=lambda mark: mark[:2]):
        x = scale.x(max(seconds, 0))
        title = f"{step.flow}: +{seconds:.1f} s, {step.what} (simulated)"
        yield Mark(number, x, _row(ends, x, x + 19), title)


def _shade(story: Timeline, scale: Scale, top: float, bottom: float) -> str:
    """The time without egress, behind everything."""
    spans = [span for outages in story.outages.values() for span in outages]
    if not spans:
        return ""
    start = scale.x(min(start for start, _ in spans))
    end = max(scale.clip(end) for _, end in spans)
    shape = f'x="{start:.1f}" y="{top - 6:g}" width="{end - start:.1f}" height="{bottom - top + 6:g}"'
    return f'<rect class="shade" {shape}/>'


def _axis(scale: Scale, top: float, bottom: float) -> Iterator[str]:
    step = next(s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300) if scale.seconds / s <= 14)  # noqa: PLR2004 - marks
    seconds = 0
    while seconds <= scale.seconds:
        x = scale.x(seconds)
        yield f'<line class="grid" x1="{x:.1f}" y1="{top - 6:g}" x2="{x:.1f}" y2="{bottom:g}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{bottom + 18:g}">{seconds} s</text>'
        seconds += step


def _name(text: str, y: float) -> str:
    return f'<text class="lane" x="{LEFT - 10:g}" y="{y + LANE / 2 + 4:g}">{escape(text)}</text>'


def _bar(span: tuple[float, float], y: float, kind: str, text: str, title: str) -> str:
    """A bar from one pixel to another, with its text where that fits."""
    start, width = span[0], max(span[1] - span[0], 2.0)
    label = ""
    if text and len(text) * LETTER + 8 < width:
        label = f'<text class="inbar {kind}" x="{start + 5:.1f}" y="{y + 15:g}">{escape(text)}</text>'
    return (
        f'<g><title>{escape(title)}</title><rect class="bar {kind}" x="{start:.1f}" y="{y:g}" '
        f'width="{width:.1f}" height="{LANE:g}" rx="4"/>{label}</g>'
    )


def _tables(story: Timeline, scale: Scale, y: float) -> tuple[list[str], float]:
    lines = []
    for table, outages in story.outages.items():
        lines.append(_name(table, y))
        since = LEFT
        for start, end in outages:
            a, b = scale.x(start), scale.clip(end)
            lines.append(_bar((since, a), y, "up", "", f"{table}: traffic flows"))
            label = "no end seen" if end is None else f"{end - start:.1f} s"
            lines.append(
                _bar((a, b), y, "down", f"no egress: {label}", f"{table}: no egress, {label} (simulated)")
            )
            since = b
        lines.append(_bar((since, WIDTH - RIGHT), y, "up", "egress", f"{table}: traffic flows"))
        y += LANE + 4
    return lines, y


def _machines(story: Timeline, scale: Scale, y: float) -> tuple[list[str], float]:
    lines = []
    for name in story.machines:
        lines.append(_name(name, y))
        for span in story.spans:
            if span.lane == name:
                start = LEFT if span.start <= 0 and span.what == "forwarding" else scale.x(span.start)
                kind = STATES.get(span.what, "gone")
                lines.append(_bar((start, scale.clip(span.end)), y, kind, span.what, _told(span)))
        y += LANE + 4
    return lines, y


def _told(span: Interval) -> str:
    until = "" if span.end is None else f" to +{span.end:.1f} s"
    return f"{span.lane} {span.what}: +{span.start:.1f}{until} (simulated)"


def _events(story: Timeline, scale: Scale, y: float) -> tuple[list[str], float]:
    lines, words = [_name("events", y), _rail(y)], list[tuple[float, str]]()
    for moment in story.moments:
        if moment.lane == "events":
            x, middle = scale.x(moment.at), y + LANE / 2
            title = f"<title>{escape(_said(moment))}</title>"
            cross = f'<path d="M{x - 5:.1f} {middle - 5:g}l10 10m0 -10l-10 10"/>'
            dot = f'<circle cx="{x:.1f}" cy="{middle:g}" r="4.5"/>'
            kind, shape = ("lost", cross) if moment.failed else ("event", dot)
            lines.append(f'<g class="{kind}">{title}{shape}</g>')
            words.append((x, f"{moment.what} lost" if moment.failed else moment.what))
    labels, bottom = _words(words, y + LANE)
    return [*lines, *labels], bottom


def _words(words: list[tuple[float, str]], y: float) -> tuple[list[str], float]:
    """Marks that are close together share one line, each word once with its count; lines do not overlap."""
    clusters: list[tuple[float, dict[str, int]]] = []
    for x, word in words:
        if not clusters or x - clusters[-1][0] > CLUSTER:
            clusters.append((x, {}))
        clusters[-1][1][word] = clusters[-1][1].get(word, 0) + 1
    lines, ends = list[str](), list[float]()
    for x, labels in clusters:
        text = _line(labels)
        width = len(text) * SMALL_LETTER
        start = min(x - 3, WIDTH - RIGHT - width)
        row = _row(ends, start, start + width + 8)
        lines.append(f'<text class="word" x="{start:.1f}" y="{y + 10 + 13 * row:g}">{escape(text)}</text>')
    return lines, y + 13 * max(len(ends), 1) + 1


def _row(ends: list[float], start: float, end: float) -> int:
    """The first row that is free from ``start`` on, now taken until ``end``."""
    row = next((number for number, taken in enumerate(ends) if start > taken), len(ends))
    ends[row : row + 1] = [end]
    return row


def _line(counts: dict[str, int]) -> str:
    return ", ".join(word if number == 1 else f"{word} ×{number}" for word, number in counts.items())  # noqa: RUF001 - times


def _said(moment: TimelineEvent) -> str:
    return f"{moment.what}{' (failed)' if moment.failed else ''}: +{moment.at:.1f} s (simulated)"


def _rail(y: float) -> str:
    middle = y + LANE / 2
    return f'<line class="rail" x1="{LEFT:g}" y1="{middle:g}" x2="{WIDTH - RIGHT:g}" y2="{middle:g}"/>'


def _function(story: Timeline, scale: Scale, y: float) -> tuple[list[str], float]:
    """Runs that overlap go below each other."""
    lines, ends = [_name("function", y)], list[float]()
    for span in story.spans:
        if span.lane == "function":
            start, end = scale.x(span.start), scale.clip(span.end)
            row = _row(ends, start, max(end, start + 2) + 2)
            lines.append(_bar((start, end), y + row * (LANE + 3), "run", span.what, _told(span)))
    return lines, y + max(len(ends), 1) * (LANE + 3)


def _writes(story: Timeline, scale: Scale, y: float) -> tuple[list[str], float]:
    lines, words = [_name("writes", y), _rail(y)], list[tuple[float, str]]()
    for moment in story.moments:
        if moment.lane == "writes":
            x, word = scale.x(moment.at), WRITES.get(moment.what, moment.what)
            kind = "failed" if moment.failed else "done"
            lines.append(
                f'<g class="write {kind}"><title>{escape(_said(moment))}</title>'
                f'<line x1="{x:.1f}" y1="{y + 2:g}" x2="{x:.1f}" y2="{y + LANE - 2:g}"/></g>'
            )
            words.append((x, f"{word} refused" if moment.failed else word))
    labels, bottom = _words(words, y + LANE)
    return [*lines, *labels], bottom
