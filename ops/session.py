"""One environment in one account: who calls, which names the deployment has, and AWS's clients."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ops.access import AccessError, accounts_named_in, without_access
from ops.aws_clients import clients_of, region_of
from ops.calls import call
from ops.doctor import samconfig
from ops.doctor.wanted import Wanted
from ops.identity import Identity
from ops.options import SAMCONFIG, TEXT_OR_JSON, Format, refuse_other_formats
from ops.screen import PlainConsole, console, error_console, place
from tradai_shared.config.loader import canonical_config, deployed_config, environment
from tradai_shared.errors import AwsError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ops.options import Common
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.naming import Environment

CONNECTIONS = 4
NO_STACK = "ValidationError"  # CloudFormation's code for a stack that does not exist


class Simulation(StrEnum):
    """Which simulated account a command needs."""

    NAT = "nat"  # the NAT with its group, function and time
    ESTATE = "estate"  # everything that the canonical configuration names


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    common: Common
    env: Environment
    identity: Identity
    client: Callable[[str], Any]
    configured: Wanted  # as samconfig.toml has it
    wanted: Wanted  # the same, with the deployed stack's parameters where it is deployed
    source: str  # where the names come from
    samconfig_text: str = ""

    @property
    def place(self) -> dict[str, str]:
        return place(self.identity, self.env)

    @property
    def function(self) -> str:
        """The failover's function."""
        return next(iter(self.wanted.functions))

    @property
    def config(self) -> CanonicalConfig:
        """The configuration, in which the stack's parameters win over the own file."""
        return deployed_config(self.env, self.wanted.parameters)

    @property
    def prints_text(self) -> bool:
        return self.common.format is not Format.JSON

    @property
    def text(self) -> PlainConsole:
        """Where a person reads: with --format json, standard error, so that a program reads JSON alone."""
        return console if self.prints_text else error_console

    def note(self, text: str) -> None:
        """A line that --quiet leaves out."""
        if self.prints_text and not self.common.quiet:
            console.print(text)


@contextmanager
def connect(
    common: Common,
    simulation: Simulation = Simulation.NAT,
    *,
    deployed: bool = False,
    pool: int = CONNECTIONS,
    formats: frozenset[Format] = TEXT_OR_JSON,
) -> Iterator[Session]:
    """A session, after it is sure that this account can be worked in. Prints where it is.

    Args:
        common: the command's options.
        simulation: which account ``--simulate`` makes.
        deployed: the command is about the deployed stack and fails without it.
        pool: connections to each service.
        formats: what the command can print.

    Raises:
        AccessError: no credentials, an expired session, a silent endpoint, another account, no stack.
        ConfigError: an unknown environment, a format that the command does not have, or a samconfig.toml
            that cannot be understood.
    """
    env = environment(common.env)
    refuse_other_formats(common.format, formats)
    text = read_samconfig(common)
    configured = wanted_of(env, text)
    if common.simulate:
        from ops.simulated import simulated  # noqa: PLC0415 - an installation without the simulator works

        with simulated(env, whole_estate=simulation is Simulation.ESTATE) as client:
            yield _opened(common, configured, client, "eu-central-1", text, deployed=deployed)
        return
    region = _region(common, env, text)
    client = clients_of(common.profile, region, region, pool, common.endpoint_url)
    yield _opened(common, configured, client, region, text, deployed=deployed)


def _opened(  # noqa: PLR0913 - what a session is made of
    common: Common,
    configured: Wanted,
    client: Callable[[str], Any],
    region: str,
    text: str,
    *,
    deployed: bool,
) -> Session:
    identity = identify(client, region)
    if not common.simulate:
        _refuse_other_account(identity, configured, text)
    parameters, source = _deployed_parameters(client, configured, common)
    wanted = replace(configured, parameters={**configured.parameters, **parameters})
    session = Session(common, configured.env, identity, client, configured, wanted, source, text)
    if deployed:
        _refuse_absent(session)
    session.note(
        f"account {identity.account}, region {region}, environment {session.env}, names of {source}"
        + (", simulated" if common.simulate else "")
    )
    return session


def read_samconfig(common: Common) -> str:
    """The file's text; empty where nobody named a file and there is none, as outside a checkout."""
    file = common.samconfig_file
    if file == SAMCONFIG and not file.exists():
        return ""
    return read_text(file)


def read_text(file: Path) -> str:
    """Raises ConfigError: the file cannot be read, or is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), f"cannot be read: {error}") from None


def wanted_of(env: Environment, text: str) -> Wanted:
    """The deployment as samconfig.toml has it; the canonical names where there is none."""
    name = f"tradai-ops-{env}"
    if not text:
        return Wanted(env, name)
    stack = str(samconfig.deployment(text, env).get("stack_name", name))
    return Wanted(env, stack, samconfig.parameters(text, env), samconfig.stated_region(text, env))


def _region(common: Common, env: Environment, text: str) -> str:
    """``--region``, else the deployment's, if profile and environment do not say another.

    Raises:
        AccessError: they do: which one is meant, only the reader knows.
        PermanentError: there is no such profile.
    """
    intended = samconfig.region(text, env) if text else canonical_config(env).region
    try:
        region = region_of(common.profile, common.region, intended)
    except AwsError as error:
        raise without_access(error) from error
    if common.region is None and region != intended:
        raise AccessError(
            f"profile or environment say region {region}, the deployment of {env} is in {intended}",
            "Say which with --region",
        )
    return region


def identify(client: Callable[[str], Any], region: str) -> Identity:
    """Who calls.

    Raises:
        AccessError: nobody who may: nothing else of the account can be read then.
    """
    try:
        caller = call(client, "sts:GetCallerIdentity")
    except AwsError as error:
        raise without_access(error) from error
    except ValueError as error:  # botocore's, for an endpoint that is no URL
        raise AccessError(f"no access to AWS: {error}", "Check --region and --endpoint-url") from error
    return Identity(caller["Account"], caller["Arn"], region)


def _refuse_other_account(identity: Identity, configured: Wanted, text: str) -> None:
    intended = samconfig.account(text, configured.env) if text else None
    accounts = {intended} if intended else accounts_named_in(configured.parameters.values())
    if accounts and identity.account not in accounts:
        raise AccessError(
            f"these credentials are of account {identity.account},"
            f" the deployment of {configured.env} is in {', '.join(sorted(accounts))}",
            "Choose its profile with --profile, or correct samconfig.toml",
        )


def _deployed_parameters(
    client: Callable[[str], Any], configured: Wanted, common: Common
) -> tuple[dict[str, str], str]:
    """The stack's parameters, and where the names come from."""
    fallback = str(common.samconfig_file) if configured.parameters else "the canonical configuration"
    try:
        stacks = call(client, "cloudformation:DescribeStacks", "Stacks", StackName=configured.stack_name)
    except AwsError as error:
        if error.code == NO_STACK:
            return {}, fallback
        return {}, f"{fallback} (the stack cannot be read: {error.code})"
    parameters = {
        item["ParameterKey"]: item.get("ParameterValue", "")
        for stack in stacks
        for item in stack.get("Parameters", [])
    }
    return parameters, f"the stack {configured.stack_name}" if stacks else fallback


def _refuse_absent(session: Session) -> None:
    """A command about the deployed stack says at once that it is not here.

    Raises:
        AccessError: neither the stack nor its function is in this account and region.
    """
    if session.source.startswith("the stack "):
        return
    try:
        call(session.client, "lambda:GetFunction", FunctionName=session.function)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise AccessError(
                f"account {session.identity.account}, region {session.identity.region} has neither the stack"
                f" {session.configured.stack_name} nor the function {session.function}",
                "Choose the right account with --profile and --region, or deploy first",
            ) from error
