"""A deployment's own file."""

import json
from pathlib import Path
from typing import Any

import pytest

from tradai_shared.config import Provenance, canonical_config, loader, provenance_of
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.overrides import parse
from tradai_shared.errors import ConfigError

PROD = Environment.PROD
OWN = {"nat": {"group": {"name": "platform-nat"}}, "network": {"endpoints": {"gateway": ["s3"]}}}


@pytest.fixture(autouse=True)
def _no_file_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANONICAL_CONFIG_PATH", raising=False)


def written(path: Path, values: object) -> Path:
    path.write_text(json.dumps({"values": values}), encoding="utf-8")
    return path


def test_without_a_file_the_built_in_values_hold() -> None:
    assert canonical_config("prod") == build(PROD)


def test_a_file_in_the_layer_replaces_values_of_its_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "OWN_VALUES", tmp_path)
    written(tmp_path / "prod.json", OWN)
    assert canonical_config("prod").nat.group.name == "platform-nat"
    assert canonical_config("prod").network.endpoints.gateway == ("s3",)
    assert canonical_config("dev").nat.group.name == "tradai-nat-asg-dev"


def test_the_variable_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(written(tmp_path / "mine.json", OWN)))
    assert canonical_config("staging").nat.group.name == "platform-nat"


def test_an_empty_variable_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", "")
    assert canonical_config("prod") == build(PROD)


def test_its_values_count_as_confirmed_and_no_others() -> None:
    config = build(PROD, OWN)
    assert provenance_of(config, "nat.group.name") is Provenance.CONFIRMED
    assert provenance_of(config, "nat.group.min_size") is Provenance.SEED
    assert provenance_of(config, "network.endpoints.gateway") is Provenance.CONFIRMED


def test_a_value_that_is_given_as_it_was_is_confirmed() -> None:
    config = build(PROD, {"nat": {"group": {"name": "tradai-nat-asg-prod"}}})
    assert config.model_dump() == build(PROD).model_dump()
    assert provenance_of(config, "nat.group.name") is Provenance.CONFIRMED


def test_null_takes_away_and_that_too_is_confirmed() -> None:
    config = build(PROD, {"dynamodb": {"tables": {"notifications": {"ttl": None}}}})
    assert config.dynamodb.tables["notifications"].ttl is None
    assert provenance_of(config, "dynamodb.tables.notifications.ttl") is Provenance.CONFIRMED


def test_a_ttl_can_be_given_to_a_table_that_had_none() -> None:
    config = build(PROD, {"dynamodb": {"tables": {"workflow-state": {"ttl": {"attribute": "expires_at"}}}}})
    ttl = config.dynamodb.tables["workflow-state"].ttl
    assert ttl is not None
    assert ttl.attribute == "expires_at"
    assert provenance_of(config, "dynamodb.tables.workflow-state.ttl.attribute") is Provenance.CONFIRMED


def test_the_exported_values_are_accepted_as_own_ones() -> None:
    exported = build(PROD).model_dump(mode="json")
    config = build(PROD, exported)
    assert config.model_dump(mode="json") == exported
    assert provenance_of(config, "dynamodb.tables.notifications.ttl.attribute") is Provenance.CONFIRMED


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"nat": {"group": {"nme": "x"}}}, "nat.group.nme: there is no such field; there are: name, min_size"),
    ({"nat": {"group": {"max_size": "1"}}}, 'nat.group.max_size: Input should be a valid integer; it is "1"'),
    (
        {"nat": {"group": {"health_check": "TCP"}}},
        "Input should be 'EC2' or 'ELB'; it is \"TCP\"",
    ),
    ({"log_retention_days": 31}, "log_retention_days: Input should be 1, 3, 5, 7, 14, 30"),
    ({"rds": {"multi_az": 1}}, "rds.multi_az: Input should be a valid boolean; it is 1"),
    ({"rds": {"multi_az": None}}, "rds.multi_az: is missing"),
    ({"ecs": {"services": {"mlflow": {"port": 70000}}}}, "port: Input should be less than or equal to 65535"),
    (
        {"network": {"vpc": {"cidr": "10.0.0.1/16"}}},
        "vpc.cidr: Value error, 10.0.0.1/16 has host bits",
    ),
    ({"network": {"vpc": {"cidr": "ten"}}}, "network.vpc.cidr: String should match pattern"),
    ({"s3": {"buckets": {"a.b": {}}}}, "s3.buckets.a.b.[key]: String should match pattern"),
    (
        {"dynamodb": {"tables": {"workflow-state": {"ttl": {"attr": "x"}}}}},
        "ttl.attr: there is no such field; there are: attribute, lifetime_seconds",
    ),
    (
        {"network": {"security_groups": {"rds": {"ingress": [{"protocol": "tcp", "peer": "ecs", "on": 1}]}}}},
        "ingress.0.on: there is no such field; there are: protocol, from_port, to_port, peer",
    ),
    ({"tables": {}}, "tables: there is no such field; there are: environment, region"),
    ({"dynamodb": {"tables": {"new": {}}}}, "dynamodb.tables.new.key: is missing"),
]


@pytest.mark.parametrize(("values", "words"), REFUSED)
def test_a_refusal_names_the_field_and_what_is_accepted(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(PROD, values)
    assert words in str(caught.value)


def test_all_errors_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        build(PROD, {"region": 1, "rds": {"multi_az": "no"}})
    assert caught.value.path == "region"
    assert "\nrds.multi_az: Input should be a valid boolean" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "the whole: "),
        ('{"value": {}}', "value: there is no such field; there are: values, absent, not_judged"),
        ('{"values": 1}', "values: "),
        ('{"values": {"region": "a", "region": "b"}}', "region: is given twice"),
        ('{"waivers": [{"finding": "f", "reason": "r", "owner": "o"}]}', "waivers.0.until: is missing"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "prod.json")
    assert words in str(caught.value)


def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read"):
        canonical_config("prod")


def test_an_unknown_environment_is_an_error() -> None:
    with pytest.raises(ConfigError, match="'qa' is none of dev, staging, prod"):
        canonical_config("qa")


def test_waivers_stand_beside_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiver = {"finding": "f1", "reason": "moves in May", "owner": "ops", "until": "2027-05-31"}
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"waivers": [waiver]}), encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(path))
    (found,) = loader.waivers("prod")
    assert found.model_dump(mode="json", exclude_none=True) == waiver
