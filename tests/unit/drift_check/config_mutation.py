"""The configuration with one value changed, whatever its type."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from tradai_shared.config.models.base import Model
from tradai_shared.config.models.network import PortGap, SecurityRule
from tradai_shared.config.paths import children

if TYPE_CHECKING:
    from tradai_shared.config import CanonicalConfig


def changed(config: CanonicalConfig, path: str, value: object) -> CanonicalConfig:
    """A copy with that value there; nothing is validated, so that one value can change alone."""
    put: CanonicalConfig = _put(config, path.split("."), value)
    return put


def _put(section: Any, names: list[str], value: object) -> Any:
    if not names:
        return value
    below = dict(children(section))
    below[names[0]] = _put(below[names[0]], names[1:], value)
    return section.model_copy(update=below) if isinstance(section, Model) else below


def another(value: object, path: str = "") -> Any:  # noqa: C901, PLR0911 - one case a type
    """Another value of the same type; None where there is no value to change."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case Enum():
            return next(element for element in type(value) if element is not value)
        case SecurityRule():
            return value.model_copy(update={"peer": "10.9.0.0/16"})
        case PortGap():
            return value.model_copy(update={"port": value.port + 1})
        case tuple() if value:
            return tuple(another(element) for element in value)
        case str() if path.endswith(".route_table"):
            return "database" if value == "public" else "public"
        case str() if path == "nat.subnet":
            return "public-2"
        case str() if value.startswith("10.0."):
            return value.replace("10.0.", "10.9.")
        case str() if value:
            return f"{value}x"
        case _:
            return None
