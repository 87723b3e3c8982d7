"""Adding a table, a bucket, a tag is one line: everything else picks it up."""

from typing import Any

import pytest

from toolchain.config_document.render import document
from toolchain.config_document.snapshot import check, take
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.naming import Environment
from tradai_shared.config.values import data, functions, platform, services
from tradai_shared.config.values.data import table


def configs() -> list[CanonicalConfig]:
    return [build(env) for env in Environment]


BEFORE = take(configs(), CHANGES[-1].version)


def picked_up(row: str, path: str) -> None:
    """The document shows it, and the snapshot asks for a version."""
    assert row in document(configs(), CHANGES)
    problems = check(BEFORE, take(configs(), CHANGES[-1].version), CHANGES)
    assert path in {violation.path for violation in problems}


def test_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(data.TABLES, "orders", table("order_id", "created_at"))
    orders = build(Environment.PROD).dynamodb.tables["orders"]
    assert (orders.name, orders.deletion_protection) == ("tradai-orders-prod", True)
    picked_up("| `orders` | `tradai-orders-{env}` ◐ | `order_id` S ○■ |", "dynamodb.tables.orders.name")


@pytest.mark.parametrize(
    ("module", "names", "row", "path"),
    [
        (data, "BUCKETS", "| `new` | `tradai-new-{env}` ◐■ |", "s3.buckets.new.name"),
        (services, "TOPICS", "| `new` | `tradai-new-{env}` ◐ |", "sns.new.name"),
        (services, "SECRETS", "| `new` | `tradai/{env}/new` ◐ |", "secrets.new.name"),
    ],
)
def test_a_bucket_a_topic_a_secret(
    module: Any,  # noqa: ANN401 - a module of values
    names: str,
    row: str,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, names, (*getattr(module, names), "new"))
    picked_up(row, path)


def test_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(functions.FUNCTIONS, "new", functions.sized(30, 256))
    picked_up("| `new` | `tradai-new-{env}` ◐ | 30 ◐ | 256 ◐ |  |", "lambdas.new.memory_mb")


def test_a_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = platform.required_tags
    monkeypatch.setattr(platform, "required_tags", lambda env: {**tags(env), "Owner": ["ops"]})
    assert build(Environment.PROD).required_tags["Owner"] == ("ops",)
    picked_up("| `Owner` | `ops` ○ |", "required_tags.Owner")
