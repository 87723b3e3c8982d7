"""What the configuration states and no check compares, each with its reason. A test holds it complete."""

from __future__ import annotations

from fnmatch import fnmatchcase

UNCHECKED: tuple[tuple[str, str], ...] = (
    ("environment", "it chooses the estate"),
    ("region", "the clients' own region decides where is looked"),
    ("availability_zones", "each subnet's zone is compared"),
    ("compute_mode", "nothing that AWS shows of a service says how the platform calls its way of running"),
    (
        "naming.*",
        "patterns: names made by them are compared, other resources that match are reported",
    ),
    ("conventions.*", "how code behaves"),
    ("document.*", "about the document itself"),
    ("*.note", "a remark"),
    ("nat.eip.*", "how the address gets there; that it is there is compared"),
    ("nat.boot.ip_forwarding", "inside the instance, where no API looks; the egress probe does"),
    ("nat.boot.masquerade_by", "inside the instance, where no API looks; the egress probe does"),
    ("nat.may_use_nat_gateway", "a permission: it decides whether a route to a NAT gateway is drift"),
    ("nat.failover_*", "a promise about time, measured by the failover"),
    ("nat.monthly_saving_usd", "a figure about money"),
    ("dynamodb.tables.*.ttl.lifetime_seconds", "what writers give each item"),
    ("dynamodb.tables.*.may_be_reaped", "a permission for the reaper"),
    ("dynamodb.tables.*.written_here_only", "a permission for the reaper"),
    ("ecs.health_check.*", "how a container is asked, which its own image answers"),
    ("ecs.generic_task_family", "a template of task definitions, run by the platform's own workflows"),
    ("workflows.*", "the platform's state machines are its own deployment's"),
    ("model_alarms", "alarms about models, not about infrastructure"),
    ("rds.ssl_parameter", "names the parameter that ssl_enforced reads"),
    ("service_environment.variables.*.meaning", "a remark"),
    ("service_environment.variables.*.default", "what a service takes where it is given nothing"),
    ("service_environment.variables.*.fallback", "a name that is read instead, where it is given"),
    ("service_environment.variables.*.example", "a remark"),
)


def why_unchecked(path: str) -> str | None:
    """The reason; None where a check compares it."""
    return next((reason for pattern, reason in UNCHECKED if fnmatchcase(path, pattern)), None)
