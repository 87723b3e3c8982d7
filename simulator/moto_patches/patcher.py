"""Where moto is not as AWS is: each correction replaces an attribute of one of moto's classes for a while."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F")


@dataclass
class MotoPatch:
    """A set of corrections. The docstring of each says what AWS does."""

    _all: list[tuple[Any, str, object]] = field(default_factory=list)

    def of(self, owner: object, name: str) -> Callable[[F], F]:
        """Decorate the replacement of ``owner.name``."""

        def keep(replacement: F) -> F:
            self._all.append((owner, name, replacement))
            return replacement

        return keep

    def property_of(self, owner: object, name: str) -> Callable[[Callable[[Any], object]], object]:
        """Decorate the getter that replaces ``owner.name``."""

        def keep(getter: Callable[[Any], object]) -> object:
            self._all.append((owner, name, property(getter)))
            return getter

        return keep

    def hand(self, owner: object, name: str, to: Callable[..., object]) -> None:
        """Let another object's method answer for ``owner.name``, with the instance as its first argument."""
        # a lambda, since a bound method would not be given the instance
        self._all.append((owner, name, lambda *given: to(*given)))  # noqa: PLW0108 - see above

    def around(self, owner: Any, name: str, outer: Callable[..., object]) -> None:
        """The same, with moto's own method as the last argument."""
        inner = getattr(owner, name)
        self._all.append((owner, name, lambda *given: outer(*given, inner)))

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, replacement in self._all:
                stack.enter_context(patch.object(owner, name, replacement, create=True))
            yield
