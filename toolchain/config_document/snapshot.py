"""The snapshot: every value of every environment at the last accepted version.

Every change needs a version bump and an entry in the change log; a change of an immutable value also needs
its migration there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.config.naming import Environment
from tradai_shared.config.paths import is_immutable, leaves, provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tradai_shared.config.changelog import Change
    from tradai_shared.config.models import CanonicalConfig

ALL = "all"
UPDATE = "make config-snapshot"
CHANGES_FILE = "layers/shared/tradai_shared/config/changelog.py"


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and its provenance in each environment; an environment without the value is absent."""

    values: Mapping[str, Any]
    confidence: Mapping[str, str]
    immutable: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    version: str
    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Violation:
    """A value that changed in a way that the rules do not allow, and what to do."""

    path: str
    problem: str


def take(configs: Sequence[CanonicalConfig], version: str) -> Snapshot:
    """The snapshot of these configurations, one an environment."""
    flat = {config.environment.value: dict(leaves(config.model_dump(mode="json"))) for config in configs}
    paths = dict.fromkeys(path for values in flat.values() for path in values)
    return Snapshot(version, {path: _entry(configs, flat, path) for path in paths})


def _entry(configs: Sequence[CanonicalConfig], flat: Mapping[str, Mapping[str, Any]], path: str) -> Entry:
    having = [config for config in configs if path in flat[config.environment]]
    return Entry(
        values={config.environment.value: flat[config.environment][path] for config in having},
        confidence={config.environment.value: provenance_of(config, path).value for config in having},
        immutable=is_immutable(having[0], path),
    )


def check(agreed: Snapshot, now: Snapshot, changes: Sequence[Change]) -> list[Violation]:
    """The changes since the accepted values that break a rule."""
    recent = [change for change in changes if number(change.version) > number(agreed.version)]
    differing = [
        path
        for path in dict.fromkeys([*agreed.entries, *now.entries])
        if agreed.entries.get(path) != now.entries.get(path)
    ]
    unversioned = [] if recent else [_without_version_bump(agreed, now, path) for path in differing]
    unmigrated = [
        _unmigrated(agreed, now, path) for path in differing if _needs_migration(agreed, now, path, recent)
    ]
    return unversioned + unmigrated


def _without_version_bump(agreed: Snapshot, now: Snapshot, path: str) -> Violation:
    version = next_version(agreed.version)
    todo = f'add Change("{version}", …) to {CHANGES_FILE}, then run {UPDATE}'
    return Violation(
        path, f"{difference(agreed, now, path)}, but the version is still {agreed.version}: {todo}"
    )


def _unmigrated(agreed: Snapshot, now: Snapshot, path: str) -> Violation:
    todo = f'give the new Change in {CHANGES_FILE} migrations={{"{path}": "…"}}, or take the change back'
    return Violation(path, f"{difference(agreed, now, path)}, and it is immutable: {todo}")


def _needs_migration(agreed: Snapshot, now: Snapshot, path: str, recent: Sequence[Change]) -> bool:
    """Whether an agreed, immutable value is altered and no recent change says how it is migrated."""
    before, after = agreed.entries.get(path), now.entries.get(path)
    if before is None or not before.immutable:
        return False
    if after is not None and after.immutable and after.values == before.values:
        return False  # only the provenance has changed
    return not any(_covers(covered, path) for change in recent for covered in change.migrations)


def _covers(section: str, path: str) -> bool:
    return path == section or path.startswith(f"{section}.")


def difference(agreed: Snapshot, now: Snapshot, path: str) -> str:
    """How an entry changed, in words."""
    before, after = agreed.entries.get(path), now.entries.get(path)
    if before is None:
        return "is new"
    if after is None:
        return "is gone"
    if before.values != after.values:
        return "; ".join(_changes_of(before.values, after.values))
    if before.confidence != after.confidence:
        return "is now: " + "; ".join(_changes_of(before.confidence, after.confidence))
    return "is now immutable" if after.immutable else "is no longer immutable"


def _changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The change in each environment; a single text if it is equal in all."""
    texts = {
        env: f"{json.dumps(before.get(env))} → {json.dumps(after.get(env))}"
        for env in dict.fromkeys([*before, *after])
        if before.get(env) != after.get(env)
    }
    if len(texts) == len(Environment) and len(set(texts.values())) == 1:
        yield next(iter(texts.values()))
    else:
        yield from (f"{env}: {words}" for env, words in texts.items())


def dump(snapshot: Snapshot) -> str:
    """As JSON, a line a path, so that a review sees what changed."""
    lines = ",\n".join(
        f"  {json.dumps(path)}: {json.dumps(_packed(entry), ensure_ascii=False)}"
        for path, entry in snapshot.entries.items()
    )
    return f'{{"version": {json.dumps(snapshot.version)}, "values": {{\n{lines}\n}}}}\n'


def parse(text: str) -> Snapshot:
    """The snapshot that ``dump`` wrote."""
    document = json.loads(text)
    entries = {path: _unpacked(packed) for path, packed in document["values"].items()}
    return Snapshot(document["version"], entries)


def _packed(entry: Entry) -> dict[str, Any]:
    packed = {"value": _collapse(entry.values), "sure": _collapse(entry.confidence)}
    return {**packed, "immutable": True} if entry.immutable else packed


def _unpacked(packed: Mapping[str, Any]) -> Entry:
    return Entry(_expand(packed["value"]), _expand(packed["sure"]), packed.get("immutable", False))


def _collapse(values: Mapping[str, Any]) -> dict[str, Any]:
    """A single value under ``all`` if every environment has it."""
    first, *others = values.values()
    everywhere = len(values) == len(Environment) and all(value == first for value in others)
    return {ALL: first} if everywhere else dict(values)


def _expand(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(map(str, Environment), values[ALL]) if ALL in values else dict(values)


def number(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: 9.3.0+10 is later than 9.3.0+9."""
    platform, _, revision = version.partition("+")
    return (*map(int, platform.split(".")), int(revision or 0))


def next_version(version: str) -> str:
    platform, _, revision = version.partition("+")
    return f"{platform}+{int(revision or 0) + 1}"
