"""Every bar and mark of the picture as rows of a table: what a reader who cannot point at it needs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.demo.timeline import Timeline


def rows(story: Timeline) -> Iterator[str]:
    """In the order of time. A bar that began before the failure begins with it."""
    found = [*_outages(story), *_spans(story), *_moments(story)]
    for seconds, when, where, what in sorted(found):
        del seconds
        yield f'<tr><td class="span">{when}</td><td>{escape(where)}</td><td>{escape(what)}</td></tr>'


def _between(start: float, end: float | None) -> str:
    return f"+{start:.1f} s on" if end is None else f"+{start:.1f} to +{end:.1f} s"


def _outages(story: Timeline) -> Iterator[tuple[float, str, str, str]]:
    for table, outages in story.outages.items():
        for start, end in outages:
            lasted = "no egress, no end seen" if end is None else f"no egress for {end - start:.1f} s"
            yield start, _between(start, end), table, lasted


def _spans(story: Timeline) -> Iterator[tuple[float, str, str, str]]:
    for span in story.spans:
        if span.end is not None and span.end <= 0:
            continue  # it ended with the failure itself
        what = f"run by: {span.what}" if span.lane == "function" else span.what
        yield max(span.start, 0), _between(max(span.start, 0), span.end), span.lane, what


def _moments(story: Timeline) -> Iterator[tuple[float, str, str, str]]:
    for moment in story.moments:
        refused = "lost" if moment.lane == "events" else "refused"
        what = f"{moment.what}, {refused}" if moment.failed else moment.what
        yield moment.at, f"+{moment.at:.1f} s", moment.lane, what
