"""One reading of an estate that was built from the configuration, kept to be judged again and again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.exceptions import ClientError

from drift_check import checks
from drift_check.observe.catalogue import READERS
from drift_check.observe.reader import Observer
from drift_check.reads import Known, Reads
from drift_check.survey import Survey, Surveyor
from simulator import estate
from tradai_shared import clock
from tradai_shared.config import CanonicalConfig, canonical_config

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

AWS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


@cache
def config() -> CanonicalConfig:
    return canonical_config("dev")


@cache
def reads() -> Reads:
    with patch.dict(os.environ, AWS), estate.account() as client:
        estate.build(config(), client)
        return Surveyor(config(), checks.ALL, Observer(client)).survey().reads


class Impatient:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.time = clock.now()

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        del seconds


ACTIONS = {(reader.service, reader.operation): action for action, reader in READERS.items()}


@cache
def answers() -> dict[str, Any]:
    kept = {}
    for call, read in reads().answers.items():
        assert isinstance(read, Known)
        reader = READERS[call.action]
        kept[_key(reader.operation, reader.ask(call.subject))] = read.value
    return kept


@dataclass
class Recording:
    """Stands in for boto3's clients: answers as recorded; what was never asked does not exist."""

    service: str
    fails: str = ""  # the action
    error: Callable[[str], Exception] | None = None

    def can_paginate(self, operation: str) -> bool:
        del operation
        return False

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def ask(**parameters: Any) -> Any:
            action = ACTIONS[self.service, operation]
            if action == self.fails and self.error:
                raise self.error(operation)
            reader = READERS[action]
            value = answers().get(_key(operation, parameters), None if reader.absent else [])
            if value is None:
                raise refusal(next(iter(reader.absent)))(operation)
            return {reader.result: value} if reader.result else value

        return ask


def _key(operation: str, parameters: dict[str, Any]) -> str:
    return operation + json.dumps(parameters, sort_keys=True)


def refusal(code: str) -> Callable[[str], Exception]:
    """A refusal with that code."""
    return lambda operation: ClientError({"Error": {"Code": code, "Message": "a test"}}, operation)


@cache
def ordinary() -> frozenset[str]:
    """The ids of the findings of the unchanged estate."""
    return frozenset(one.id for one in survey().findings)


def survey(
    of: CanonicalConfig | None = None,
    fails: str = "",
    error: Callable[[str], Exception] | None = None,
) -> Survey:
    """Look at the recorded estate with the real observer."""
    answers()  # once, before many threads want them
    clients = cache(lambda service: Recording(service, fails, error))
    with clock.use(Impatient()):
        return Surveyor(of or config(), checks.ALL, Observer(clients)).survey()
