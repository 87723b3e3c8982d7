"""Messages to the alerts topic, plain text for mail and Markdown for chat, and events to the bus.

Source of the limits: the SNS API reference of Publish (Subject: ASCII text without line breaks or control
characters, fewer than 100 characters; Message: 262,144 bytes of UTF-8, all forms together). Source of the
form for chat: "Custom notifications" of Amazon Q Developer in chat applications, which subscribes by https
and renders ``description`` as Markdown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import TemporaryError, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from types_boto3_events import EventBridgeClient
    from types_boto3_sns import SNSClient

PERMISSION = "sns:Publish"
PUT_EVENTS = "events:PutEvents"
EVENT_SOURCE = "tradai.ops"
SUBJECT_LENGTH = 99
MESSAGE_BYTES = 262_144
# JSON writes a control character in six bytes, and the form for chat is JSON within JSON.
TEXT_BYTES = 32_000
CHAT_CHARACTERS = 4_000
# An underscore within a word is none to Markdown: names stay readable as they are written.
MARKUP = re.compile(r"[\\`*\[\]<>|#~@]|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w+;)")
LIST_MARKER = re.compile(r"^(\d*)([-+.)])")
CUT = "\n[The message was longer than SNS allows and was cut here.]"


@dataclass(frozen=True, slots=True)
class Alert:
    """The content of a message: a summary, labelled facts and further lines."""

    subject: str
    summary: str
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """For mail."""
        facts = [f"{label}: {text}" for label, text in self.facts]
        return "\n".join([self.summary, *_block(facts), *_block(f"- {line}" for line in self.lines)])

    @property
    def markdown(self) -> str:
        """For chat. What was read from AWS is never markup."""
        facts = [f"**{label}:** {escaped(text)}" for label, text in self.facts]
        lines = [f"- {escaped(line)}" for line in self.lines]
        return "\n".join([escaped(self.summary), *_block("  \n".join(facts).split("\n")), *_block(lines)])


def publish_alert(sns: SNSClient, topic_arn: str, alert: Alert) -> None:
    """Publish; what is too long is cut, and says so.

    Raises:
        AwsError: SNS did not take the message.
    """
    with translate_errors(PERMISSION):
        sns.publish(
            TopicArn=topic_arn,
            Subject=to_subject(alert.subject),
            Message=to_payload(alert),
            MessageStructure="json",
        )


def put_event(events: EventBridgeClient, detail_type: str, detail: str) -> None:
    """Send one event of the toolkit's own; ``detail`` is JSON.

    Raises:
        AwsError: EventBridge refused, or answered and has not taken the event.
    """
    with translate_errors(PUT_EVENTS):
        response = events.put_events(
            Entries=[{"Source": EVENT_SOURCE, "DetailType": detail_type, "Detail": detail}]
        )
    count: object = response.get("FailedEntryCount")
    if isinstance(count, int) and count:
        entries: Sequence[Mapping[str, Any]] = response.get("Entries", [])
        refused = next((entry for entry in entries if "ErrorCode" in entry), {})
        raise TemporaryError(PUT_EVENTS, refused.get("ErrorCode", "Failed"), refused.get("ErrorMessage", ""))


def to_payload(alert: Alert) -> str:
    """The message for every kind of subscriber, as SNS's MessageStructure ``json`` has it."""
    chat = {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": to_subject(alert.subject),
            "description": alert.markdown[:CHAT_CHARACTERS],
        },
    }
    forms = {"default": to_message(alert.text, TEXT_BYTES), "https": json.dumps(chat, ensure_ascii=False)}
    return json.dumps(forms, ensure_ascii=False)


def to_subject(text: str) -> str:
    """The text as SNS takes a subject: one line of printable ASCII."""
    printable = "".join(letter if " " <= letter <= "~" else "?" for letter in " ".join(text.split()))
    return printable[:SUBJECT_LENGTH]


def to_message(text: str, size: int = MESSAGE_BYTES) -> str:
    """The text, cut at a whole character where it would exceed the size in bytes."""
    text = visible(text, keep="\n")
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    return encoded[: size - len(CUT.encode())].decode(errors="ignore") + CUT


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, in one line, wherever a line or an item of a list begins with it."""
    return LIST_MARKER.sub(r"\1\\\2", MARKUP.sub(r"\\\g<0>", visible(" ".join(text.split()))))


def _block(lines: Iterable[str]) -> list[str]:
    """The lines after an empty one, where there are any."""
    block = [line for line in lines if line]
    return ["", *block] if block else []
