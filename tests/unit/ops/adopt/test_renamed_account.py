"""An account with every name and many values changed: adopted, it has no finding, and adopt asks no more."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from ops.adopt import answers
from ops.adopt.model import Answer, Decision, DifferenceClass
from tests.unit.ops.adopt.renamed_estate import ENV, Account, account
from tradai_shared.config import provenance_of
from tradai_shared.config.build import build
from tradai_shared.config.paths import value_at
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.adopt.model import Difference

pytestmark = pytest.mark.any_python

VALUES = {
    "rds.version": "15.9",
    "rds.instance_class": "db.m6g.large",
    "nat.instance_type": "t4g.small",
    "ecs.services.mlflow.memory_mb": 2048,
    "ecs.services.backend-api.desired_count": 3,
    "lambdas.health-check.timeout_seconds": 90,
    "cognito.password_min_length": 14,
    "network.endpoints.interface_count": 0,
    "network.endpoints.gateway": ["s3"],
    "dynamodb.tables.notifications.ttl.attribute": "expires_at",
    "dynamodb.tables.deployments.key.partition.name": "deployment",
    "sqs.max_receive_count": 5,
    "log_retention_days": 180,
    "required_tags": {"Project": ["acme"], "Environment": ["production"], "ManagedBy": ["terraform"]},
}


def as_acme(name: str) -> str:
    return name.replace("tradai", "acme").replace("-prod", "-production")


def with_account_number(name: str) -> str:
    return "q" + name.removeprefix("tradai-").replace("-prod", "").replace("/", "-") + "-123456789012"


def unrelated(name: str) -> str:
    return f"q{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@pytest.fixture(scope="module", params=[as_acme, with_account_number, unrelated])
def renamed(request: pytest.FixtureRequest) -> Iterator[Account]:
    with account(request.param, VALUES) as made:
        yield made


def knowing(made: Account) -> Callable[[Difference], Decision | None]:
    """Somebody who knows the account, and takes everything as it is."""

    def answer(difference: Difference) -> Decision | None:
        if difference.path.endswith((".name", ".identifier", ".cluster")):
            return Decision(difference, Answer.TAKE, str(value_at(made.truth, difference.path)))
        if not difference.proposals:  # a call failed that shows the value too
            return None
        return Decision(difference, Answer.TAKE, difference.proposals[0].value)

    return answer


def noted(asked: list[Difference]) -> Callable[[Difference], None]:
    """Somebody who answers nothing."""

    def answer(difference: Difference) -> None:
        asked.append(difference)

    return answer


def test_what_is_adopted_has_no_finding_and_is_not_asked_again(renamed: Account) -> None:
    outcome = renamed.adopt(knowing(renamed))
    assert not outcome.survey.unread
    assert not outcome.refused
    assert [finding for finding in renamed.scan(outcome.file).findings if not finding.waiver] == []
    asked: list[Difference] = []
    again = renamed.adopt(noted(asked), outcome.file)
    assert asked == []
    assert again.file == outcome.file


def test_values_are_written_as_confirmed_with_the_day(renamed: Account) -> None:
    outcome = renamed.adopt(knowing(renamed))
    config = build(ENV, outcome.file)
    for path in VALUES:
        if not path.startswith(("required_tags", "rds.version")):
            assert provenance_of(config, path) is Provenance.CONFIRMED
            assert value_at(config, path) == value_at(renamed.truth, path)
    assert config.rds.version == "15"
    (day,) = outcome.file.confirmed
    assert "rds.identifier" in outcome.file.confirmed[day]
    assert config.annotations.confirmed_on["rds.identifier"] == day


def test_what_the_stacks_parameters_name_is_not_written(renamed: Account) -> None:
    values = renamed.adopt(knowing(renamed)).file.values
    assert not {"group", "alarm", "function", "lifecycle_hooks", "eip"} & set(values["nat"])
    assert "route_tables" not in values["network"]
    assert "update-nat-routes" not in values["lambdas"]


def test_nobody_who_answers_makes_documented_differences_the_wish(renamed: Account) -> None:
    outcome = renamed.adopt(answers.safe)
    config = build(ENV, outcome.file)
    assert config.nat.instance_type == "t4g.nano"
    assert config.rds.version == "15.13"
    assert config.cognito.name == "tradai-users-prod"
    assert {"network.endpoints.interface_count", "cognito.name"} <= {each.path for each in outcome.unanswered}


def test_likely_names_are_proposed_first(renamed: Account) -> None:
    names = [each for each in renamed.adopt(lambda _: None).asked if each.kind is DifferenceClass.NAME]
    wrong = [
        each.path
        for each in names
        if each.default is Answer.TAKE
        and each.path.endswith((".name", ".identifier", ".cluster"))
        and each.proposals[0].value != value_at(renamed.truth, each.path)
    ]
    assert wrong == []
    assert len(names) > 40
