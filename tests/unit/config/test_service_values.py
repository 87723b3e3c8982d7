"""What the platform's documents say of what runs on it and around it, written out once more."""

from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment

DEV, STAGING, PROD = map(build, Environment)

# port, CPU units, memory in MB, desired count in prod, Spot
SERVICES = {
    "backend-api": (8000, 512, 1024, 2, True),
    "data-collection": (8002, 256, 512, 1, True),
    "strategy-service": (8003, 512, 1024, 1, True),
    "mlflow": (5000, 512, 1024, 1, True),
    "strategy-container": (None, 1024, 2048, 0, True),
    "live-trading": (8004, 1024, 2048, 0, False),
    "dry-run-trading": (8005, 1024, 2048, 0, True),
}

# time-out in seconds, memory in MB; None: not stated
FUNCTIONS = {
    "backtest-consumer": (30, 256),
    "sqs-consumer": (30, 256),
    "update-status": (30, 256),
    "cleanup-resources": (120, 256),
    "check-retraining-needed": (30, 256),
    "compare-models": (120, 256),
    "promote-model": (60, 256),
    "model-rollback": (120, 256),
    "retraining-scheduler": (60, 256),
    "health-check": (60, 256),
    "trading-heartbeat-check": (60, 256),
    "drift-monitor": (300, 512),
    "orphan-scanner": (60, 128),
    "validate-strategy": (30, 256),
    "notify-completion": (30, 128),
    "data-collection-proxy": (180, 256),
    "pulumi-drift-detector": (300, 512),
    "update-nat-routes": (None, None),
}


def test_seven_services_run_on_the_cluster() -> None:
    assert PROD.ecs.cluster == "tradai-prod"
    assert {
        name: (service.port, service.cpu, service.memory_mb, service.desired_count, service.spot)
        for name, service in PROD.ecs.services.items()
    } == SERVICES
    assert PROD.ecs.services["mlflow"].name == "tradai-mlflow-prod"


def test_outside_fargate_spot_is_stated_of_the_trading_services_alone() -> None:
    stated = {name: service.spot for name, service in DEV.ecs.services.items() if service.spot is not None}
    assert stated == {"live-trading": False, "dry-run-trading": True}


def test_workflows_health_checks_and_alarms_of_models_are_as_documented() -> None:
    sizes = {name: (flow.states, flow.timeout_seconds) for name, flow in PROD.workflows.items()}
    assert sizes == {"retraining": (10, 10_800), "backtest": (12, 7200)}
    assert PROD.ecs.health_check.path == "/api/v1/health"
    assert PROD.ecs.generic_task_family == "tradai-strategy-generic-prod"
    assert PROD.model_alarms == ("tradai-prod-drift-moderate", "tradai-prod-drift-significant")


def test_the_backend_runs_twice_in_prod_alone() -> None:
    counts = [config.ecs.services["backend-api"].desired_count for config in (DEV, STAGING, PROD)]
    assert counts == [1, 1, 2]


def test_eighteen_functions_are_known_with_the_sizes_that_are_stated() -> None:
    sizes = {name: (each.timeout_seconds, each.memory_mb) for name, each in PROD.lambdas.items()}
    assert sizes == FUNCTIONS
    assert len(FUNCTIONS) == 18
    assert PROD.lambdas["health-check"].name == "tradai-health-check-prod"
    assert PROD.lambdas["update-nat-routes"].name == "tradai-update-nat-routes"


def test_a_task_definition_carries_what_the_seed_says() -> None:
    variables = PROD.service_environment.variables
    assert variables["STRATEGY"].fallback == "FREQTRADE_STRATEGY"
    assert variables["STRATEGY"].example == "PascalStrategy"
    assert variables["STRATEGY_ID"].required_when == ("live", "dry-run")
    assert variables["STRATEGY_ID"].example == "pascal-btc"
    assert variables["TRADING_MODE"].values == ("backtest", "live", "dry-run", "train")
    assert variables["MLFLOW_TRACKING_URI"].value == "http://mlflow.tradai-prod.local:5000/mlflow"
    assert variables["CONFIG_PATH"].default == "/freqtrade/user_data/config.json"
    assert PROD.service_environment.workflow_table == ("DYNAMODB_TABLE", "WORKFLOW_STATE_TABLE")
    assert PROD.service_environment.obsolete == ("STRATEGY_NAME", "STRATEGY_STAGE")


def test_the_user_pool_demands_a_second_factor_and_long_passwords() -> None:
    pool = PROD.cognito
    assert (pool.name, pool.mfa, pool.password_min_length) == ("tradai-users-prod", "ON", 12)
    assert [config.cognito.deletion_protection for config in (DEV, PROD)] == ["INACTIVE", "ACTIVE"]
    assert pool.id is None


def test_secrets_topics_queues_and_waf_are_as_documented() -> None:
    assert {name: secret.name for name, secret in PROD.secrets.items()} == {
        "exchange-keys": "tradai/prod/exchange-keys"
    }
    assert {name: topic.name for name, topic in PROD.sns.items()} == {
        "alerts": "tradai-alerts-prod",
        "registration": "tradai-registration-prod",
    }
    queues = PROD.sqs
    assert (queues.fifo, queues.max_receive_count, queues.dead_letter_retention_days) == (True, 3, 14)
    assert PROD.waf.associated_with == "api gateway"


def test_patterns_conventions_and_the_platforms_document_are_kept() -> None:
    patterns = PROD.naming
    assert (patterns.resource, patterns.topic) == ("tradai-{component}-{env}", "tradai-{topic}-{env}")
    assert (patterns.secret, patterns.alarm) == ("tradai/{env}/{name}", "tradai-{env}-{what}")
    assert (PROD.document.version, f"{PROD.document.issued}") == ("9.3.0", "2026-03-28")
    assert PROD.document.authority == "infra/shared/tradai_infra_shared/config.py"
    assert len(PROD.document.checklist) == len(PROD.conventions.rules) == 4
    assert "DYNAMODB_TABLE_NAME" in PROD.conventions.variables
