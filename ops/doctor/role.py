"""The parameters that the drift check's role needs here: those that adopt names, before a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.checks import database
from ops import drift_role
from ops.calls import call
from ops.doctor.model import Level, Line
from tradai_shared.config.paths import is_absent
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.identity import Identity
    from tradai_shared.config.models import CanonicalConfig

INSTANCES, POOLS = "rds:DescribeDBInstances", "cognito-idp:ListUserPools"
NO_DATABASE = "DBInstanceNotFound"


def needed(
    config: CanonicalConfig, identity: Identity, client: Callable[[str], Any]
) -> tuple[dict[str, str], tuple[Line, ...]]:
    """The parameters, and what of them is unknown; nothing is read where every name is the platform's.

    Where something could not be read no parameter is named: half a list would shut out the rest.
    """
    if not any(drift_role.parameters(config, identity).values()):
        return {}, ()
    try:
        group, pool = _parameter_group(config, client), _pool_id(config, client)
    except AwsError as error:
        text = f"failed with {error.code}: what the drift check's role must read besides is unknown"
        remedy = f"allow {error.action} and run doctor again; tradai-ops adopt names it too"
        return {}, (Line(Level.UNREAD, error.action, text, remedy),)
    return {
        name: text for name, text in drift_role.parameters(config, identity, group, pool).items() if text
    }, ()


def _parameter_group(config: CanonicalConfig, client: Callable[[str], Any]) -> str:
    if is_absent(config, "rds"):
        return ""
    try:
        instances = call(client, INSTANCES, "DBInstances", DBInstanceIdentifier=config.rds.identifier)
    except AwsError as error:
        if error.code.startswith(NO_DATABASE):
            return ""
        raise
    return next(map(database.parameter_group, instances), "")


def _pool_id(config: CanonicalConfig, client: Callable[[str], Any]) -> str:
    if is_absent(config, "cognito"):
        return ""
    pools = call(client, POOLS, "UserPools", MaxResults=60)
    return next((str(pool["Id"]) for pool in pools if pool["Name"] == config.cognito.name), "")
