"""The generated document."""

from datetime import date

from toolchain.config_document.render import document, shown
from tradai_shared.config.build import build
from tradai_shared.config.changelog import Change
from tradai_shared.config.naming import Environment
from tradai_shared.config.paths import leaves

CONFIGS = [build(env) for env in Environment]
CHANGES = [
    Change("9.3.0+1", date(2026, 11, 22), "The beginning."),
    Change("9.3.0+2", date(2026, 12, 1), "A wider network.", {"network.vpc.cidr": "a second VPC"}),
]
TEXT = document(CONFIGS, CHANGES)


def test_every_value_has_its_place() -> None:
    for config in CONFIGS:
        assert {path for path, _ in leaves(config)} - shown(config) == set()


def test_it_opens_with_its_version_and_date() -> None:
    assert "**Version 9.3.0+2** of 2026-12-01" in TEXT


def test_a_value_carries_its_mark_and_its_lock() -> None:
    assert "| CIDR | `10.0.0.0/16` ●■ |" in TEXT
    assert "| Region | `eu-central-1` ◐ |" in TEXT
    assert "| Name | `tradai-nat-asg-{env}` ○ |" in TEXT


def test_environments_that_differ_stand_side_by_side() -> None:
    assert "| `log_retention_days` | 30 ◐ | 30 ◐ | 90 ◐ |" in TEXT
    assert "| Logs are kept, days | dev and staging 30 ◐, prod 90 ◐ |" in TEXT
    assert "| `dynamodb.tables.*.deletion_protection` | no ○ | no ○ | yes ● |" in TEXT
    assert "| `ecs.services.backend-api.desired_count` | 1 ◐ | 1 ◐ | 2 ◐ |" in TEXT


def test_a_value_that_all_share_is_written_once() -> None:
    assert TEXT.count("PAY_PER_REQUEST") == 1
    assert "All alike: billing `PAY_PER_REQUEST` ●; encrypted yes ●;" in TEXT


def test_a_table_of_dynamodb_reads_as_a_row() -> None:
    row = "| `config-versions` | `tradai-config-versions-{env}` ◐ | `strategy_name` S ○■ | `config_id` S ○■ |"
    assert row in TEXT
    assert "| `health-state` | `ttl` ○ | 86400 ◐ | yes ○ | yes ● |" in TEXT


def test_what_nobody_stated_is_a_dash() -> None:
    assert "| - | - | of this toolkit ◐ |" in TEXT


def test_the_change_log_is_written_latest_first_with_its_migrations() -> None:
    late = TEXT.index(
        "| 9.3.0+2 | 2026-12-01 | A wider network.<br>migration of `network.vpc.cidr`: a second VPC |"
    )
    assert late < TEXT.index("| 9.3.0+1 | 2026-11-22 | The beginning. |")


def test_a_deployments_own_value_is_marked_as_confirmed() -> None:
    configs = [build(env, {"nat": {"group": {"name": "platform-nat"}}}) for env in Environment]
    assert "| Name | `platform-nat` ✔ |" in document(configs, CHANGES)


def test_every_row_has_as_many_cells_as_its_header() -> None:
    width = 0
    for line in TEXT.splitlines():
        cells = line.count("|") if line.startswith("|") else 0
        assert not cells or not width or cells == width, line
        width = cells
