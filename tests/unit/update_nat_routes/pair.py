"""Two groups of one at rest: what the tests of a pair start from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.unit.update_nat_routes.builder import instance, member, tables, to_instance, two_groups

if TYPE_CHECKING:
    from update_nat_routes.model import Instance, Observed

OLD = 900.0
TO_A = tables(to_instance("i-a"), to_instance("i-a"))
TO_B = tables(to_instance("i-b"), to_instance("i-b"))


def nat(name: str, state: str = "running", *, age: float = OLD, mark: str | None = "boot") -> Instance:
    return instance(name, state, age=age, ready_tag=mark)


def calm(**changes: Any) -> Observed:  # noqa: ANN401 - the fields of a dataclass
    """a carries, b stands by; both are ready."""
    world = two_groups([member("i-a")], [member("i-b")], [nat("i-a"), nat("i-b")], TO_A, eip="i-a")
    return replace(world, **changes)
