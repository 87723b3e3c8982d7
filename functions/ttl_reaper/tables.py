"""The tables as the canonical configuration has them, in the reaper's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradai_shared.config import provenance_of
from tradai_shared.config.paths import is_absent
from tradai_shared.errors import EventError
from ttl_reaper.events import ALL
from ttl_reaper.model import DesiredTable

if TYPE_CHECKING:
    from tradai_shared.config import CanonicalConfig
    from tradai_shared.config.models.data import Table
    from ttl_reaper.events import WorkEvent


def tables(config: CanonicalConfig) -> tuple[DesiredTable, ...]:
    """Every table of the configuration."""
    return tuple(
        DesiredTable(
            component=component,
            name=table.name,
            ttl_attribute=table.ttl.attribute if table.ttl else None,
            ttl_confirmed=provenance_of(config, ttl_path(component, table)).is_settled,
            may_be_reaped=table.may_be_reaped,
            pitr_expected=table.point_in_time_recovery,
            written_here_only=table.written_here_only,
        )
        for component, table in config.dynamodb.tables.items()
        if not is_absent(config, f"dynamodb.tables.{component}")
    )


def ttl_path(component: str, table: Table) -> str:
    """The value that says which attribute expires; how long items live is not the reaper's concern."""
    path = f"dynamodb.tables.{component}.ttl"
    return f"{path}.attribute" if table.ttl else path


def select_tables(event: WorkEvent, known: tuple[DesiredTable, ...]) -> tuple[DesiredTable, ...]:
    """The tables that an event is about; ``all`` means those that may be reaped and have a TTL.

    Raises:
        EventError: a table is not in the configuration, is never reaped, or is named twice.
    """
    for number, name in enumerate(sorted(event.without_pitr)):
        _named(f"allow_without_pitr.{number}", name, known)
    if event.tables == ALL:
        return tuple(table for table in known if table.may_be_reaped and table.ttl_attribute)
    if event.table is not None:
        return (_named("table", event.table, known),)
    selected = tuple(
        _named(f"tables.{number}", name, known) for number, name in enumerate(event.tables or ())
    )
    if len(set(selected)) < len(selected):
        raise EventError("tables", "a table is named twice")
    return selected


def _named(field: str, name: str, known: tuple[DesiredTable, ...]) -> DesiredTable:
    for table in known:
        if name in {table.component, table.name}:
            if not table.may_be_reaped:
                raise EventError(field, f"{table.name} is never reaped: the configuration says so")
            return table
    raise EventError(field, f"{name!r} is not a table of the canonical configuration")
