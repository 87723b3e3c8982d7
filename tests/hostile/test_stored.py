"""What is read from a file or a store may be anything: it is whole, or a typed error says that it is not."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift_check.history import History
from drift_check.history_store import HistoryKey, HistoryTable
from ops.doctor import samconfig
from tests.hostile.inputs import ANYTHING, ROOT, exchanged, paths
from tradai_shared.config import overrides
from tradai_shared.errors import AwsError, ConfigError
from ttl_reaper.checkpoint import Checkpoint
from ttl_reaper.checkpoint_store import S3Checkpoints

pytestmark = pytest.mark.any_python

MANY = settings(max_examples=300, deadline=None, derandomize=True)
TEXTS = st.text(max_size=200) | ANYTHING.map(lambda value: json.dumps(value, default=str))
OVERRIDES: dict[str, Any] = {
    "values": {"nat": {"instance_type": "t4g.micro"}},
    "waivers": [{"finding": "tables/a/ttl", "reason": "agreed", "until": "2027-01-01"}],
}


@MANY
@given(TEXTS)
def test_an_override_file_is_whole_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        overrides.parse(text, "a-file.json")


@MANY
@given(st.data())
def test_a_damaged_override_file_is_whole_or_refused(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(paths(OVERRIDES))))
    damaged = exchanged(OVERRIDES, path, data.draw(ANYTHING | st.just(...)))
    with contextlib.suppress(ConfigError):
        overrides.parse(json.dumps(damaged, default=str), "a-file.json")


class Store:
    """A client of S3 and of DynamoDB whose one object has this content."""

    def __init__(self, content: str) -> None:
        self.content = content

    def get_object(self, **_: object) -> dict[str, object]:
        return {"Body": io.BytesIO(self.content.encode("utf-8", "replace"))}

    def get_item(self, **_: object) -> dict[str, object]:
        return {"Item": {"history": {"S": self.content}}}


@MANY
@given(TEXTS)
def test_a_checkpoint_is_whole_or_not_used(text: str) -> None:
    client: Any = Store(text)
    with contextlib.suppress(AwsError):
        assert isinstance(S3Checkpoints(client, "a-bucket", "checkpoints").load("a-table"), Checkpoint | None)


@MANY
@given(TEXTS)
def test_a_history_is_whole_or_says_why_not(text: str) -> None:
    client: Any = Store(text)
    with contextlib.suppress(AwsError):
        assert isinstance(HistoryTable(client, HistoryKey("a-table", {}, None)).load().history, History)


DEEP = "[" * 100_000


def test_a_file_of_brackets_is_refused_too() -> None:
    client: Any = Store(DEEP)
    with pytest.raises(ConfigError, match="is not JSON"):
        overrides.parse(DEEP, "a-file.json")
    with pytest.raises(ConfigError, match="is not TOML"):
        samconfig.parameters(f"a = {DEEP}", "prod")
    with pytest.raises(AwsError, match="the item is no history"):
        HistoryTable(client, HistoryKey("a-table", {}, None)).load()
    assert S3Checkpoints(client, "a-bucket", "checkpoints").load("a-table") is None


@MANY
@given(st.text(max_size=300))
def test_a_samconfig_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        samconfig.parameters(text, "prod")


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_the_samconfig_that_ships_is_read(env: str) -> None:
    assert samconfig.parameters((ROOT / "samconfig.toml").read_text(encoding="utf-8"), env)
