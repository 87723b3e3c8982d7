"""docs/drift-findings.md, generated: ``python -m toolchain.docs.drift_findings [--check]``."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from drift_check import actions, checks
from drift_check.checks.base import CONFIGURED, AttributeState, CheckContext, ResourceState
from drift_check.checks.nat import PARAMETER
from drift_check.compare import EXISTENCE, path_of
from drift_check.findings import severity_of
from drift_check.observe import IAM_ACTIONS, READ_OPERATIONS
from drift_check.observe.observations import Reads
from toolchain.docs.unchecked_values import UNCHECKED
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.paths import is_immutable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.checks.base import Check
    from tradai_shared.config import CanonicalConfig

FILE = Path("docs/drift-findings.md")
STALE = 1
# Where the estate on moto cannot hold a value, a correction of moto or nothing does.
NOT_STORED = (
    ("log groups, functions and topics with tags missing", "moto's tagging API writes to few kinds"),
    ("an unencrypted table", "DynamoDB has none: the value can only be stated wrongly"),
    ("network ACL rules, other statements of bucket policies", "the configuration states none"),
    ("RDS apply status `pending-reboot`", "moto's parameter groups are always in sync"),
    ("HTTP APIs (apigatewayv2)", "a web ACL cannot be associated with one"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is fresh")
    text = document()
    if parser.parse_args().check:
        fresh = FILE.is_file() and FILE.read_text(encoding="utf-8") == text
        sys.stderr.write("" if fresh else f"{FILE} is stale: make drift-docs\n")
        return 0 if fresh else STALE
    FILE.write_text(text, encoding="utf-8")
    return 0


def document() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What drift_check finds"
    yield ""
    yield "Generated from the checks by `make drift-docs`. Severity is that of a value which somebody stated;"
    yield "one that is only assumed or contradicted is `info`, raises no alarm and is never healed. An"
    yield "immutable value is `critical`, and healing it is `never`. Where a read fails, every check reports"
    yield "`unknown`, with the action that was refused as its attribute. How healing works:"
    yield "[healing.md](healing.md)."
    config = build(Environment.PROD, parameters={PARAMETER: "eipalloc-0123456789abcdef0"})
    for check in checks.ALL:
        yield f"\n## {check.name}\n"
        yield "| finding | severity | value of the configuration | immutable |"
        yield "|---|---|---|---|"
        yield from dict.fromkeys(_rows(config, check))
    yield from _writes()
    yield from _reads()
    yield "\n## Not judged\n\n| value | why |\n|---|---|"
    yield from (f"| `{pattern}` | {reason} |" for pattern, reason in UNCHECKED)
    yield "\n## Not proved on the stand-in\n\n| what | why |\n|---|---|"
    yield from (f"| {value} | {why} |" for value, why in NOT_STORED)


def _rows(config: CanonicalConfig, check: Check) -> Iterator[str]:
    nowhere = CheckContext(config, Reads({}), datetime(2026, 1, 1, tzinfo=UTC))
    for resource in check.evaluate(nowhere):
        yield _row(check, EXISTENCE, _general(resource.name_path), immutable=False)
        if resource.tags is not None:
            yield _row(check, "tags", "required_tags", immutable=False)
        for fact in resource.facts:
            yield _fact(config, check, resource, fact)


def _fact(config: CanonicalConfig, check: Check, resource: ResourceState, fact: AttributeState) -> str:
    path = path_of(resource, fact)
    immutable = fact.desired is CONFIGURED and is_immutable(config, path)
    return _row(check, fact.attribute, _general(path), immutable=immutable, fact=fact)


def _row(
    check: Check, attribute: str, path: str, *, immutable: bool, fact: AttributeState | None = None
) -> str:
    severity = fact.severity if fact and fact.severity else severity_of(check.name, attribute)
    name = "indexes.*" if attribute.startswith("indexes.") else attribute
    return f"| {name} | {'critical' if immutable else severity} | `{path}` | {'yes' if immutable else ''} |"


MANY = ("network.subnets.", "network.route_tables.", "network.security_groups.", "nat.lifecycle_hooks.")
MORE = ("dynamodb.tables.", "s3.buckets.", "ecs.services.", "lambdas.", "secrets.", "sns.")


def _general(path: str) -> str:
    """A path with a star in place of a resource's name."""
    for section in (*MANY, *MORE):
        if path.startswith(section):
            _, dot, attribute = path.removeprefix(section).partition(".")
            attribute = "indexes.*" if attribute.startswith("indexes.") else attribute
            return f"{section}*{dot}{attribute}"
    return path


def _writes() -> Iterator[str]:
    yield "\n## What may be written\n\n| write | who orders it | permissions | mind |\n|---|---|---|---|"
    for remediation in get_args(actions.Remediation):
        permissions = ", ".join(f"`{action}`" for action in remediation.permissions)
        yield f"| {remediation.__name__} | {remediation.healing} | {permissions} | {remediation.warning} |"


def _reads() -> Iterator[str]:
    yield "\n## What is read\n"
    reads = sorted({IAM_ACTIONS.get(action, action) for action in READ_OPERATIONS})
    yield ", ".join(f"`{action}`" for action in reads) + "."


if __name__ == "__main__":
    sys.exit(main())
