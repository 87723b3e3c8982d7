"""The canonical configuration: the single source of truth about the platform.

Names are imported when first used, so that ``tradai_shared.config.naming`` costs no more than strings.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradai_shared.config.loader import canonical_config, waivers
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.naming import Environment
    from tradai_shared.config.paths import is_immutable, is_unspecified, leaves, provenance_of, value_at
    from tradai_shared.config.provenance import Provenance

__all__ = [
    "CanonicalConfig",
    "Environment",
    "Provenance",
    "canonical_config",
    "is_immutable",
    "is_unspecified",
    "leaves",
    "provenance_of",
    "value_at",
    "waivers",
]

_HOME = {
    "CanonicalConfig": "models",
    "Environment": "naming",
    "Provenance": "provenance",
    "canonical_config": "loader",
    "is_immutable": "paths",
    "is_unspecified": "paths",
    "leaves": "paths",
    "provenance_of": "paths",
    "value_at": "paths",
    "waivers": "loader",
}


def __getattr__(name: str) -> object:
    """Import what is asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
