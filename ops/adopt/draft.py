"""The deployment's own file as decisions change it. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ops.adopt.model import Answer
from tradai_shared.config.build import build
from tradai_shared.config.parameters import copied, put
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from ops.adopt.model import Confirmation, Decision
    from tradai_shared.config.naming import Environment
    from tradai_shared.config.overrides import OverrideFile

ZONE = ".availability_zone"


def refusal_of(env: Environment) -> Callable[[OverrideFile], str]:
    """What the configuration says against a file."""

    def refusal(file: OverrideFile) -> str:
        try:
            build(env, file)
        except ConfigError as error:
            return str(error)
        return ""

    return refusal


def decided(
    file: OverrideFile,
    decisions: Sequence[Decision],
    day: date,
    refusal: Callable[[OverrideFile], str],
) -> tuple[OverrideFile, list[tuple[Decision, str]]]:
    """The file with all decisions that the configuration accepts, and the others with its reason.

    Values that hold only together, as a VPC's range and its subnets', are tried together: all of them, then
    those of a section that were refused one by one, then these without any one of them.
    """
    if not refusal(together := _all(file, decisions, day)):
        return together, []
    file, refused = _one_by_one(file, decisions, day, refusal)
    for section in dict.fromkeys(_section(decision) for decision, _ in refused):
        several = [decision for decision, _ in refused if _section(decision) == section]
        file, accepted = _most_together(file, several, day, refusal)
        refused = [pair for pair in refused if pair[0] not in accepted]
    return file, refused


def _section(decision: Decision) -> str:
    return (decision.difference.path or decision.difference.section).partition(".")[0]


def _all(file: OverrideFile, decisions: Iterable[Decision], day: date) -> OverrideFile:
    for decision in decisions:
        file = with_decision(file, decision, day)
    return file


def _most_together(
    file: OverrideFile, decisions: Sequence[Decision], day: date, refusal: Callable[[OverrideFile], str]
) -> tuple[OverrideFile, Sequence[Decision]]:
    """The file with all of them, or all but one, and which these are."""
    without_one = ([other for other in decisions if other is not each] for each in decisions)
    for chosen in (decisions, *without_one):
        if len(chosen) > 1 and not refusal(together := _all(file, chosen, day)):
            return together, chosen
    return file, ()


def _one_by_one(
    file: OverrideFile,
    decisions: Sequence[Decision],
    day: date,
    refusal: Callable[[OverrideFile], str],
) -> tuple[OverrideFile, list[tuple[Decision, str]]]:
    refused: list[tuple[Decision, str]] = []
    for decision in decisions:
        tried = with_decision(file, decision, day)
        if reason := refusal(tried):
            refused.append((decision, reason))
        else:
            file = tried
    return file, refused


def with_decision(file: OverrideFile, decision: Decision, day: date) -> OverrideFile:
    difference = decision.difference
    match decision.answer:
        case Answer.TAKE:
            return _with_value(file, difference.path, decision.value, day)
        case Answer.KEEP:
            declined = {**file.declined, difference.id: difference.live}
            return file.model_copy(update={"declined": declined})
        case Answer.ABSENT:
            return file.model_copy(update={"absent": _added(file.absent, difference.section)})
        case Answer.NOT_JUDGED:
            return file.model_copy(update={"not_judged": _added(file.not_judged, difference.section)})


def _added(entries: tuple[str, ...], entry: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*entries, entry]))


def _with_value(file: OverrideFile, path: str, value: object, day: date) -> OverrideFile:
    values: dict[str, Any] = copied(file.values)
    put(values, path, value)
    if path.endswith(ZONE):
        zones = values.get("availability_zones")
        put(values, "availability_zones", sorted({*(zones or ()), str(value)}))
    return _on_day(file.model_copy(update={"values": values}), [path], day)


def with_confirmations(file: OverrideFile, confirmations: Iterable[Confirmation], day: date) -> OverrideFile:
    """The file with what AWS confirms said once more, and the day."""
    values = copied(file.values)
    paths = []
    for confirmation in confirmations:
        put(values, confirmation.path, confirmation.value)
        paths.append(confirmation.path)
    return _on_day(file.model_copy(update={"values": values}), paths, day) if paths else file


def _on_day(file: OverrideFile, paths: Sequence[str], day: date) -> OverrideFile:
    """Each path under the last day on which it was confirmed."""
    dated = {path: each for each, named in file.confirmed.items() for path in named}
    dated |= dict.fromkeys(paths, day)
    confirmed = {
        each: tuple(sorted(path for path, of_path in dated.items() if of_path == each))
        for each in sorted(set(dated.values()))
    }
    return file.model_copy(update={"confirmed": confirmed})


def is_declined(file: OverrideFile, decision_id: str, live: object) -> bool:
    """Whether this live value was refused before: another one is asked about again."""
    return decision_id in file.declined and file.declined[decision_id] == live


def dump(file: OverrideFile) -> str:
    """The file as JSON, empty parts left out."""
    document = file.model_dump(mode="json")
    shown = {name: value for name, value in document.items() if value or name in {"values", "waivers"}}
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
