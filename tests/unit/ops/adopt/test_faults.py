"""Each action that adopt needs, denied, throttled or cut off in turn: what is written is true, no more."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from drift_check.observe import READ_OPERATIONS
from drift_check.observe.observer import no_progress
from ops.adopt.account import AccountLook
from ops.adopt.dialogue import Dialogue
from tests.unit.ops.adopt.renamed_estate import ENV, Account, account
from tests.unit.ops.adopt.test_renamed_account import VALUES, as_acme, knowing
from tradai_shared import clock
from tradai_shared.config.build import own_paths
from tradai_shared.config.overrides import OverrideFile
from tradai_shared.config.paths import value_at
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import Call, Read
    from ops.adopt.dialogue import Outcome

pytestmark = pytest.mark.any_python

# What adopt asks beyond the scan.
LISTINGS = ("ListSecrets", "ListClusters", "ListServices", "DescribeNetworkInterfaces", "ListBuckets")
OPERATIONS = sorted(dict.fromkeys(READ_OPERATIONS) | dict.fromkeys(LISTINGS))
FAULTS = {
    "denied": ClientError({"Error": {"Code": "AccessDeniedException", "Message": "a test"}}, "a test"),
    "throttled": ClientError({"Error": {"Code": "ThrottlingException", "Message": "a test"}}, "a test"),
    "cut off": EndpointConnectionError(endpoint_url="https://nowhere.invented"),
}


class Recorded:
    """An account, and what one complete run read and wrote."""

    def __init__(self, made: Account) -> None:
        self.made = made
        self.refused = ""
        self.fault: Exception = FAULTS["denied"]
        self.known: dict[Call, Read[Any]] = {}
        self.whole = self.adopt()
        self.paths = set(own_paths(self.whole.file.values))

    def adopt(self) -> Outcome:
        look = AccountLook(ENV, self.client, self.made.parameters, no_progress)
        look.observer.known.update(
            (call, read) for call, read in self.known.items() if operation_name(call.action) != self.refused
        )
        outcome = Dialogue(ENV, clock.now().date(), look, knowing(self.made)).run(OverrideFile())
        if not self.refused:
            self.known = dict(look.observer.known)
        return outcome

    def client(self, service: str) -> Any:
        client = self.made.client(service)
        client.meta.events.register("before-call.*.*", self.refuse, unique_id="a fault")
        return client

    def refuse(self, model: Any, **_: Any) -> None:
        if model.name == self.refused:
            raise self.fault


def operation_name(action: str) -> str:
    """boto3's operation in the API's own spelling."""
    if action not in READ_OPERATIONS:
        return action
    parts = READ_OPERATIONS[action].operation.split("_")
    spelled = "".join(part.capitalize() for part in parts)
    return spelled.replace("Db", "DB")


@pytest.fixture(scope="module")
def made() -> Iterator[Account]:
    with account(as_acme, VALUES) as standing:
        yield standing


def test_what_could_not_be_read_is_neither_confirmed_nor_written(made: Account) -> None:
    recorded = Recorded(made)
    called = set[str]()
    for operation, fault in zip(OPERATIONS, cycle(FAULTS.values()), strict=False):
        recorded.refused, recorded.fault = operation_name(operation), fault
        outcome = recorded.adopt()
        written = dict(_values(outcome))
        assert set(written) <= recorded.paths, operation
        assert {path for path, value in written.items() if not _is_true(made, path, value)} == set()
        if outcome.unread:
            called.add(operation)
    assert {operation for operation in OPERATIONS if operation_name(operation) not in UNASKED} == called


UNASKED = {"DescribeListeners", "GetManagedPrefixListEntries"}  # there are neither


def _values(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    for path in own_paths(outcome.file.values):
        value: Any = outcome.file.values
        for name in path.split("."):
            value = value[name]
        yield path, value


def _is_true(made: Account, path: str, value: Any) -> bool:
    """Whether the account has it: of the version the major part, of sets what was built."""
    if path in {"sqs.names", "waf.apis", "network.vpc.id"}:
        return True
    if path.endswith(".projection"):
        return bool(value == "ALL")
    if path == "rds.version":
        return made.truth.rds.version.startswith(f"{value}.")
    try:
        return bool(_json(made, path) == value)
    except ConfigError:
        return value is None


def _json(made: Account, path: str) -> Any:
    from drift_check.compare import to_json  # noqa: PLC0415 - of this test alone

    return to_json(value_at(made.truth, path))
