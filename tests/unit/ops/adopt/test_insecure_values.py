"""What would open something or lose data is taken by its id alone: not by --yes, and not by empty answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ops.adopt import answers
from ops.adopt.answers import Stated, decision_of
from ops.adopt.security import is_insecure
from tests.unit.ops.adopt.renamed_estate import Account, account
from tests.unit.ops.adopt.test_renamed_account import VALUES, as_acme
from tradai_shared import clock
from tradai_shared.config.build import own_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.findings import Json
    from ops.adopt.model import Decision, Difference

pytestmark = pytest.mark.any_python

INGRESS = "network.security_groups.rds.ingress"


def rules(*peers: str) -> Json:
    return [{"protocol": "tcp", "from_port": 5432, "to_port": 5432, "peer": peer} for peer in peers]


@pytest.mark.parametrize(
    "peers",
    [
        ["0.0.0.0/0"],
        ["3.0.0.0/8"],  # all of it addresses of a provider, whose customers anybody may be
        ["::/1", "8000::/1"],
        ["2000::/3"],
        [f"{number}.0.0.0/9" for number in range(1, 9)],
        [f"{number}.{number}.0.0/17" for number in range(1, 9)],
        ["ecs", "pl-0a1b2c3d4e5f60718"],
    ],
)
def test_rules_that_let_the_internet_in_are_insecure(peers: list[str]) -> None:
    assert is_insecure(INGRESS, "ingress", rules(*peers))


@pytest.mark.parametrize("peers", [["ecs", "lambda"], ["10.0.0.0/8"], ["198.51.100.0/24"], ["sg-1"], []])
def test_rules_of_groups_and_of_small_ranges_are_not(peers: list[str]) -> None:
    assert not is_insecure(INGRESS, "ingress", rules(*peers))


def database_open(made: Account) -> str:
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "3.0.0.0/8"}]}
    made.client("ec2").authorize_security_group_ingress(
        GroupId=made.built.ids["group:rds"], IpPermissions=[rule]
    )
    return INGRESS


def bucket_public(made: Account) -> str:
    made.client("s3").delete_public_access_block(Bucket=made.truth.s3.buckets["logs"].name)
    return "s3.buckets.logs.public_access_blocked"


def bucket_without_versions(made: Account) -> str:
    made.client("s3").put_bucket_versioning(
        Bucket=made.truth.s3.buckets["configs"].name, VersioningConfiguration={"Status": "Suspended"}
    )
    return "s3.buckets.configs.versioning"


def objects_expire(made: Account) -> str:
    rule = {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    made.client("s3").put_bucket_lifecycle_configuration(
        Bucket=made.truth.s3.buckets["mlflow"].name, LifecycleConfiguration={"Rules": [rule]}
    )
    return "s3.buckets.mlflow.lifecycle"


def ttl_off(made: Account) -> str:
    table = made.truth.dynamodb.tables["idempotency"]
    assert table.ttl
    made.client("dynamodb").update_time_to_live(
        TableName=table.name,
        TimeToLiveSpecification={"Enabled": False, "AttributeName": table.ttl.attribute},
    )
    return "dynamodb.tables.idempotency.ttl"


def one_zone(made: Account) -> str:
    made.client("rds").modify_db_instance(DBInstanceIdentifier=made.truth.rds.identifier, MultiAZ=False)
    return "rds.multi_az"


INSECURE = (database_open, bucket_public, bucket_without_versions, objects_expire, ttl_off, one_zone)


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Account, set[str]]]:
    with account(as_acme, VALUES) as standing:
        clock.sleep(7200)  # TTL changes once an hour
        yield standing, {make(standing) for make in INSECURE}


def empty(difference: Difference) -> Decision:
    return decision_of(difference, Stated(difference.default), "an empty line")


@pytest.mark.parametrize("answer", [answers.safe, empty])
def test_none_is_taken_by_yes_or_by_an_empty_answer(
    made: tuple[Account, set[str]], answer: Callable[[Difference], Any]
) -> None:
    standing, paths = made
    names = standing.adopt(lambda each: empty(each) if each.path.endswith(NAMES) else None).file
    asked: dict[str, Difference] = {}

    def noting(difference: Difference) -> Decision | None:
        asked[difference.path] = difference
        decided: Decision | None = answer(difference)
        return decided

    written = set(own_paths(standing.adopt(noting, names).file.values))
    assert paths <= set(asked)
    assert all(asked[path].insecure for path in paths)
    assert not paths & written


NAMES = (".name", ".identifier", ".cluster")
