"""The canonical configuration: the single source of truth about the platform.

Names are imported when first used, so that ``tradai_shared.config.naming`` costs no more than strings.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tradai_shared.collector import collector_paused

if TYPE_CHECKING:
    from tradai_shared.config.load import canonical_config, waivers
    from tradai_shared.config.marks import Provenance
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.naming import Environment
    from tradai_shared.config.paths import is_immutable, is_unstated, leaves, provenance, value_at

__all__ = [
    "CanonicalConfig",
    "Environment",
    "Provenance",
    "canonical_config",
    "is_immutable",
    "is_unstated",
    "leaves",
    "provenance",
    "value_at",
    "waivers",
]

_HOME = {
    "CanonicalConfig": "models",
    "Environment": "naming",
    "Provenance": "marks",
    "canonical_config": "load",
    "is_immutable": "paths",
    "is_unstated": "paths",
    "leaves": "paths",
    "provenance": "paths",
    "value_at": "paths",
    "waivers": "load",
}


def __getattr__(name: str) -> object:
    """Import what is asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with collector_paused():
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
