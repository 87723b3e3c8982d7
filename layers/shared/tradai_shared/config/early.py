"""What may be asked of AWS before the configuration stands: pydantic alone takes a tenth of a second."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tradai_shared.config.marks import plain
from tradai_shared.config.naming import Environment
from tradai_shared.config.patch import merge
from tradai_shared.config.values import data, house

PATH_VARIABLE = "CANONICAL_CONFIG_PATH"
OWN_VALUES = Path(__file__).parent / "own_values"


def own_path(env: str) -> Path | None:
    """What CANONICAL_CONFIG_PATH names, or ``own_values/<env>.json`` in the layer where it exists."""
    if named := os.environ.get(PATH_VARIABLE):
        return Path(named)
    packed = OWN_VALUES / f"{env}.json"
    return packed if packed.exists() else None


def region_and_tables(env: str) -> tuple[str | None, list[str]]:
    """The region and the tables' names, as they will be once they are validated.

    Nothing is said of an environment or an own file that cannot be understood: building the configuration
    says it.
    """
    try:
        values = {**plain(house.values(Environment(env))), "dynamodb": plain(data.dynamodb(Environment(env)))}
        if path := own_path(env):
            merge(values, json.loads(path.read_text(encoding="utf-8")).get("values", {}))
        return values["region"], [table["name"] for table in values["dynamodb"]["tables"].values()]
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None, []
