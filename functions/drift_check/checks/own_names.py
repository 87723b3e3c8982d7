"""Which names follow the deployment's own naming, so that a resource that nobody configured is noticed.

Names of the platform's documents begin with ``tradai-``, those of the stack's own with its parameter
NamePrefix. A deployment with other names states them: what several of a kind have in common is its naming.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tradai_shared.config.naming import PROJECT
from tradai_shared.config.parameters import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tradai_shared.config.models import CanonicalConfig

SEPARATORS = re.compile(r"([-_./])")
SHORTEST_WORD = 3  # of a shorter one, such as "q" or "eu", a stranger's name has the same
ENOUGH_WORDS = 2  # in common: the platform's and the environment's, as in tradai-*-dev


def prefix(config: CanonicalConfig) -> str:
    """With what the names begin that the stack itself makes."""
    return config.annotations.parameters.get(PREFIX) or PROJECT


def follows_naming(config: CanonicalConfig, configured: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name that nobody configured is named as ``configured``, the names of the same kind, are."""
    env = str(config.environment)
    frames = _frames(configured)

    def follows(name: str) -> bool:
        own = any(name.startswith(f"{start}-") for start in (PROJECT, prefix(config)))
        return (own and env in _words(name)) or any(_is_framed(name, *frame) for frame in frames)

    return follows


def _words(text: str) -> list[str]:
    return [word for word in SEPARATORS.split(text) if word and not SEPARATORS.fullmatch(word)]


def _frames(names: Iterable[str]) -> list[tuple[str, str]]:
    """The beginning and the end that names with the same first word, or with the same last one, share."""
    split = [SEPARATORS.split(name) for name in names]
    frames = set()
    for place in (0, -1):
        for word in {parts[place] for parts in split}:
            family = [parts for parts in split if parts[place] == word]
            if len(family) > 1:
                frames.add(_common(family))
    return sorted(frame for frame in frames if _says_enough(frame))


def _common(family: Sequence[list[str]]) -> tuple[str, str]:
    start = _shared(family)
    remaining = [parts[len(start) :][::-1] for parts in family]
    return "".join(start), "".join(_shared(remaining)[::-1])


def _shared(family: Sequence[list[str]]) -> list[str]:
    """The words and separators that all begin with."""
    length = 0
    for column in zip(*family, strict=False):
        if len(set(column)) > 1:
            break
        length += 1
    return family[0][:length]


def _says_enough(frame: tuple[str, str]) -> bool:
    """Two words, of which an account's number and short ones do not count."""
    words = [word for part in frame for word in _words(part)]
    return sum(len(word) >= SHORTEST_WORD and not word.isdigit() for word in words) >= ENOUGH_WORDS


def _is_framed(name: str, start: str, end: str) -> bool:
    return len(name) > len(start) + len(end) and name.startswith(start) and name.endswith(end)
