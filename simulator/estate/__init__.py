"""The platform's estate on moto, built from the canonical configuration alone: both agree by construction."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from simulator.estate import data, nat, network, services
from simulator.moto_patches import network as network_patches
from simulator.moto_patches import services as service_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradai_shared.config.models import CanonicalConfig


@dataclass(slots=True)
class Estate:
    """What was built: the ids that AWS chose, by kind and the configuration's own key.

    ``deployed`` is whether the toolkit's own function, alarm and rules stand too.
    """

    config: CanonicalConfig
    client: Callable[[str], Any]
    deployed: bool = True
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> list[dict[str, str]]:
        """The required tags, each with the first accepted value."""
        return [{"Key": key, "Value": values[0]} for key, values in self.config.required_tags.items()]

    @property
    def tag_map(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.tags}


@contextmanager
def account() -> Iterator[Callable[[str], Any]]:
    """An empty account on moto, in process and corrected where moto is not as AWS is; yields its clients."""
    with mock_aws(), network_patches.network.applied(), service_patches.estate.applied():
        session: Any = boto3.Session()  # services by their names
        yield cache(session.client)


def build(config: CanonicalConfig, client: Callable[[str], Any], *, deployed: bool = True) -> Estate:
    """Build everything that the configuration names.

    Args:
        config: what to build.
        client: a boto3 client by the service's name.
        deployed: false leaves out what the toolkit's own stack makes.
    """
    estate = Estate(config, client, deployed)
    network.build(estate)
    nat.build(estate)
    data.build(estate)
    services.build(estate)
    return estate
