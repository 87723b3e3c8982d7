"""The stack's parameters that open the drift check's role to resources with names of the account's own."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from drift_check.history_store import COMPONENT
from tradai_shared.config.naming import PROJECT
from tradai_shared.config.paths import is_absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ops.identity import Identity
    from tradai_shared.config.models import CanonicalConfig

RESOURCES, STATE_TABLE = "DriftResourceArns", "DriftStateTable"
POOL = "cognito-idp:userpool/"
# What the role of template.yaml allows by itself: service and resource.
OWN = (
    "dynamodb:table/tradai-*-{env}",
    "ecs:cluster/tradai-{env}",
    "ecs:service/tradai-{env}/*",
    "lambda:function:tradai-*",
    "logs:log-group:*tradai-*",
    "rds:db:tradai-{env}",
    "rds:pg:tradai-*",
    "s3:tradai-*-{env}",
    "secretsmanager:secret:tradai/{env}/*",
    "sns:tradai-*-{env}",
    "sqs:tradai-*",
)
# A parameter's value. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_CHARACTERS = 4096
LEAST_IN_COMMON = 4  # characters: with fewer, a pattern would be no name of the platform's


def parameters(
    config: CanonicalConfig, identity: Identity, parameter_group: str = "", pool_id: str = ""
) -> dict[str, str]:
    """By the parameter's name; empty where the role needs none.

    ``parameter_group`` and ``pool_id`` are the database's and the user pool's, which no configuration names.
    """
    env = config.environment
    own = [pattern.format(env=env) for pattern in OWN]
    wanted: dict[str, list[str]] = {}
    for kind, name, end in _named(config, parameter_group, pool_id):
        if not any(fnmatchcase(f"{kind}{name}{end}", pattern) for pattern in own):
            wanted.setdefault(kind, []).append(f"{name}{end}")
    table = config.dynamodb.tables.get(COMPONENT)
    is_own = table is None or table.name == f"tradai-{COMPONENT}-{env}"
    return {
        RESOURCES: ",".join(_arns(wanted, identity)),
        STATE_TABLE: "" if is_own or table is None else table.name,
    }


def _named(config: CanonicalConfig, parameter_group: str, pool_id: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name, and what AWS adds to the name, of everything that the role names."""
    for path, kind, end, names in (
        ("dynamodb.tables", "dynamodb:table/", "", _names(config.dynamodb.tables)),
        ("s3.buckets", "s3:", "", _names(config.s3.buckets)),
        ("secrets", "secretsmanager:secret:", "-??????", _names(config.secrets)),
        ("sns", "sns:", "", _names(config.sns)),
        ("lambdas", "lambda:function:", "", _names(config.lambdas)),
        ("lambdas", "logs:log-group:/aws/lambda/", "", _names(config.lambdas)),
    ):
        yield from ((kind, name, end) for key, name in names if not is_absent(config, f"{path}.{key}"))
    yield from (("sqs:", name, "") for name in config.sqs.names or ())
    if not is_absent(config, "ecs"):
        yield "ecs:cluster/", config.ecs.cluster, ""
        yield "ecs:service/", config.ecs.cluster, "/*"
    if not is_absent(config, "rds"):
        yield "rds:db:", config.rds.identifier, ""
        yield from (("rds:pg:", name, "") for name in [parameter_group] if name)
    if pool_id and not is_absent(config, "cognito") and not _has_own_tags(config):
        yield POOL, pool_id, ""


def _has_own_tags(config: CanonicalConfig) -> bool:
    """Whether the user pool has the tags by which the role knows the platform's."""
    tags = {name: values[0] for name, values in config.required_tags.items() if values}
    return (tags.get("Project"), tags.get("Environment")) == (PROJECT, str(config.environment))


def _names(entries: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(key, str(getattr(entry, "name", ""))) for key, entry in entries.items()]


def _arns(wanted: Mapping[str, list[str]], identity: Identity) -> list[str]:
    """Each by its name; where that is too long, the longest kinds by what their names have in common."""
    names = dict(wanted)
    while len(",".join(_spelled(names, identity))) > MOST_CHARACTERS:
        longer = [kind for kind in names if len(names[kind]) > 1 and _pattern(names[kind])]
        if not longer:
            break
        longest = max(longer, key=lambda kind: sum(map(len, _spelled({kind: names[kind]}, identity))))
        names[longest] = [_pattern(names[longest])]
    return sorted(_spelled(names, identity))


def _pattern(names: list[str]) -> str:
    """The common prefix and suffix of the names; empty where they are too short to identify them."""
    begin = beginning_of(names)
    end = beginning_of([name[len(begin) :][::-1] for name in names])[::-1]
    return f"{begin}*{end}" if len(begin) + len(end) >= LEAST_IN_COMMON else ""


def beginning_of(names: list[str]) -> str:
    """The longest beginning that all have."""
    first, last = min(names), max(names)
    length = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1), len(first)
    )
    return first[:length]


def _spelled(names: Mapping[str, Iterable[str]], identity: Identity) -> list[str]:
    partition = identity.arn.split(":")[1] if identity.arn.startswith("arn:") else "aws"
    place = f"{identity.region}:{identity.account}"
    return [
        f"arn:{partition}:s3:::{name}"
        if kind == "s3:"
        else f"arn:{partition}:{kind.partition(':')[0]}:{place}:{kind.partition(':')[2]}{name}"
        for kind, several in names.items()
        for name in several
    ]
