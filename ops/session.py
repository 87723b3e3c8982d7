"""AWS as the AWS CLI sees it: profiles, regions, AWS_ENDPOINT_URL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tradai_shared.aws import clients as aws
from tradai_shared.aws.session import lean_session

if TYPE_CHECKING:
    from collections.abc import Callable


def clients_of(profile: str | None, region: str | None, default: str, pool: int) -> Callable[[str], Any]:
    """One client a service. ``default`` is the region where neither option nor profile names one."""
    session = lean_session(profile, region)
    where = session.region_name or default
    settings = aws.settings(pool=pool)
    return cache(lambda service: session.client(service, region_name=where, config=settings))
