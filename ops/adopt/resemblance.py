"""Which live resource is most like the one that a configured name means: by name, tags, traits, relations."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING

from ops.adopt.model import Proposal
from tradai_shared.config.naming import PROJECT, Environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drift_check.findings import Json
    from ops.adopt.model import Candidate
    from ops.adopt.names import Slot

WORDS = re.compile(r"[^a-z0-9]+|(?<=[a-z])(?=[0-9]{6,})")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
ENVIRONMENT_WORDS = {
    Environment.DEV: {"dev", "development", "develop"},
    Environment.STAGING: {"staging", "stage", "stg"},
    Environment.PROD: {"prod", "production", "prd", "live"},
}
GENERIC = {PROJECT, "", *(word for words in ENVIRONMENT_WORDS.values() for word in words)}
NAME_WEIGHT, TRAITS_WEIGHT, TAGS_WEIGHT = 0.5, 0.35, 0.15
OTHER_ENVIRONMENT = 0.6  # taken off where name or tags say another environment
CLEAR_LEAD = 0.05
CHANCE = 0.5  # unrelated words are as alike as this
LIKELY = 0.35


def words_of(name: str) -> list[str]:
    return [word for word in WORDS.split(CAMEL.sub("-", name).lower()) if word]


def ranked(
    env: Environment, wanted: Slot, traits: Mapping[str, Json], candidates: Iterable[Candidate]
) -> list[tuple[float, Candidate]]:
    """The candidates with their scores, the most alike first."""
    scored = [(score(env, wanted, traits, candidate), candidate) for candidate in candidates]
    return sorted(scored, key=lambda pair: (-pair[0], pair[1].name))


def score(env: Environment, wanted: Slot, traits: Mapping[str, Json], candidate: Candidate) -> float:
    """From 0, nothing in common, to 1; a relation that only the platform's own resource has decides."""
    alike = name_likeness(wanted.component, candidate.name)
    stated = {name: value for name, value in traits.items() if value is not None}
    equal = sum(candidate.traits.get(name) == value for name, value in stated.items())
    weight = TRAITS_WEIGHT if stated else 0.0
    of_traits = equal / len(stated) if stated else 0.0
    total = (NAME_WEIGHT * alike + weight * of_traits + TAGS_WEIGHT * tag_likeness(env, candidate)) / (
        NAME_WEIGHT + weight + TAGS_WEIGHT
    )
    if candidate.relation:
        total = 0.7 + 0.3 * total
    return max(0.0, total - (OTHER_ENVIRONMENT if is_of_another(env, candidate) else 0.0))


@cache
def name_likeness(component: str, name: str) -> float:
    """How much of the component's words the name has, and how alike both are as a whole."""
    own, other = words_of(component), [word for word in words_of(name) if word not in GENERIC]
    if not own or not other:
        return 0.0
    shared = sum(max(SequenceMatcher(None, word, each).ratio() for each in other) for word in own) / len(own)
    whole = SequenceMatcher(None, "-".join(own), "-".join(other)).ratio()
    likeness = (shared + whole) / 2
    return likeness if likeness >= CHANCE else 0.0


def tag_likeness(env: Environment, candidate: Candidate) -> float:
    words = {word for value in candidate.tags.values() for word in words_of(value)}
    return (bool(words & ENVIRONMENT_WORDS[env]) + (PROJECT in words)) / 2


def is_of_another(env: Environment, candidate: Candidate) -> bool:
    """Whether name or tags say another environment, and none says this one."""
    values = [candidate.name, *candidate.tags.values()]
    words = {word for value in values for word in words_of(value)}
    others = {word for other, named in ENVIRONMENT_WORDS.items() if other is not env for word in named}
    return bool(words & others) and not words & ENVIRONMENT_WORDS[env]


def proposals(
    env: Environment,
    wanted: Sequence[tuple[Slot, Mapping[str, Json]]],
    candidates: Sequence[Candidate],
) -> dict[str, tuple[Proposal, ...]]:
    """For each name its proposals, no candidate first for two names: the best pairs are matched first."""
    lists = {slot.path: ranked(env, slot, traits, candidates) for slot, traits in wanted}
    pairs = sorted(
        ((points, path, each) for path, scored in lists.items() for points, each in scored),
        key=lambda pair: (-pair[0], pair[1], pair[2].name),
    )
    first: dict[str, Candidate] = {}
    for points, path, each in pairs:
        if path not in first and points >= LIKELY and each not in first.values():
            first[path] = each
    if len(wanted) == 1 and (only := _only(env, candidates)):
        ((path, scored),) = lists.items()
        return {path: _of_list(scored, only, {}, is_only=True)}
    own = {each.name: points for points, path, each in pairs if first.get(path) is each}
    return {path: _of_list(scored, first.get(path), own) for path, scored in lists.items()}


def _only(env: Environment, candidates: Sequence[Candidate]) -> Candidate | None:
    """The one that is not of another environment, where there is one alone."""
    own = [each for each in candidates if not is_of_another(env, each)]
    return own[0] if len(own) == 1 else None


def _of_list(
    scored: list[tuple[float, Candidate]],
    first: Candidate | None,
    own: Mapping[str, float],
    *,
    is_only: bool = False,
) -> tuple[Proposal, ...]:
    """Clear where no other is about as likely, but for those that fit a name of their own clearly better."""
    points = {each.name: value for value, each in scored}
    others = [each for _, each in scored if each is not first]
    rivals = [
        points[each.name] for each in others if own.get(each.name, 0.0) - points[each.name] < CLEAR_LEAD
    ]
    is_clear = is_only or (first is not None and points[first.name] - max(rivals, default=0.0) >= CLEAR_LEAD)
    return tuple(
        Proposal(each.name, _why(each, points[each.name]), is_clear=is_clear and each is first)
        for each in ([first] if first else []) + others
    )


def _why(candidate: Candidate, points: float) -> str:
    traits = ", ".join(f"{name} {value}" for name, value in candidate.traits.items() if value)
    tags = ", ".join(f"{name}={value}" for name, value in candidate.tags.items())
    return "; ".join(part for part in (f"likeness {points:.2f}", candidate.relation, traits, tags) if part)
