"""Every change of a value needs a version and a line in the change log."""

from datetime import date

import pytest

from toolchain.config_document.snapshot import (
    Entry,
    Snapshot,
    check,
    dump,
    next_version,
    number,
    parse,
    take,
)
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES, Change
from tradai_shared.config.naming import Environment

VERSION = "9.3.0+4"
ENVIRONMENTS = ("dev", "staging", "prod")


def entry(value: object, *, confidence: str = "seed", immutable: bool = False) -> Entry:
    return Entry(dict.fromkeys(ENVIRONMENTS, value), dict.fromkeys(ENVIRONMENTS, confidence), immutable)


def snapshot(**entries: Entry) -> Snapshot:
    return Snapshot(VERSION, {name.replace("_", "."): each for name, each in entries.items()})


def change(version: str, **migrations: str) -> Change:
    return Change(version, date(2026, 11, 22), "why", {k.replace("_", "."): v for k, v in migrations.items()})


def problems_of(agreed: Snapshot, now: Snapshot, *changes: Change) -> list[tuple[str, str]]:
    return [(violation.path, violation.problem) for violation in check(agreed, now, changes)]


AGREED = snapshot(nat_size=entry(1), vpc_cidr=entry("10.0.0.0/16", immutable=True))


def test_values_as_they_were_agreed_on_are_well() -> None:
    assert problems_of(AGREED, AGREED, change(VERSION)) == []


def test_a_changed_value_needs_a_higher_version() -> None:
    now = snapshot(nat_size=entry(2), vpc_cidr=AGREED.entries["vpc.cidr"])
    ((path, problem),) = problems_of(AGREED, now, change(VERSION))
    assert path == "nat.size"
    assert problem.startswith("1 → 2, but the version is still 9.3.0+4: add Change(")
    assert '"9.3.0+5"' in problem
    assert "make config-snapshot" in problem


def test_a_changed_value_with_a_higher_version_is_well() -> None:
    now = snapshot(nat_size=entry(2), vpc_cidr=AGREED.entries["vpc.cidr"])
    assert problems_of(AGREED, now, change(VERSION), change("9.3.0+5")) == []


def test_an_immutable_value_also_needs_its_migration() -> None:
    now = snapshot(nat_size=entry(1), vpc_cidr=entry("10.9.0.0/16", immutable=True))
    ((path, problem),) = problems_of(AGREED, now, change("9.3.0+5"))
    assert path == "vpc.cidr"
    assert '"10.0.0.0/16" → "10.9.0.0/16", and it is immutable' in problem
    assert 'migrations={"vpc.cidr": "…"}' in problem


@pytest.mark.parametrize("covered", ["vpc_cidr", "vpc"])
def test_a_migration_of_the_value_or_its_section_lets_it_pass(covered: str) -> None:
    now = snapshot(nat_size=entry(1), vpc_cidr=entry("10.9.0.0/16", immutable=True))
    assert problems_of(AGREED, now, change("9.3.0+5", **{covered: "a second VPC, then moved"})) == []


@pytest.mark.parametrize("other", ["vpc_cid", "v", "nat_size"])
def test_a_migration_of_something_else_does_not(other: str) -> None:
    now = snapshot(nat_size=entry(1), vpc_cidr=entry("10.9.0.0/16", immutable=True))
    assert len(problems_of(AGREED, now, change("9.3.0+5", **{other: "no"}))) == 1


def test_the_migration_of_an_earlier_version_does_not_count() -> None:
    now = snapshot(nat_size=entry(1), vpc_cidr=entry("10.9.0.0/16", immutable=True))
    assert len(problems_of(AGREED, now, change(VERSION, vpc_cidr="done before"), change("9.3.0+5"))) == 1


def test_an_immutable_value_cannot_be_unlocked_first_and_changed_then() -> None:
    now = snapshot(nat_size=entry(1), vpc_cidr=entry("10.9.0.0/16", immutable=False))
    assert len(problems_of(AGREED, now, change("9.3.0+5"))) == 1
    unlocked = snapshot(nat_size=entry(1), vpc_cidr=entry("10.0.0.0/16", immutable=False))
    assert len(problems_of(AGREED, unlocked, change("9.3.0+5"))) == 1


def test_an_immutable_value_that_is_gone_needs_a_migration() -> None:
    ((path, problem),) = problems_of(AGREED, snapshot(nat_size=entry(1)), change("9.3.0+5"))
    assert (path, problem.split(",")[0]) == ("vpc.cidr", "is gone")


def test_a_new_value_needs_no_migration_but_a_version() -> None:
    entries = {name.replace(".", "_"): each for name, each in AGREED.entries.items()}
    now = snapshot(**entries, sub_cidr=entry("10.0.1.0/24", immutable=True))
    assert [path for path, _ in problems_of(AGREED, now, change(VERSION))] == ["sub.cidr"]
    assert problems_of(AGREED, now, change("9.3.0+5")) == []


def test_how_sure_a_value_is_may_not_change_unsaid_but_needs_no_migration() -> None:
    now = snapshot(nat_size=entry(1), vpc_cidr=entry("10.0.0.0/16", confidence="assumed", immutable=True))
    ((_, problem),) = problems_of(AGREED, now, change(VERSION))
    assert problem.startswith('is now: "seed" → "assumed"')
    assert problems_of(AGREED, now, change("9.3.0+5")) == []


def test_a_change_in_one_environment_alone_is_seen_and_named() -> None:
    values = {"dev": 1, "staging": 1, "prod": 3}
    now = snapshot(
        nat_size=Entry(values, dict.fromkeys(ENVIRONMENTS, "seed"), immutable=False),
        vpc_cidr=AGREED.entries["vpc.cidr"],
    )
    ((_, problem),) = problems_of(AGREED, now, change(VERSION))
    assert problem.startswith("prod: 1 → 3, but")


def test_a_snapshot_is_read_as_it_was_written() -> None:
    taken = take([build(env) for env in Environment], VERSION)
    assert parse(dump(taken)) == taken
    assert len(taken.entries) > 400


def test_a_snapshot_has_a_line_a_value() -> None:
    text = dump(take([build(env) for env in Environment], VERSION))
    (line,) = [line for line in text.splitlines() if '"network.vpc.cidr"' in line]
    assert line.strip() == (
        '"network.vpc.cidr": {"value": {"all": "10.0.0.0/16"}, "sure": {"all": "seed"}, "immutable": true},'
    )


def test_a_value_changed_by_hand_is_stopped() -> None:
    configs = [build(env) for env in Environment]
    by_hand = [build(env, {"network": {"vpc": {"cidr": "10.0.0.0/8"}}}) for env in Environment]
    problems = problems_of(take(configs, CHANGES[-1].version), take(by_hand, CHANGES[-1].version), *CHANGES)
    assert [path for path, _ in problems] == ["network.vpc.cidr", "network.vpc.cidr"]
    assert "but the version is still" in problems[0][1]
    assert "it is immutable" in problems[1][1]


def test_versions_compare_as_numbers() -> None:
    assert number("9.3.0+10") > number("9.3.0+9") > number("9.3.0")
    assert number("9.10.0+1") > number("9.3.0+12")
    assert next_version("9.3.0+9") == "9.3.0+10"


def test_the_change_log_rises_and_follows_the_platforms_document() -> None:
    versions = [number(change.version) for change in CHANGES]
    assert versions == sorted(set(versions))
    assert all(change.line.endswith(".") for change in CHANGES)
    assert CHANGES[-1].version.split("+")[0] == build(Environment.PROD).document.version
