import subprocess
import sys

import pytest

from tradai_shared.config import naming


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ("prod", "tradai-update-nat-routes"),
        ("staging", "tradai-update-nat-routes-staging"),
        ("dev", "tradai-update-nat-routes-dev"),
    ],
)
def test_the_nat_function_has_the_platforms_own_name_in_prod_alone(env: str, name: str) -> None:
    assert naming.update_nat_routes_function_name(env) == name


def test_names_follow_the_platforms_patterns() -> None:
    names = {
        naming.table_name("workflow-state", "dev"): "tradai-workflow-state-dev",
        naming.bucket_name("arcticdb", "prod"): "tradai-arcticdb-prod",
        naming.secret_name("exchange-keys", "staging"): "tradai/staging/exchange-keys",
        naming.topic_name("alerts", "prod"): "tradai-alerts-prod",
        naming.nat_alarm_name("prod"): "tradai-prod-nat-unhealthy",
        naming.nat_asg_name("prod"): "tradai-nat-asg-prod",
        naming.nat_launch_hook_name("prod"): "tradai-nat-launch-prod",
        naming.nat_terminate_hook_name("prod"): "tradai-nat-terminate-prod",
        naming.private_route_table_name("prod"): "tradai-private-rt-prod",
        naming.nat_instance_name("prod"): "tradai-nat-prod",
        naming.drift_check_function_name("dev"): "tradai-drift-check-dev",
        naming.ttl_reaper_function_name("dev"): "tradai-ttl-reaper-dev",
        naming.egress_probe_function_name("dev"): "tradai-egress-probe-dev",
    }
    assert list(names) == list(names.values())


def test_names_cost_no_pydantic() -> None:
    script = (
        "import sys, tradai_shared.config.naming;"
        "sys.exit(any(name.startswith(('pydantic', 'boto')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603 - our own


def test_what_is_not_there_is_no_attribute_of_the_package() -> None:
    import tradai_shared.config as package  # noqa: PLC0415 - its laziness is what is tested

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing
    assert all(hasattr(package, name) for name in package.__all__)
