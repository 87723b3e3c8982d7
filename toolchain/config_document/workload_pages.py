"""The document's pages on what runs on the platform and what surrounds it."""

from __future__ import annotations

from toolchain.config_document.blocks import Bullets, Grid, Rows, Section

ECS = Section(
    "ECS",
    "services.py",
    "CPU in units of 1/1024 of a core. Services that start on demand have a desired count of 0.",
    (
        Rows(
            "ECS",
            {
                "Cluster": "ecs.cluster",
                "Health check": "ecs.health_check.path",
                "Health check of mlflow": "ecs.health_check.mlflow_path",
                "Start period of trading services, s": "ecs.health_check.trading_start_period_seconds",
                "Task family of generic strategies": "ecs.generic_task_family",
            },
        ),
        Grid(
            "ecs.services",
            "Service",
            {
                "Name": "name",
                "Port": "port",
                "CPU": "cpu",
                "Memory, MB": "memory_mb",
                "Desired count": "desired_count",
                "Spot": "spot",
            },
        ),
    ),
)
ENVIRONMENT = Section(
    "What a service's task definition carries",
    "services.py",
    "A service reads its workflow table's name from either of the two variables. The obsolete ones must "
    "not be there: the stage comes from the deployment's configuration.",
    (
        Grid(
            "service_environment.variables",
            "Variable",
            {
                "Meaning": "meaning",
                "Value": "value",
                "One of": "values",
                "Default": "default",
                "Otherwise read from": "fallback",
                "Required when trading mode is": "required_when",
                "Example": "example",
            },
        ),
        Rows(
            "Variables",
            {
                "Workflow table, either of": "service_environment.workflow_table",
                "Obsolete": "service_environment.obsolete",
            },
        ),
    ),
)
LAMBDAS = Section(
    "Lambda",
    "functions.py",
    "",
    (
        Grid(
            "lambdas",
            "Function",
            {
                "Name": "name",
                "Time-out, s": "timeout_seconds",
                "Memory, MB": "memory_mb",
                "Remark": "note",
            },
        ),
    ),
)
AROUND = Section(
    "Cognito, secrets, topics, queues, WAF",
    "services.py",
    "The queues' names are not stated; what is said here holds for each of them.",
    (
        Rows(
            "Service",
            {
                "User pool": "cognito.name",
                "User pool id": "cognito.id",
                "MFA": "cognito.mfa",
                "Shortest password": "cognito.password_min_length",
                "Deletion protection of the pool": "cognito.deletion_protection",
                "Queues": "sqs.names",
                "Queues are FIFO": "sqs.fifo",
                "Receives before the dead-letter queue": "sqs.max_receive_count",
                "Dead letters are kept, days": "sqs.dead_letter_retention_days",
                "WAF is associated with": "waf.associated_with",
                "REST APIs": "waf.apis",
                "Alarms of the models": "model_alarms",
            },
        ),
        Grid("workflows", "Workflow", {"States": "states", "Time-out, s": "timeout_seconds"}),
        Grid("secrets", "Secret", {"Name": "name"}),
        Grid("sns", "Topic", {"Name": "name"}),
    ),
)
CONVENTIONS = Section(
    "House conventions",
    "platform.py",
    "",
    (
        Bullets("How the platform's functions behave; this toolkit's do alike", "conventions.rules"),
        Rows("Functions", {"Environment variables": "conventions.variables"}),
    ),
)
CONTROL = Section(
    "The platform's document",
    "platform.py",
    "",
    (
        Bullets("What must be checked, by the platform's own list", "document.checklist"),
        Rows(
            "Document",
            {
                "Version": "document.version",
                "Date": "document.issued",
                "Authority, which wins over every document": "document.authority",
                "Rule of change": "document.change_rule",
            },
        ),
    ),
)

PAGES = (ECS, ENVIRONMENT, LAMBDAS, AROUND, CONVENTIONS, CONTROL)
