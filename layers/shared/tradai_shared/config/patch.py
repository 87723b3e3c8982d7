"""Own values over others, as RFC 7396 (JSON Merge Patch) says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def merge(values: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Lay own values over the others; null removes what is there."""
    for name, value in own.items():
        if isinstance(value, dict):
            below = values.get(name)
            values[name] = below if isinstance(below, dict) else {}
            merge(values[name], value)
        elif value is None:
            values.pop(name, None)
        else:
            values[name] = value
