"""AWS's Service Authorization Reference, as cfn-lint carries it: which resources an action is about."""

from __future__ import annotations

import importlib.resources
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def table(service: str) -> Any:
    """AWS's own table of one service."""
    text = importlib.resources.files("cfnlint").joinpath("data/AdditionalSpecs/Policies.json").read_text()
    return json.loads(text)[service]


def kinds(action: str) -> list[str]:
    """The kinds of resource that an action can be scoped to; none: only ``*``."""
    service, name = action.split(":")
    resources: list[str] = table(service)["Actions"][name.lower()].get("Resources") or []
    return resources


def can_be_scoped(action: str) -> bool:
    return bool(kinds(action))


def formats(action: str) -> Iterable[re.Pattern[str]]:
    """The ARN formats of those kinds."""
    service = action.split(":", maxsplit=1)[0]
    for kind in kinds(action):
        for arn_format in table(service)["Resources"][kind.lower()]["ARNFormats"]:
            yield re.compile(re.sub(r"\$\{\w+\}", "[^:]*", arn_format))
