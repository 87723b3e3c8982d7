"""The four functions: the recorded calls of each, what its code declares, and what its role allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from drift_check import actions, history_store
from drift_check.observe import IAM_ACTIONS, READ_OPERATIONS
from drift_check.report import publish
from tests.contract.permissions import drift, failover, probe, reaper
from tests.contract.permissions.arns import EVERYTHING, arn
from tests.contract.permissions.policy import Need, Statement, statements
from tests.contract.permissions.roles import ATTACHING, by_lambda
from ttl_reaper import audit, checkpoint_store, messages, observe
from ttl_reaper.model import Mode
from ttl_reaper.partiql import permission
from update_nat_routes import actions as nat_actions
from update_nat_routes import observe as nat
from update_nat_routes import report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.contract.stack import Stack

FUNCTIONS = {
    "update_nat_routes": "UpdateNatRoutes",
    "drift_check": "DriftCheck",
    "ttl_reaper": "TtlReaper",
    "egress_probe": "EgressProbe",
}
DECLARED: dict[str, set[str]] = {
    "update_nat_routes": {
        *nat.PERMISSIONS,
        *report.PERMISSIONS,
        *(action for needed in nat_actions.PERMISSIONS.values() for action in needed),
    },
    "drift_check": {
        *(IAM_ACTIONS.get(action, action) for action in READ_OPERATIONS),
        *(action for remediation in get_args(actions.Remediation) for action in remediation.permissions),
        *publish.PERMISSIONS,
        *history_store.PERMISSIONS,
    },
    "ttl_reaper": {
        *observe.PERMISSIONS,
        *audit.PERMISSIONS,
        *checkpoint_store.PERMISSIONS,
        *messages.PERMISSIONS,
        permission(Mode.DELETE),
        permission(Mode.REPAIR),
    },
    "egress_probe": set(),  # an import contract holds boto3 out of it
}
NEVER_REAPED = ("trading-state", "config-versions", "deployments")
OWN_CODE = (("lambda:SourceFunctionArn", (arn("lambda", "function:tradai-egress-probe-prod"),)),)
# What must be refused, whatever else is allowed.
REFUSED: dict[str, set[Need]] = {
    "ttl_reaper": {
        Need(action, arn("dynamodb", f"table/tradai-{table}-prod"))
        for table in NEVER_REAPED
        for action in (observe.SCAN, permission(Mode.DELETE), permission(Mode.REPAIR))
    },
    "egress_probe": {Need(action, EVERYTHING, OWN_CODE) for action in ATTACHING},
}


@dataclass(frozen=True)
class Life:
    """One deployment: its role's policy, the permissions that the code needed, and those of Lambda itself."""

    policy: list[Statement]
    recorded: frozenset[Need]
    by_lambda: frozenset[Need]

    @property
    def needs(self) -> frozenset[Need]:
        return self.recorded | self.by_lambda


@dataclass(frozen=True)
class Proof:
    """A function in the deployments that show it whole."""

    name: str
    lives: list[Life] = field(repr=False)

    @property
    def policy(self) -> list[Statement]:
        """Of one deployment: all have the same statements, on other resources."""
        return self.lives[0].policy

    def recorded(self) -> set[str]:
        return {need.action for life in self.lives for need in life.recorded}

    def used(self) -> set[tuple[str, str]]:
        """Statements by their Sid, with each action and each place among its resources that was needed."""
        pairs: set[tuple[str, str]] = set()
        for life in self.lives:
            for statement in life.policy:
                held = [need for need in life.needs if statement.applies(need)]
                pairs |= {
                    (statement.sid, action)
                    for action in statement.actions
                    for need in held
                    if need.action == action
                }
                pairs |= {
                    (statement.sid, str(place))
                    for place, resource in enumerate(statement.resources)
                    if any(only(statement, resource).applies(need) for need in held)
                }
        return pairs

    def allowed(self) -> set[tuple[str, str]]:
        """All that ``used`` could find."""
        return {
            (statement.sid, part)
            for statement in self.policy
            if statement.effect == "Allow"
            for part in (*statement.actions, *map(str, range(len(statement.resources))))
        }


def only(statement: Statement, resource: str) -> Statement:
    return Statement(statement.sid, statement.effect, statement.actions, (resource,), statement.conditions)


def prove(name: str, folder: Path) -> Proof:
    match name:
        case "update_nat_routes":
            recorded: Iterable[tuple[Stack, frozenset[Need]]] = failover.recorded()
        case "drift_check":
            recorded = [drift.recorded(folder)]
        case "ttl_reaper":
            recorded = [reaper.recorded()]
        case _:
            recorded = [probe.recorded()]
    return Proof(name, [life(stack, FUNCTIONS[name], recorded) for stack, recorded in recorded])


def life(stack: Stack, name: str, recorded: frozenset[Need]) -> Life:
    policy = statements(stack.statements(f"{name}Role"))
    return Life(policy, recorded, frozenset(by_lambda(stack, f"{name}Function")))
