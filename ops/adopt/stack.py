"""The deployed stack's parameters, else those of samconfig.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor import samconfig
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def stack_parameters(
    client: Callable[[str], Any], env: str, samconfig_file: Path
) -> tuple[Mapping[str, str], str]:
    """The parameters, and in words where they are from.

    Raises:
        ConfigError: samconfig.toml cannot be understood.
    """
    text = samconfig_file.read_text(encoding="utf-8") if samconfig_file.exists() else ""
    given = samconfig.parameters(text, env) if text else {}
    name = str(samconfig.deployment(text, env).get("stack_name")) if text else f"tradai-ops-{env}"
    try:
        with translate_errors("cloudformation:DescribeStacks"):
            (stack,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (AwsError, ValueError):
        return (
            given,
            f"{samconfig_file}" if text else "canonical, without a stack and samconfig.toml",
        )
    deployed = {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}
    return {**given, **deployed}, f"the stack {name}"
