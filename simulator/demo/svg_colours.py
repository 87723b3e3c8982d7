"""Colours of a picture that stands alone: for programs that do not know CSS variables, such as librsvg."""

from __future__ import annotations

import re

VARIABLE = re.compile(r"(--[a-z-]+):\s*([^;}]+)")
DECLARATION = re.compile(r"([a-z-]+):\s*([^;{}]*var\((--[a-z-]+)\)[^;{}]*)")


def with_plain_colours(style: str) -> str:
    """The style with a plain declaration before each one that uses a variable; the light colour serves.

    A program that does not know ``var()`` drops that declaration and keeps the plain one. librsvg does not
    take ``var(--x, #fff)`` either: it showed black.
    """
    light = dict(reversed(VARIABLE.findall(style)))  # the first definition is that of the light scheme

    def both(found: re.Match[str]) -> str:
        name, value, variable = found.groups()
        return f"{name}: {value.replace(f'var({variable})', light[variable].strip())}; {name}: {value}"

    return DECLARATION.sub(both, style)


def light_scheme(style: str) -> str:
    """The variables of the light scheme, as declarations: what is printed is dark on white."""
    light = dict(reversed(VARIABLE.findall(style)))
    return " ".join(f"{name}: {value.strip()};" for name, value in reversed(light.items()))
