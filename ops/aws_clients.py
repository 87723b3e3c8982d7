"""boto3's clients by the AWS CLI's rules: profiles, regions, AWS_ENDPOINT_URL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tradai_shared.aws.clients import client_config, lean_session

if TYPE_CHECKING:
    from collections.abc import Callable


def clients_of(
    profile: str | None,
    region: str | None,
    default: str | None,
    pool: int,
    endpoint_url: str | None = None,
) -> Callable[[str], Any]:
    """One client a service. ``default`` is the region where neither option nor profile names one.

    Raises:
        PermanentError: there is no such profile.
    """
    session: Any = lean_session(profile)  # services by their names
    where = region or session.get_config_variable("region") or default
    config = client_config(pool=pool)
    return cache(
        lambda service: session.create_client(
            service, region_name=where, config=config, endpoint_url=endpoint_url
        )
    )


def region_of(profile: str | None, region: str | None, default: str) -> str:
    """The region that ``clients_of`` would use.

    Raises:
        PermanentError: there is no such profile.
    """
    return region or str(lean_session(profile).get_config_variable("region") or default)
