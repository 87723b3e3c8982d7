"""Every name of the platform comes from here. Strings alone: the failover imports it at no cost."""

from __future__ import annotations

from enum import StrEnum


class Environment(StrEnum):
    """The stack's name is the environment."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


PROJECT = "tradai"

# Patterns. {component}, {topic}, {name} and {what} are the platform's own words for its parts.
RESOURCE = "tradai-{component}-{env}"
SECRET = "tradai/{env}/{name}"  # noqa: S105 - a name, not a secret
ALARM = "tradai-{env}-{what}"
TOPIC = "tradai-{topic}-{env}"

# The platform's documentation gives this one function a name without an environment.
UPDATE_NAT_ROUTES = "tradai-update-nat-routes"


def prefixed(name: str, prefix: str) -> str:
    """A name of the stack's own under its parameter NamePrefix."""
    return f"{prefix}{name.removeprefix(PROJECT)}" if prefix else name


def resource_name(component: str, env: str) -> str:
    return RESOURCE.format(component=component, env=env)


def table_name(component: str, env: str) -> str:
    return resource_name(component, env)


def bucket_name(component: str, env: str) -> str:
    return resource_name(component, env)


def function_name(component: str, env: str) -> str:
    return resource_name(component, env)


def service_name(component: str, env: str) -> str:
    return resource_name(component, env)


def security_group_name(role: str, env: str) -> str:
    return resource_name(role, env)


def user_pool_name(env: str) -> str:
    return resource_name("users", env)


def secret_name(name: str, env: str) -> str:
    return SECRET.format(name=name, env=env)


def alarm_name(subject: str, env: str) -> str:
    return ALARM.format(what=subject, env=env)


def topic_name(topic: str, env: str) -> str:
    return TOPIC.format(topic=topic, env=env)


def cluster_name(env: str) -> str:
    return f"{PROJECT}-{env}"


def database_identifier(env: str) -> str:
    return f"{PROJECT}-{env}"


def mlflow_tracking_uri(env: str) -> str:
    return f"http://mlflow.{PROJECT}-{env}.local:5000/mlflow"


def nat_instance_name(env: str) -> str:
    return resource_name("nat", env)


def nat_asg_name(env: str) -> str:
    return resource_name("nat-asg", env)


def nat_standby_asg_name(env: str) -> str:
    return f"tradai-nat-standby-asg-{env}"


def nat_launch_hook_name(env: str) -> str:
    return resource_name("nat-launch", env)


def nat_terminate_hook_name(env: str) -> str:
    return resource_name("nat-terminate", env)


def private_route_table_name(env: str) -> str:
    return resource_name("private-rt", env)


def nat_alarm_name(env: str) -> str:
    return alarm_name("nat-unhealthy", env)


def update_nat_routes_function_name(env: str) -> str:
    """The platform's own name in prod; a suffix elsewhere, so that environments can share an account."""
    return UPDATE_NAT_ROUTES if env == Environment.PROD else f"{UPDATE_NAT_ROUTES}-{env}"


def drift_check_function_name(env: str) -> str:
    return function_name("drift-check", env)


def ttl_reaper_function_name(env: str) -> str:
    return function_name("ttl-reaper", env)


def egress_probe_function_name(env: str) -> str:
    return function_name("egress-probe", env)
