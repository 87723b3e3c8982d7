"""What is known before the models are: the same that they say, or nothing."""

import json
from pathlib import Path

import pytest

from tradai_shared.config import canonical_config
from tradai_shared.config.early import region_and_tables
from tradai_shared.config.naming import Environment

OWN = {
    "region": "eu-west-1",
    "dynamodb": {"tables": {"idempotency": None, "notifications": {"name": "messages"}}},
}


@pytest.mark.parametrize("env", Environment)
@pytest.mark.parametrize("own", [{}, {"values": {"region": "eu-west-1"}}])
def test_it_is_what_the_configuration_says(
    env: str, own: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(own), encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(path))
    config = canonical_config(env)
    assert region_and_tables(env) == (config.region, [t.name for t in config.dynamodb.tables.values()])


def test_own_tables_replace_and_remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"values": OWN}), encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(path))
    _, tables = region_and_tables("prod")
    assert "messages" in tables
    assert not {"tradai-notifications-prod", "tradai-idempotency-prod"} & set(tables)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"values": 1}', '{"values": {"dynamodb": {"tables": {"a": {}}}}}']
)
def test_what_cannot_be_understood_is_left_to_the_models(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.json"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(path))
    assert region_and_tables("prod") == (None, [])
    assert region_and_tables("nowhere") == (None, [])
