"""A value of every environment as one cell of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tradai_shared.config.models.data import Index, KeyAttribute
from tradai_shared.config.models.network import PortGap, SecurityRule
from tradai_shared.config.paths import is_immutable, is_unspecified, provenance_of, value_at
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradai_shared.config.models import CanonicalConfig

MARKS = {
    Provenance.CONFIRMED: "✔",
    Provenance.SEED: "●",
    Provenance.DOCUMENTED: "◐",
    Provenance.CONTRADICTED: "◇",
    Provenance.ASSUMED: "○",
}
LOCK = "■"
UNSPECIFIED = "-"


def cell(configs: Sequence[CanonicalConfig], path: str) -> str:
    """The value at a path: a single text if the environments agree, else each with its environment's name."""
    texts = {config.environment.value: text(config, path) for config in configs}
    if (common := common_text(texts)) is not None:
        return common
    return ", ".join(f"{' and '.join(envs)} {words}" for words, envs in inverted(texts).items())


def inverted(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """The environments of each text."""
    return {words: [env for env, shown in texts.items() if shown == words] for words in texts.values()}


def common_text(texts: Mapping[str, str]) -> str | None:
    """The text that all environments share, with {env} for their names; None if they differ."""
    distinct = set(texts.values())
    patterns = {words.replace(env, "{env}") for env, words in texts.items()}
    return next((each.pop() for each in (distinct, patterns) if len(each) == 1), None)


def text(config: CanonicalConfig, path: str) -> str:
    """The value at a path in one environment, with the marks of its provenance and immutability."""
    path = resolve(config, path)
    if is_unspecified(config, path):
        return UNSPECIFIED
    words = to_text(value_at(config, path))
    lock = LOCK if is_immutable(config, path) else ""
    return f"{words} {MARKS[provenance_of(config, path)]}{lock}" if words else ""


def resolve(config: CanonicalConfig, path: str) -> str:
    """The path, or the section above it if that is None: a table without TTL has no TTL attribute."""
    above, _, _ = path.rpartition(".")
    return above if above and value_at(config, above) is None else path


def to_text(value: object) -> str:
    match value:
        case KeyAttribute():
            return f"`{value.name}` {value.type}"
        case Index():
            return " + ".join(to_text(key) for key in (value.partition, value.sort) if key)
        case SecurityRule() | PortGap():
            return rule_to_text(value)
        case Mapping():
            return "; ".join(f"`{name}`: {to_text(each)}" for name, each in value.items()) or "none"
        case tuple():
            return "; ".join(map(to_text, value)) or "none"
        case _:
            return scalar_to_text(value)


def scalar_to_text(value: object) -> str:
    """Names are set as code, sentences as they are."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str() if value and " " not in value:
            return f"`{value}`"
        case _:
            return f"{value}"


def rule_to_text(rule: SecurityRule | PortGap) -> str:
    match rule:
        case PortGap():
            return f"{rule.protocol} {rule.port} ({rule.reason})"
        case SecurityRule(from_port=None):
            return f"`{rule.peer}` on every {rule.protocol} port"
        case _ if rule.from_port == rule.to_port:
            return f"`{rule.peer}` on {rule.protocol} {rule.from_port}"
        case _:
            return f"`{rule.peer}` on {rule.protocol} {rule.from_port} to {rule.to_port}"
