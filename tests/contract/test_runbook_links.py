"""Links to runbooks are absolute in every account: a dashboard of the stack shows the pages themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.contract.stack import ENVIRONMENTS, MADE_NAT, ROOT, Stack, graphs
from toolchain.build import marked, runbook_widgets
from tradai_shared import env as variables

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
COMMERCIAL = (
    "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/"
)


def description(stack: Stack) -> str:
    return str(stack["NatUnhealthyAlarm"]["AlarmDescription"])


def given(stack: Stack) -> dict[str, str]:
    """The variables of every function."""
    variables = stack.template.document["Globals"]["Function"]["Environment"]["Variables"]
    resolved: dict[str, str] = stack.template.resolve(variables)
    return resolved


def widgets(**parameters: str) -> list[dict[str, Any]]:
    body = json.loads(Stack("prod", **parameters)["Dashboard"]["DashboardBody"])
    return [widget for widget in body["widgets"] if widget["type"] == "text"]


@pytest.mark.parametrize("address", ["", "docs/runbooks"])
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_without_an_address_a_link_leads_to_the_dashboard_that_there_is(env: str, address: str) -> None:
    stack = Stack(env, RunbookBaseUrl=address, NamePrefix="acme")
    dashboard = COMMERCIAL + stack["Dashboard"]["DashboardName"]
    assert stack["Dashboard"]["DashboardName"] == f"acme-ops-{env}"
    assert description(stack).endswith(f" Runbook: {dashboard} page nat-unhealthy.md")
    assert variables.runbooks(given(stack)) == f"{dashboard} page "
    assert stack.template.resolve(stack.template.document["Outputs"]["DashboardUrl"]["Value"]) == dashboard


def test_an_address_that_is_given_is_a_link_to_the_page() -> None:
    stack = Stack("dev", RunbookBaseUrl="https://example.org/runbooks")
    assert description(stack).endswith(" Runbook: https://example.org/runbooks/nat-unhealthy.md")
    assert variables.runbooks(given(stack)) == "https://example.org/runbooks/"


@pytest.mark.parametrize(
    ("partition", "host"),
    [("aws-cn", "console.amazonaws.cn"), ("aws-us-gov", "console.amazonaws-us-gov.com")],
)
def test_each_partition_has_its_own_console(partition: str, host: str) -> None:
    stack = Stack("prod")
    stack.template.values["AWS::Partition"] = partition
    assert f"https://eu-central-1.{host}/cloudwatch/" in description(stack)


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("", True),
        ("docs/runbooks", True),
        ("https://wiki.acme.io/x", True),
        ("http://wiki/x", True),
        ("https://wiki.acme.io/x/", False),
        ("runbooks", False),
        ("https://wiki.acme.io/a b", False),
    ],
)
def test_what_is_no_address_is_refused_before_the_deploy(address: str, *, taken: bool) -> None:
    pattern = Stack().template.document["Parameters"]["RunbookBaseUrl"]["AllowedPattern"]
    assert (re.search(pattern, address) is not None) == taken


@each_page
def test_the_dashboard_shows_each_page_whole_but_for_its_links(page: Any) -> None:
    (shown,) = [it for it in widgets() if it["properties"]["markdown"].startswith(f"# {page.name}: ")]
    text = shown["properties"]["markdown"]
    assert not re.search(r"\]\((?!https?:)", text), "nothing leads anywhere from a dashboard"
    words = re.sub(r"\[([^\]]+)\]\([^)]+\)", "", page.read_text(encoding="utf-8").removeprefix("# "))
    assert set(re.findall(r"[\w$./{}-]+", words)) <= set(re.findall(r"[\w$./{}-]+", text))
    for code in re.findall(r"```.*?```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert code in text


def test_the_pages_lie_below_the_graphs_and_on_nothing() -> None:
    drawn = graphs(Stack("prod", **MADE_NAT, NatMetrics="true"))
    assert min(it["y"] for it in widgets()) >= max(it["y"] + it["height"] for it in drawn)
    places = [(it["x"], it["y"]) for it in widgets()]
    assert len(set(places)) == len(PAGES)


def test_a_link_becomes_the_name_of_what_it_leads_to(tmp_path: Any) -> None:
    page = tmp_path / "it.md"
    page.write_text("# Title\n\n[a.md](a.md), [theirs](b.md), [../c.md](../c.md), [w](https://w.org) ${X}\n")
    shown = runbook_widgets.markdown(page)
    assert shown == "# it.md: Title\n\n**a.md**, theirs (**b.md**), docs/c.md, [w](https://w.org) ${X}"


def test_a_page_that_changed_is_told_until_the_template_is_written_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(runbook_widgets.BEGIN + runbook_widgets.END)
    monkeypatch.setattr(marked, "TEMPLATE", template)
    assert runbook_widgets.main(["--check"]) == 1
    assert "older copy of docs/runbooks: make template" in capsys.readouterr().err
    assert runbook_widgets.main([]) == 0
    assert runbook_widgets.main(["--check"]) == 0
    template.write_text("Resources: {}\n")
    with pytest.raises(SystemExit, match="lacks the line"):
        runbook_widgets.main([])
