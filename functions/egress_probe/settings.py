"""The deployment's settings, read from the environment at each start and never at import."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tradai_shared import env as variables
from tradai_shared.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.naming import Environment


@dataclass(frozen=True, slots=True)
class Settings:
    """``endpoints`` are of at least two hosts, so that the failure of a single host is no outage.

    ``addresses`` are the Elastic IPs by which the internet may see the private subnets: one, or with own
    addresses those of both NATs. Empty where one of them is not known, so that nothing is compared.
    """

    environment: Environment
    endpoints: tuple[str, ...]
    addresses: tuple[str, ...]

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every variable.

        Raises:
            SettingsError: names the first variable that is missing or malformed.
        """
        return cls(variables.environment(env), _endpoints(env), _addresses(env))


def _endpoints(env: Mapping[str, str]) -> tuple[str, ...]:
    name = "PROBE_ENDPOINTS"
    urls = variables.many(env, name, r"\S.*")
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(name, f"{url!r} is no http or https address")
    if len({urlsplit(url).hostname for url in urls}) < 2:  # noqa: PLR2004 - "alone" is what one would be
        raise SettingsError(name, "expected at least two different hosts")
    return urls


def _addresses(env: Mapping[str, str]) -> tuple[str, ...]:
    name = "NAT_EIP_ADDRESSES"
    parts = [part.strip() for part in env.get(name, "").split(",")]
    for part in filter(None, parts):
        try:
            IPv4Address(part)
        except AddressValueError:
            raise SettingsError(name, f"{part!r} is no IPv4 address") from None
    return tuple(parts) if all(parts) else ()
