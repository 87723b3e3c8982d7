"""Inputs that nobody should send: JSON of any shape, and real samples with one part exchanged."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
AWKWARD = st.sampled_from(
    ["", " ", "\x00", "i-../../etc", "<script>", "[/x]", "a" * 5000, "१२३", "2026-13-45T99:99:99Z", "true"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text()
    | AWKWARD
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


def samples(folder: str) -> list[Any]:
    """The sample events of a function."""
    return [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "events" / folder).glob("*.json"))
    ]


def paths(value: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each part of a JSON value, the whole included."""
    yield before
    if isinstance(value, dict):
        for key, part in value.items():
            yield from paths(part, (*before, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from paths(part, (*before, index))


def exchanged(value: Any, path: tuple[str | int, ...], part: Any) -> Any:
    """The value with another part at a path; Ellipsis takes the part out."""
    if not path:
        return {} if part is ... else part
    changed = copy.deepcopy(value)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    if part is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = part
    return changed


@st.composite
def damaged(draw: st.DrawFn, folder: str) -> Any:
    """A sample of ``folder`` with one part exchanged or taken out."""
    sample = draw(st.sampled_from(samples(folder)))
    path = draw(st.sampled_from(list(paths(sample))))
    return exchanged(sample, path, draw(ANYTHING | st.just(...)))
