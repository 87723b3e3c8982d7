"""What the runbooks name is what the template makes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.stack import ADOPTED_STANDBY, ENVIRONMENTS, MADE_NAT, MADE_STANDBY, ROOT, Stack
from tradai_shared.config import naming
from update_nat_routes.planner.notes import UNGUARDED, NoteKind

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


def names_of(env: str) -> str:
    """Every text of the template, resolved, and the platform's names that it relies on."""
    stack = Stack(env, EgressProbe="true", NatStandbyAsgName=naming.nat_standby_asg_name(env))
    resources = [stack[name] for name in stack.made]
    metrics = Stack(env, **MADE_STANDBY, NatMetrics="true").of_type("AWS::CloudWatch::Alarm")
    return json.dumps([*resources, *metrics.values(), naming.private_route_table_name(env)])


@each_page
def test_a_name_with_the_environment_is_one_of_the_template_s(page: Path) -> None:
    mentioned = set(
        re.findall(r"\b(tradai-[a-z-]+)-(?:\$TRADAI_ENV|\{env\})", page.read_text(encoding="utf-8"))
    )
    for env in ENVIRONMENTS:
        known = names_of(env)
        assert [name for name in mentioned if f"{name}-{env}" not in known] == []


@each_page
def test_a_link_leads_to_a_page(page: Path) -> None:
    for target in re.findall(r"\]\(([\w.-]+\.md)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file()


@each_page
def test_the_function_is_called_by_its_name(page: Path) -> None:
    by_environment = 'tradai-update-nat-routes$([ "$TRADAI_ENV" = prod ] || echo "-$TRADAI_ENV")'
    assert naming.update_nat_routes_function_name("prod") == "tradai-update-nat-routes"
    assert naming.update_nat_routes_function_name("dev") == "tradai-update-nat-routes-dev"
    named = set(re.findall(r"(?m)^FUNCTION=(.+)$", page.read_text(encoding="utf-8")))
    assert named <= {by_environment}


@each_page
def test_a_parameter_that_is_named_is_one_of_the_template_s(page: Path) -> None:
    parameters = Stack().template.document["Parameters"]
    for name in re.findall(r"`(\w+)=[^`]*`", page.read_text(encoding="utf-8")):
        assert name in parameters or name == "Name"


def test_every_note_of_the_loop_is_explained() -> None:
    first_page = (ROOT / "docs/runbooks/nat-unhealthy.md").read_text(encoding="utf-8")
    unguarded = (ROOT / "docs/runbooks/nat-unguarded.md").read_text(encoding="utf-8")
    assert [note for note in NoteKind if f"`{note}`" not in first_page + unguarded] == []
    assert [note for note in UNGUARDED if f"| `{note}` |" not in unguarded] == []


def test_a_parameter_for_an_emergency_is_taken_back_by_the_next_command() -> None:
    """A plain deployment names every parameter, as samconfig.toml has it."""
    text = (ROOT / "docs/runbooks/nat-unhealthy.md").read_text(encoding="utf-8")
    given, undone = re.findall(r"sam deploy [^\n#]*", text)
    assert given.endswith("NatTakeOverRoutes=true")
    assert "--parameter-overrides" not in undone


def test_every_alarm_has_a_page_and_every_page_an_alarm() -> None:
    stacks = (ADOPTED_STANDBY, {**MADE_NAT, "NatMetrics": "true"})
    alarms = [
        alarm
        for parameters in stacks
        for alarm in Stack("prod", EgressProbe="true", **parameters)
        .of_type("AWS::CloudWatch::Alarm")
        .values()
    ]
    linked = {alarm["AlarmDescription"].rsplit(" ", 1)[1] for alarm in alarms}
    assert linked == {page.name for page in PAGES}
