"""The estate made from the configuration, standing on moto, looked at again and again."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from drift_check.observe.observer import Observer
from drift_check.scan import Scan, make_scanner
from simulator import estate
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.config import CanonicalConfig, canonical_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drift_check.observe.observations import Call, Read

AWS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


@cache
def config() -> CanonicalConfig:
    return canonical_config("dev")


@dataclass(slots=True)
class Remembering(Observer):
    """Asks moto only what it was not asked before: the estate itself does not change."""

    known: Mapping[Call, Read[Any]] = field(default_factory=dict)

    def _read(self, client: Any, call: Call) -> Read[Any]:
        return self.known.get(call) or Observer._read(self, client, call)


@dataclass(frozen=True, slots=True)
class Standing:
    """The estate, and what is found in it by its own configuration."""

    client: Callable[[str], Any]
    ordinary: Scan

    def scan(self, of: CanonicalConfig) -> Scan:
        """Look at it by another configuration."""
        return scan(of, Remembering(self.client, known=self.ordinary.reads.answers))


def scan(of: CanonicalConfig, observer: Observer) -> Scan:
    with clock.use(FakeClock(clock.now())):
        return replace(make_scanner(of, observer.client), observer=observer).scan()


@contextmanager
def standing() -> Iterator[Standing]:
    with patch.dict(os.environ, AWS), estate.account() as client:
        estate.build(config(), client)
        yield Standing(client, scan(config(), Observer(client)))
