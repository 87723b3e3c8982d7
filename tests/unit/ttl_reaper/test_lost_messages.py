"""A message of the reaper that SNS does not take is counted; the run goes on."""

from __future__ import annotations

import pytest

from tradai_shared.config.naming import Environment
from tradai_shared.errors import PermanentError
from ttl_reaper import app, messages
from ttl_reaper.settings import Settings

pytestmark = pytest.mark.any_python


@pytest.mark.parametrize(("action", "counted"), [("sns:Publish", True), ("s3:PutObject", False)])
def test_what_the_topic_does_not_take_is_counted(
    action: str, *, counted: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermanentError(action, "NotFound", "no")

    monkeypatch.setattr(messages, "send_messages", refuse)
    app._send_messages(Settings(Environment.DEV, 1.0, "kept"), [])
    assert ('"AlertsFailed":[1.0]' in capsys.readouterr().out) is counted
