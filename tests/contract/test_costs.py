"""docs/costs.md: computed from what the template ships, and quoted rightly by whoever quotes it."""

from __future__ import annotations

import re

import pytest

from simulator.aws.sam_template import Template
from tests.contract.stack import ROOT
from tests.contract.test_alarms import COUNTED, WRITTEN
from toolchain.build.artifact import PSEUDO
from toolchain.docs.cost_model import PLACE, PRICES, TEMPLATE, WORKS, Line, bill, toolkit, total, watched
from toolchain.docs.costs import DOCUMENT, document
from ttl_reaper import report

README = (ROOT / "README.md").read_text(encoding="utf-8")
# sent by incidents and not by each run
INCIDENTS = {"AssumptionsBroken", "FailoverSeconds", "InstancesReplaced", "RoutesReplaced", "ReapErrors"}
# sent by each run, where there is a standby: counted with it
STANDBY = {"StandbyReady"}


def template() -> Template:
    return Template.load(TEMPLATE, PLACE, PSEUDO)


def test_the_page_is_what_template_and_prices_give() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_function_of_the_template_is_counted() -> None:
    functions = {
        name
        for name, resource in template().document["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert {work.function for work in WORKS} == functions


def test_the_metrics_that_are_counted_are_those_that_each_run_writes() -> None:
    for work, service in zip(WORKS, ("update_nat_routes", "drift_check", "ttl_reaper"), strict=False):
        assert work.metrics == len((WRITTEN[service] | COUNTED[service]) - INCIDENTS - STANDBY), service


def test_a_line_is_units_at_a_price() -> None:
    (compute,) = [line for line in toolkit(template()) if line.part == "failover" and line.price == "compute"]
    assert compute.amount == pytest.approx(730 * 60 * 0.5 * 0.5)
    assert compute.usd == pytest.approx(compute.amount * 0.0000133334)


def test_an_expression_is_paid_for_each_metric_that_it_adds_up() -> None:
    assert watched({"MetricName": "One"}) == 1
    assert watched({"Metrics": [{"Expression": "a + b"}, {"MetricStat": {}}, {"MetricStat": {}}]}) == 2


def test_the_reaper_s_own_estimate_uses_the_same_price() -> None:
    assert PRICES["reads"].usd == report.USD_A_READ_UNIT


def test_a_sum_is_that_of_its_part() -> None:
    lines = [Line("a", "", 2, "dashboard"), Line("b", "", 1, "dashboard")]
    assert (total(lines, "a"), total(lines, "a", "b")) == (6, 9)


@pytest.mark.parametrize(
    "name",
    ["nat", "failover", "drift check", "reaper", "shared", "egress probe", "standby", "instance metrics"],
)
def test_the_readme_quotes_it(name: str) -> None:
    (quoted,) = re.findall(rf"^\| {name}[^|]*\| ([0-9.]+) \|", README, re.MULTILINE)
    assert float(quoted) == round(bill()[name], 2)


def test_the_readme_s_conclusion_follows() -> None:
    costs = bill()
    assert f"{costs['nat and failover']:.2f} USD" in README
    assert f"{costs['gateway']:.2f} USD" in README
    assert f"about {costs['gateway'] - costs['nat and failover']:.0f} USD a month" in README
    assert f"with the whole toolkit {costs['gateway'] - costs['nat'] - costs['toolkit']:.0f} USD" in README


def test_the_template_s_own_words_on_price_agree() -> None:
    said = template().document["Parameters"]
    assert f"about {bill()['egress probe']:.0f} USD a month" in said["EgressProbe"]["Description"]
    assert "7 metrics at 0.30 USD, 2.10 USD" in said["NatDetailedMonitoring"]["Description"]
