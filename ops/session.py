"""AWS as the AWS CLI sees it: profiles, regions, AWS_ENDPOINT_URL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from tradai_shared.aws import clients as aws

if TYPE_CHECKING:
    from collections.abc import Callable


def clients_of(profile: str | None, region: str | None, default: str, pool: int) -> Callable[[str], Any]:
    """One client a service. ``default`` is the region where neither option nor profile names one."""
    found = boto3.Session(profile_name=profile, region_name=region)
    session = boto3.Session(profile_name=profile, region_name=found.region_name or default)
    settings = aws.settings(pool=pool)
    return cache(lambda service: session.client(service, config=settings))
